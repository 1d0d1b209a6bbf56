"""A backtest as a chart: one rule's signal with its threshold and each firing, or how much fired, rule by rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.cli.backtesting.result import Result, Tested
from bot.evidence.signal import bad_side
from bot.evidence.units import unit_of
from bot.model.chart import BadSide, Chart, Mark, MarkKind
from bot.model.labels import LabelSet
from bot.model.sample import Series, Window
from bot.model.wording import number, one_line
from bot.ports.metrics import MetricSource

WIDTH, HEIGHT = 1600, 720
_POINTS = 400
_SERIES = 40
_MARKS = 12


async def chart(result: Result, source: MetricSource | None, zone: str) -> Chart:
    """What to draw. `source` is asked once more, for the signal of a single rule that compares it with a number.

    Raises Temporary and Permanent, as the source does.
    """
    step = max(timedelta(seconds=1), timedelta(seconds=round((result.window.length / _POINTS).total_seconds())))
    only = result.tested[0]
    signal = only.replay.past.rule.signal if only.replay is not None else only.rule.signal
    if len(result.tested) > 1 or source is None or signal.threshold is None:
        return _counts(result, zone, step)
    series = await source.query_range(signal.expr, {}, result.window, step)
    side = bad_side(signal)
    ordered = sorted(series, key=lambda one: _gravity(one, side), reverse=True)
    unit = unit_of(signal.expr, signal.threshold)
    return Chart(
        title=one_line(f"{only.rule.name}: what a backtest found", 120),
        series=tuple(ordered[:_SERIES]),
        marks=_marks(only, result.window),
        threshold=signal.threshold,
        threshold_text=f"alert {signal.op} {number(signal.threshold, unit)}",
        unit=unit,
        time_zone=zone,
        window=result.window,
        bad_side=side,
        left_out=max(0, len(ordered) - _SERIES),
    )


def _counts(result: Result, zone: str, step: timedelta) -> Chart:
    """How many label sets of each rule were firing."""
    start, count = result.window.start, int(result.window.length / step)
    series = []
    for one in result.tested:
        episodes = [(each.fired_at, each.ended_at) for each in one.episodes if each.fired_at is not None]
        if not episodes:
            continue
        times = [start + place * step for place in range(count + 1)]
        points = tuple((at, float(sum(_on(began, ended, at, step) for began, ended in episodes))) for at in times)
        series.append(Series(labels=LabelSet({"rule": one.rule.name}), points=points))
    series.sort(key=lambda one: sum(value for _, value in one.points), reverse=True)
    return Chart(
        title=f"label sets firing: {one_line(only, 60)}"
        if (only := _only(series))
        else "label sets firing, rule by rule",
        series=tuple(series[:_SERIES]),
        time_zone=zone,
        window=result.window,
        left_out=max(0, len(series) - _SERIES),
    )


def _on(began: datetime, ended: datetime | None, at: datetime, step: timedelta) -> bool:
    """Whether it was on at some time of this step: a short firing must not fall between two points."""
    return began < at + step and (ended is None or ended > at)


def _marks(one: Tested, window: Window) -> tuple[Mark, ...]:
    """Where it fires and ends; with more than a chart has room for, none: some alone would look like all."""
    firing = [each for each in one.episodes if each.fired_at is not None and each.fired_at >= window.start]
    if len(firing) > _MARKS:
        return ()
    starts = [Mark(at=each.fired_at, kind=MarkKind.ALERT, text="fires") for each in firing if each.fired_at]
    ends = [Mark(at=each.ended_at, kind=MarkKind.RECOVERY, text="ends") for each in firing if each.ended_at]
    return tuple(sorted([*starts, *(ends if len(firing) <= _MARKS // 2 else [])], key=lambda mark: mark.at))


def _gravity(series: Series, side: BadSide) -> float:
    values = [value for _, value in series.points if value == value]
    if not values:
        return float("-inf")
    return -min(values) if side is BadSide.BELOW else max(values)


def _only(series: Sequence[Series]) -> str:
    """The one rule that fired, where it is one."""
    return series[0].labels["rule"] if len(series) == 1 else ""
