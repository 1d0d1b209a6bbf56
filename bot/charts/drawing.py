"""Draws one chart. Runs in the worker process only, so that matplotlib is loaded nowhere else."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from zoneinfo import ZoneInfo

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from bot.charts.legend import series_names
from bot.charts.marks import place
from bot.charts.scales import time_ticks, value_ticks
from bot.charts.sheet import WIDE, Sheet, points
from bot.model.chart import BadSide, Chart, MarkKind
from bot.model.sample import Series, Window
from bot.model.wording import clock, number, offset

NAMED = 12
"""Series drawn in a colour of their own and named; the rest are grey."""
_TITLE, _SMALL = 15.0, 11.0
_ROW, _EDGE = 16.0, 16.0
_MARK_ROWS = 4
_QUIET, _GRID, _OTHERS = "#5f6368", "#e8eaed", "#c4c7cc"
_BAD = "#c5221f"
_MARKS = {MarkKind.ALERT: "#c5221f", MarkKind.ACTION: "#6a3fc4", MarkKind.RECOVERY: "#137a3b"}
_COLOURS = ("#1a66d0", "#e07b00", "#00897b", "#c2377e", "#7a5af5", "#6d4c33")
_DASHES: tuple[str | tuple[int, tuple[int, ...]], ...] = ("-", (0, (5, 2)))
_HUGE = 1e300


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    colour: str
    width: float
    dashes: str | tuple[int, tuple[int, ...]] = "-"
    above: int = 3


@dataclass(slots=True, kw_only=True)
class _Plot:
    """The space left for the lines; it shrinks as things are put around it. `low` and `high` bound the values."""

    left: float
    top: float
    right: float
    bottom: float
    window: Window
    low: float
    high: float

    def x(self, at: datetime) -> float:
        return self.left + (at - self.window.start) / self.window.length * (self.right - self.left)


def draw(chart: Chart, width: int, height: int) -> bytes:
    """The chart as PNG bytes of this many pixels; the same chart always gives the same bytes."""
    sheet = Sheet(width, height)
    low, high = _limits(chart)
    ticks = [(value, number(value, chart.unit)) for value in value_ticks(low, high, chart.unit)]
    left = _EDGE + max(sheet.measure(text, _SMALL) for _, text in ticks) + 8
    plot = _Plot(
        left=left, top=42, right=WIDE - _EDGE, bottom=sheet.tall - 10, window=_window(chart), low=low, high=high
    )
    _head(sheet, chart, plot)
    _legend(sheet, chart, plot)
    plot.bottom -= 36
    _marks(sheet, chart, plot)
    axes = sheet.plot(plot.left, plot.top, plot.right, plot.bottom)
    _axis(axes, chart, plot, ticks)
    _threshold(axes, chart, plot)
    for index, one in enumerate(chart.series):
        _series(axes, one, _style(chart, index), plot)
    if not any(math.isfinite(value) for one in chart.series for _, value in one.points):
        axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center", fontsize=points(18), color=_QUIET)
    return sheet.png()


def _window(chart: Chart) -> Window:
    times = [at for one in chart.series for at, _ in one.points] or [datetime.fromtimestamp(0, UTC)]
    window = chart.window or Window(start=min(times), end=max(times))
    if window.length < timedelta(seconds=1):
        return Window(start=window.start - timedelta(seconds=30), end=window.end + timedelta(seconds=30))
    return window


def _limits(chart: Chart) -> tuple[float, float]:
    """All values and the threshold, from zero where that is near, with room above."""
    known = [value for one in chart.series for _, value in one.points if math.isfinite(value)]
    if chart.threshold is not None and math.isfinite(chart.threshold):
        known.append(chart.threshold)
    known = [max(-_HUGE, min(_HUGE, value)) for value in known] or [0.0, 1.0]
    low, high = min(known), max(known)
    if 0 < low < high * 0.6 or (low == high and low > 0):
        low = 0.0
    if low == high:
        low, high = (low * 1.25, 0.0) if low < 0 else (0.0, 1.0)
    room = (high - low) * 0.08
    return (low if low == 0 else low - room), high + room


def _head(sheet: Sheet, chart: Chart, plot: _Plot) -> None:
    """The title, and whose clock the axis shows: its zone and how far that is from UTC, twice where that changes."""
    zone = ZoneInfo(chart.time_zone)
    offsets = " to ".join(dict.fromkeys((offset(plot.window.start, zone), offset(plot.window.end, zone))))
    clock_text = "times in UTC" if chart.time_zone == "UTC" else f"times in {chart.time_zone} ({offsets})"
    sheet.write(plot.right, 24, clock_text, _SMALL, ha="right", color=_QUIET)
    room = plot.right - _EDGE - sheet.measure(clock_text, _SMALL) - 20
    sheet.write(_EDGE, 23, sheet.fitted(chart.title, _TITLE, room, "bold"), _TITLE, weight="bold")


def _legend(sheet: Sheet, chart: Chart, plot: _Plot) -> None:
    """Names under the plot, as many beside each other as fit; none for a single series, which the title names."""
    if len(chart.series) < 2 and not chart.left_out:
        return
    names = series_names([one.labels for one in chart.series])[:NAMED]
    entries = [(name, _style(chart, index)) for index, name in enumerate(names)]
    grey = len(chart.series) - len(names)
    if grey or chart.left_out:
        undrawn = f", {chart.left_out} of them not drawn" if chart.left_out else ""
        entries.append((f"and {grey + chart.left_out} more{undrawn}", _Style(colour=_OTHERS, width=1.2)))
    room = plot.right - plot.left
    fitted = [(sheet.fitted(name, _SMALL, room - 30), style) for name, style in entries]
    widest = max(sheet.measure(name, _SMALL) for name, _ in fitted) + 46
    columns = max(1, min(len(fitted), int((room + 16) / widest)))
    rows = math.ceil(len(fitted) / columns)
    plot.bottom -= rows * _ROW + 4
    for index, (name, style) in enumerate(fitted):
        column, row = divmod(index, rows)
        x, y = plot.left + column * widest, plot.bottom + 4 + (row + 0.5) * _ROW
        sheet.line((x, y), (x + 20, y), color=style.colour, linewidth=style.width, linestyle=style.dashes)
        sheet.write(x + 27, y, name, _SMALL)


def _marks(sheet: Sheet, chart: Chart, plot: _Plot) -> None:
    """A thin line for each moment, its text above the plot."""
    zone = ZoneInfo(chart.time_zone)
    marks = [mark for mark in chart.marks if plot.window.start <= mark.at <= plot.window.end]
    texts = [
        sheet.fitted(f"{clock(mark.at, zone).split()[0]} {mark.text}", _SMALL, (plot.right - plot.left) * 0.45)
        for mark in marks
    ]
    lines = [(plot.x(mark.at), sheet.measure(text, _SMALL)) for mark, text in zip(marks, texts, strict=True)]
    places = place(lines, plot.left - 10, plot.right + 10, _MARK_ROWS)
    rows = 1 + max((spot.row for spot in places if spot.row is not None), default=-1)
    base = plot.top + rows * _ROW
    for mark, text, spot in zip(marks, texts, places, strict=True):
        top = base if spot.row is None else base - (spot.row + 1) * _ROW + 2
        colour = _MARKS[mark.kind]
        sheet.line((spot.x, top), (spot.x, plot.bottom), color=colour, linewidth=1.0, alpha=0.85, zorder=4)
        if spot.row is not None:
            sheet.write(spot.left, base - (spot.row + 0.5) * _ROW, text, _SMALL, color=colour)
    plot.top = base + (4 if rows else 0)


def _axis(axes: Axes, chart: Chart, plot: _Plot, ticks: Sequence[tuple[float, str]]) -> None:
    axes.set_xlim(0, plot.window.length.total_seconds())
    axes.set_ylim(plot.low, plot.high)
    times = time_ticks(plot.window, ZoneInfo(chart.time_zone))
    axes.set_xticks([(at - plot.window.start).total_seconds() for at, _ in times], [text for _, text in times])
    axes.set_yticks([value for value, _ in ticks], [text for _, text in ticks])
    axes.tick_params(axis="x", length=3, color=_QUIET, labelsize=points(_SMALL), labelcolor=_QUIET, pad=3)
    axes.tick_params(axis="y", length=0, labelsize=points(_SMALL), labelcolor=_QUIET, pad=6)
    axes.grid(axis="y", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_facecolor("none")
    for name, spine in axes.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(_QUIET)


def _threshold(axes: Axes, chart: Chart, plot: _Plot) -> None:
    """A dashed line with its text, and a tint over the side where things are wrong."""
    if chart.threshold is None or not math.isfinite(chart.threshold):
        return
    end = {BadSide.ABOVE: plot.high, BadSide.BELOW: plot.low}.get(chart.bad_side)
    if end is not None:
        axes.axhspan(chart.threshold, end, color=_BAD, alpha=0.06, linewidth=0, zorder=0)
    axes.axhline(chart.threshold, color=_BAD, linewidth=1.1, linestyle=(0, (4, 3)), zorder=2)
    share = (chart.threshold - plot.low) / (plot.high - plot.low)
    low = share > 0.5 if end is None else (chart.bad_side is BadSide.BELOW) != (share < 0.1)
    axes.annotate(
        chart.threshold_text,
        (1, share),
        xycoords="axes fraction",
        xytext=(-4, -4 if low else 4),
        textcoords="offset points",
        ha="right",
        va="top" if low else "bottom",
        fontsize=points(_SMALL),
        color=_BAD,
        zorder=6,
        path_effects=[withStroke(linewidth=3, foreground="white")],
    )


def _style(chart: Chart, index: int) -> _Style:
    """The incident's own series stand out; the first `NAMED` can be told apart; the rest are there."""
    if index >= NAMED:
        return _Style(colour=_OTHERS, width=0.9, above=1)
    colour, dashes = _COLOURS[index % len(_COLOURS)], _DASHES[index // len(_COLOURS) % len(_DASHES)]
    if not chart.highlighted:
        return _Style(colour=colour, width=1.5, dashes=dashes)
    own = chart.series[index].labels in chart.highlighted
    return _Style(colour=colour, width=2.4 if own else 1.1, dashes=dashes, above=5 if own else 3)


def _series(axes: Axes, series: Series, style: _Style, plot: _Plot) -> None:
    """Its runs of values as lines, a lone value as a dot, an infinite one as an arrow at the edge it lies beyond."""
    for run in _runs(series):
        x = [(at - plot.window.start).total_seconds() for at, _ in run]
        y = [max(-_HUGE, min(_HUGE, value)) for _, value in run]
        axes.plot(
            x,
            y,
            color=style.colour,
            linewidth=style.width,
            linestyle=style.dashes,
            marker="o" if len(run) == 1 else "",
            markersize=2.5 + style.width,
            solid_joinstyle="round",
            solid_capstyle="round",
            zorder=style.above,
        )
    for at, value in series.points:
        if math.isinf(value):
            up = value > 0
            axes.plot(
                [(at - plot.window.start).total_seconds()],
                [plot.high if up else plot.low],
                color=style.colour,
                marker="^" if up else "v",
                markersize=5,
                clip_on=False,
                zorder=style.above,
            )


def _runs(series: Series) -> Iterator[list[tuple[datetime, float]]]:
    """Values without a gap between them: where one is missing, not a number or infinite, the line is broken."""
    steps = [(after - before).total_seconds() for (before, _), (after, _) in pairwise(series.points)]
    widest = timedelta(seconds=1.6 * median(steps)) if steps else timedelta(0)
    run: list[tuple[datetime, float]] = []
    for at, value in series.points:
        finite = math.isfinite(value)
        if run and (not finite or at - run[-1][0] > widest):
            yield run
            run = []
        if finite:
            run.append((at, value))
    if run:
        yield run
