"""Claims, each with the evidence it stands on. What follows what is told; what causes what is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.evidence import Evidence, EvidenceKind
from bot.model.reading import SignalReading, reading_from
from bot.model.report import Case, Finding
from bot.model.timeline import EntryKind
from bot.model.wording import duration, number, one_line
from bot.reports.deeds import carried_out, runs_told
from bot.reports.templating import phrase
from bot.reports.times import Times

SPELLS = 5
"""The most times of trouble told one by one."""
_LONGEST = 500
_SIDES = {">": "above", ">=": "at or above", "<": "below", "<=": "at or below", "==": "at", "!=": "off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalSeen:
    """The last answer about one signal, and what it says."""

    evidence: Evidence
    reading: SignalReading

    @property
    def side(self) -> str:
        """On which side of the threshold things are wrong; empty when the rule compares nothing."""
        return _SIDES.get(self.reading.op, "") if self.reading.threshold is not None else ""

    @property
    def limit(self) -> str:
        """The threshold, with its unit."""
        return "" if self.reading.threshold is None else number(self.reading.threshold, self.reading.unit)

    @property
    def total(self) -> timedelta:
        """How long it stood on its bad side, as far as was seen."""
        until = self.reading.data_to or self.reading.window.end
        return sum((spell.length(until) for spell in self.reading.spells), timedelta(0))

    @property
    def back_at(self) -> datetime | None:
        """When it was last seen to come back to its good side, if it has stayed there."""
        return self.reading.spells[-1].end if self.reading.spells else None


def signals_seen(case: Case) -> tuple[SignalSeen, ...]:
    """The last answer for each signal that was asked for, in the order of the first."""
    last: dict[tuple[str, str], SignalSeen] = {}
    for evidence in sorted(case.evidence, key=lambda one: one.collected_at):
        reading = reading_from(evidence.value) if evidence.kind is EvidenceKind.SIGNAL else None
        if reading is not None and not evidence.unavailable:
            last[(evidence.source, reading.rule)] = SignalSeen(evidence=evidence, reading=reading)
    return tuple(last.values())


def impact(case: Case, times: Times) -> tuple[Finding, ...]:
    """How long and how far each signal was on its bad side, and what was taken of promises: what is known of it."""
    counted = [one for one in case.evidence if one.kind is EvidenceKind.IMPACT and not one.unavailable]
    last = {(one.source, one.question): one for one in sorted(counted, key=lambda one: one.collected_at)}
    return (
        *(_finding(seen, _extent(seen, times)) for seen in signals_seen(case) if seen.reading.spells),
        *(Finding(claim=f"{one_line(one.summary, _LONGEST)}.", evidence=(one.id,)) for one in last.values()),
    )


def findings(case: Case, times: Times) -> tuple[Finding, ...]:
    """What the evidence shows beyond the impact, signals first, then what reading steps returned and logs said."""
    found = [finding for seen in signals_seen(case) for finding in _of_signal(seen, case, times)]
    found += [
        Finding(
            claim=phrase("observed", question=one.question, summary=one_line(one.summary, _LONGEST)), evidence=(one.id,)
        )
        for one in case.evidence
        if one.kind in (EvidenceKind.STEP, EvidenceKind.LOGS) and one.summary and not one.unavailable
    ]
    return tuple(found)


def _finding(seen: SignalSeen, claim: str) -> Finding:
    return Finding(claim=claim, evidence=(seen.evidence.id,))


def _extent(seen: SignalSeen, times: Times) -> str:
    reading = seen.reading
    facts = {
        "name": reading.name,
        "who": _who(reading),
        "total": duration(seen.total),
        "times": len(reading.spells),
        "still": reading.spells[-1].end is None,
    }
    if not seen.side:
        return phrase("present", **facts)
    peak = ""
    if reading.worst is not None and reading.worst_at is not None and reading.op not in ("==", "!="):
        worst = number(reading.worst, reading.unit)
        peak = phrase("peak", high=reading.op.startswith(">"), value=worst, at=times.at(reading.worst_at))
    return phrase("stood", **facts, side=seen.side, limit=seen.limit, peak=peak)


def _of_signal(seen: SignalSeen, case: Case, times: Times) -> Iterator[Finding]:
    reading = seen.reading
    if not seen.side or reading.data_from is None or reading.data_to is None:
        return
    if not reading.spells:
        start, end = times.at(reading.data_from), times.at(reading.data_to)
        claim = phrase(
            "never", name=reading.name, who=_who(reading), side=seen.side, limit=seen.limit, start=start, end=end
        )
        yield _finding(seen, claim)
        return
    for spell in reading.spells[:SPELLS]:
        claim = phrase(
            "spell",
            name=reading.name,
            side=seen.side,
            limit=seen.limit,
            start=times.at(spell.start),
            end=times.at(spell.end) if spell.end else "",
            length=duration(spell.length(reading.data_to)),
        )
        yield _finding(seen, claim)
    if len(reading.spells) > SPELLS:
        yield _finding(seen, phrase("spells_left_out", name=reading.name, count=len(reading.spells) - SPELLS))
    for claim in (_noticed(seen, case, times), _sequence(seen, case, times)):
        if claim:
            yield _finding(seen, claim)


def _noticed(seen: SignalSeen, case: Case, times: Times) -> str:
    """From the signal crossing its threshold to the first alert; only where that is more than the values are apart."""
    reading = seen.reading
    start = reading.spells[0].start
    fired = min((entry.at for entry in case.timeline if entry.kind is EntryKind.ALERT), default=None)
    crossing_seen = reading.data_from is not None and start > reading.data_from
    if fired is None or fired - start < reading.step or not crossing_seen or len(reading.spells) > 1:
        return ""
    return phrase(
        "noticed",
        name=reading.name,
        start=times.at(start),
        fired=times.at(fired),
        after=duration(fired - start),
    )


def _sequence(seen: SignalSeen, case: Case, times: Times) -> str:
    """The last change before the signal came back, or the first after it; told as order alone."""
    done = [(deed.title, deed.ended_at) for _, deed in carried_out(runs_told(case)) if deed.ended_at]
    back = seen.back_at
    if back is None or not done:
        return ""
    before = [(title, at) for title, at in done if at <= back]
    if not before:
        title, at = done[0]
        return phrase("back_before", title=title, at=times.at(at), end=times.at(back))
    title, at = before[-1]
    return phrase("sequence", title=title, at=times.at(at), end=times.at(back), after=duration(back - at))


def _who(reading: SignalReading) -> str:
    """The series the facts are about, by its labels."""
    if not reading.own or not reading.labels:
        return "the signal"
    pairs = ", ".join(f"{key}={value}" for key, value in reading.labels.items() if key != "__name__")
    return one_line(pairs, 120) or "the signal"


def dashboards(seen: Sequence[SignalSeen]) -> dict[str, str]:
    """The dashboards that rules name, with absolute times, by the rule's name."""
    return {one.reading.name: one.reading.dashboard for one in seen if one.reading.dashboard}
