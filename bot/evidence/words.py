"""A signal's facts in words, for chart titles, summaries and those who cannot see the chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta, tzinfo

from bot.model.chart import Mark
from bot.model.reading import SignalReading, Spell
from bot.model.wording import clock, duration, moment, number, one_line

_SIDES = {
    ">": ("above", "rose above", "peaked at", "below it again"),
    ">=": ("at or above", "rose to", "peaked at", "below it again"),
    "<": ("below", "fell below", "was lowest, at", "above it again"),
    "<=": ("at or below", "fell to", "was lowest, at", "above it again"),
    "==": ("at", "was at", "", "off it again"),
    "!=": ("off", "left", "", "back at it"),
}


def label_pairs(labels: Mapping[str, str], limit: int = 120) -> str:
    """Labels on one line, without the metric's name: `instance=db-1:9100, job=node`."""
    return one_line(", ".join(f"{key}={value}" for key, value in labels.items() if key != "__name__"), limit)


def threshold_text(reading: SignalReading) -> str:
    """What the rule compares with: `alert above 5 %`; empty when it compares nothing."""
    if reading.threshold is None or reading.op not in _SIDES:
        return ""
    return f"alert {_SIDES[reading.op][0]} {number(reading.threshold, reading.unit)}"


def summary(reading: SignalReading, zone: tzinfo) -> str:
    """What the signal did, in one or two sentences; only what was seen."""
    if reading.data_from is None:
        return f"The signal of {reading.name} had no data in this window."
    sentences = [_course(reading, zone)]
    late = reading.data_from - reading.window.start > max(reading.step * 2, reading.window.length / 20)
    if late and reading.threshold is not None:
        sentences.append(f"There is no data before {clock(reading.data_from, zone)}.")
    if reading.blind:
        total = sum((window.length for window in reading.blind), timedelta(0))
        sentences.append(f"For {duration(total)} there was no value to see.")
    return " ".join(sentences)


def alt_text(reading: SignalReading, marks: Sequence[Mark], zone: tzinfo) -> str:
    """The chart in words: its axis, what the lines do, and what is marked."""
    count = "one series" if reading.series == 1 else f"{reading.series} series"
    text = (
        f"Line chart of the signal of {reading.name}, {count}, from {moment(reading.window.start, zone)} "
        f"to {moment(reading.window.end, zone)}. {summary(reading, zone)}"
    )
    if marks:
        text += " Marked: " + "; ".join(f"{clock(mark.at, zone)} {mark.text}" for mark in marks) + "."
    return text


def _course(reading: SignalReading, zone: tzinfo) -> str:
    who = _who(reading)
    if reading.threshold is None or reading.op not in _SIDES:
        return _presence(who, reading, zone)
    side, crossed, peaked, back = _SIDES[reading.op]
    limit = number(reading.threshold, reading.unit)
    if not reading.spells:
        return f"{who} was never {side} {limit}."
    first = reading.spells[0]
    begun = reading.data_from is not None and first.start <= reading.data_from
    opening = f"was {side} {limit} from the first value on, at" if begun else f"{crossed} {limit} at"
    text = f"{who} {opening} {clock(first.start, zone)}{_peak(reading, peaked, zone)}"
    if len(reading.spells) > 1:
        return f"{text}. It was there {len(reading.spells)} times, {duration(_total(reading))} in all.{_last(reading)}"
    if first.end is None:
        return f"{text}, and still was {side} it when the chart ends."
    return f"{text}, and was {back} at {clock(first.end, zone)}, {duration(first.length(first.end))} later."


def _presence(who: str, reading: SignalReading, zone: tzinfo) -> str:
    first, last = reading.spells[0], reading.spells[-1]
    text = f"{who} was there from {clock(first.start, zone)}"
    text += f" to {clock(last.end, zone)}" if last.end else " to the end of the chart"
    breaks = len(reading.spells) - 1
    return text + (f", with {breaks} break{'s' if breaks > 1 else ''}." if breaks else ".")


def _who(reading: SignalReading) -> str:
    named = label_pairs(reading.labels) if reading.own and reading.labels else ""
    return f"The signal of {named}" if named else "The signal"


def _peak(reading: SignalReading, peaked: str, zone: tzinfo) -> str:
    if not peaked or reading.worst is None or reading.worst_at is None:
        return ""
    return f", {peaked} {number(reading.worst, reading.unit)} at {clock(reading.worst_at, zone)}"


def _total(reading: SignalReading) -> timedelta:
    until = reading.data_to or reading.window.end
    return sum((spell.length(until) for spell in reading.spells), timedelta(0))


def _last(reading: SignalReading) -> str:
    last: Spell = reading.spells[-1]
    return " It still was when the chart ends." if last.end is None else ""
