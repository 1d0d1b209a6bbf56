"""What an answer says: which series are the alerts' own, when they were bad, and what could not be seen."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from bot.evidence.collector import SignalAnswer
from bot.evidence.dashboards import dashboard_link
from bot.evidence.questions import SignalQuestion
from bot.evidence.units import unit_of
from bot.model.chart import BadSide
from bot.model.reading import SignalReading, Spell
from bot.model.rule import Signal
from bot.model.sample import Series, Window

KEPT = 60
"""The most series kept with the evidence; the gravest are."""

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


def bad_side(signal: Signal) -> BadSide:
    """On which side of its threshold the rule finds things wrong."""
    if signal.threshold is None:
        return BadSide.NONE
    return {">": BadSide.ABOVE, ">=": BadSide.ABOVE, "<": BadSide.BELOW, "<=": BadSide.BELOW}.get(
        signal.op, BadSide.NONE
    )


def own_series(question: SignalQuestion, series: Sequence[Series]) -> tuple[Series, ...]:
    """The series whose every label one of the alerts has too, but for labels the rule sets itself.

    A rule gives its alerts the labels of the series it found and its own on top, so no other series can be meant.
    """
    ignored = {"__name__", *question.rule.labels}
    return tuple(
        one
        for one in series
        if any(
            all(alert.labels.get(name) == value for name, value in one.labels.items() if name not in ignored)
            for alert in question.alerts
        )
    )


def by_weight(question: SignalQuestion, series: Sequence[Series]) -> tuple[Series, ...]:
    """The alerts' own series first, then the others; the gravest first in both."""
    own = {one.labels for one in own_series(question, series)}
    side = bad_side(question.rule.signal)
    return tuple(sorted(series, key=lambda one: (one.labels not in own, -_gravity(one, side), repr(one.labels))))


def read_signal(answer: SignalAnswer) -> SignalReading:
    """The facts of one answer. They are about the alerts' own series, or about all where none is recognised."""
    question = answer.question
    own = own_series(question, answer.series)
    focus = own or answer.series
    signal = question.rule.signal
    seen = _seen(focus)
    worst = _worst(focus, bad_side(signal))
    first = question.alerts[0]
    return SignalReading(
        name=question.rule.name,
        rule=question.key,
        window=question.window,
        step=question.step,
        op=signal.op,
        threshold=signal.threshold,
        unit=unit_of(signal.expr, signal.threshold),
        series=len(answer.series),
        kept=min(len(answer.series), KEPT),
        own=bool(own),
        labels=dict(worst[2].labels) if worst else None,
        spells=tuple(_spells(seen, question)),
        worst=worst[0] if worst else None,
        worst_at=worst[1] if worst else None,
        data_from=seen[0][0] if seen else None,
        data_to=seen[-1][0] if seen else None,
        blind=tuple(_blind([at for at, _ in seen], question)),
        dashboard=dashboard_link(first.annotations.get("dashboard", ""), first.labels, question.window),
    )


def _gravity(series: Series, side: BadSide) -> float:
    values = [value for _, value in series.points if not math.isnan(value)]
    if not values:
        return -math.inf
    return -min(values) if side is BadSide.BELOW else max(values)


def _seen(series: Sequence[Series]) -> list[tuple[datetime, list[float]]]:
    """All values by time; a NaN says that there was nothing to see."""
    by_time: dict[datetime, list[float]] = {}
    for one in series:
        for at, value in one.points:
            if not math.isnan(value):
                by_time.setdefault(at, []).append(value)
    return sorted(by_time.items())


def _worst(series: Sequence[Series], side: BadSide) -> tuple[float, datetime, Series] | None:
    found = [(value, at, one) for one in series for at, value in one.points if not math.isnan(value)]
    if not found:
        return None
    pick = min if side is BadSide.BELOW else max
    gravest = pick(value for value, _, _ in found)
    return min((entry for entry in found if entry[0] == gravest), key=lambda entry: entry[1])


def _spells(seen: Sequence[tuple[datetime, list[float]]], question: SignalQuestion) -> Iterator[Spell]:
    signal, step = question.rule.signal, question.step
    compare = _COMPARE.get(signal.op)
    began: datetime | None = None
    last: datetime | None = None
    for at, values in seen:
        if compare is None or signal.threshold is None:
            bad = True
            if began is not None and last is not None and at - last > step * 1.5:
                yield Spell(start=began, end=last + step)
                began = None
        else:
            threshold = signal.threshold
            bad = any(compare(value, threshold) for value in values)
        if bad and began is None:
            began = at
        elif not bad and began is not None:
            yield Spell(start=began, end=at)
            began = None
        last = at
    if began is not None and last is not None:
        presence = compare is None or signal.threshold is None
        gone = presence and question.window.end - last > step * 1.5
        yield Spell(start=began, end=last + step if gone else None)


def _blind(times: Sequence[datetime], question: SignalQuestion) -> Iterator[Window]:
    """Where a value was due and none came. A signal that is there only while it is bad is never missed."""
    signal, slack = question.rule.signal, max(question.step * 1.5, timedelta(seconds=1.5))
    if signal.threshold is None or not times:
        return
    for before, after in zip(times, [*times[1:], question.window.end], strict=True):
        if after - before > slack:
            yield Window(start=before, end=after)
