"""Plots over time as shapes with places, in the units of their `viewBox`; a template draws them as SVG.

Each column is one stretch of time. A plot is read by its text too: `alt` says what it shows, each mark's `title` what
it stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

WIDTH, HEIGHT = 400, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 8, 10, 26
_MOST_TICKS = 4
_MOST_LABELS = 6
_FILLED = 0.72
"""Of a column's width, how much a bar takes."""
_WIDEST = 34.0
_COUNTS = (1, 2, 5)
_LENGTHS = (
    *(1, 2, 5, 10, 15, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(3600 * hours for hours in (1, 2, 3, 6, 12)),
    *(86400 * days for days in (1, 2, 5, 10, 20, 50, 100, 200)),
)
"""Seconds that make good steps of an axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line across, or a name below: where, and what it says."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One column: from `y` down to `bottom`, `width` wide around `x`. `line`: where one goes across; None: nowhere."""

    x: float
    y: float
    bottom: float
    width: float
    title: str
    line: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A plot and its words. `across` are the lines with their values, `below` the names of some columns."""

    title: str
    alt: str
    across: Sequence[Tick]
    below: Sequence[Tick]
    marks: Sequence[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    base: int = HEIGHT - _BOTTOM


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What is known of one stretch of time; a `low` and a `high` of the same kind, or nothing."""

    name: str
    title: str
    low: float | None = None
    high: float | None = None


def bars(title: str, alt: str, columns: Sequence[Column]) -> Plot:
    """A bar from nothing to `high`, which counts something."""
    step = _step_of_counts(max((column.high or 0 for column in columns), default=0))
    return _plot(title, alt, columns, step, lambda value: f"{value:,.0f}", lines=False)


def ranges(title: str, alt: str, columns: Sequence[Column], say: Callable[[timedelta], str]) -> Plot:
    """A line at `low` and a column from there up to `high`, both of them seconds."""
    top = max((column.high or 0 for column in columns), default=0)
    step = next((step for step in _LENGTHS if top <= step * _MOST_TICKS), _LENGTHS[-1])
    return _plot(title, alt, columns, step, lambda value: say(timedelta(seconds=value)), lines=True)


def _plot(
    title: str, alt: str, columns: Sequence[Column], step: float, say: Callable[[float], str], *, lines: bool
) -> Plot:
    most = max((column.high or 0 for column in columns), default=0)
    ticks = max(1, -int(-most // step))
    base = HEIGHT - _BOTTOM
    scale = (base - _TOP) / (ticks * step)
    pitch = (WIDTH - _LEFT - _RIGHT) / max(1, len(columns))
    places = [_LEFT + pitch * (number + 0.5) for number in range(len(columns))]
    every = max(1, -(-len(columns) // _MOST_LABELS))
    return Plot(
        title=title,
        alt=alt,
        across=[
            Tick(at=round(base - number * step * scale, 1), text=say(number * step)) for number in range(ticks + 1)
        ],
        below=[Tick(at=round(places[each], 1), text=columns[each].name) for each in range(0, len(columns), every)],
        marks=[
            Mark(
                x=round(x, 1),
                y=round(base - column.high * scale, 1),
                bottom=round(base - (column.low or 0) * scale, 1) if lines else base,
                width=round(min(pitch * _FILLED, _WIDEST), 1),
                title=column.title,
                line=round(base - (column.low or 0) * scale, 1) if lines else None,
            )
            for x, column in zip(places, columns, strict=True)
            if column.high
        ],
    )


def _step_of_counts(most: float) -> int:
    power = 1
    while True:
        for step in _COUNTS:
            if most <= step * power * _MOST_TICKS:
                return step * power
        power *= 10
