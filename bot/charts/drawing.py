"""Draws one chart. Runs in the worker process only, so that matplotlib is loaded nowhere else."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from bot.charts.legend import series_names
from bot.charts.marks import Placed, place
from bot.charts.scales import time_ticks, value_ticks
from bot.charts.sheet import Sheet, points
from bot.model.chart import BadSide, Chart, Mark, MarkKind
from bot.model.sample import Series, Window
from bot.model.wording import number, offset

NAMED = 12
"""Series drawn in a colour of their own and named; the rest are grey."""
_TITLE, _SMALL = 15.0, 11.0
_ROW, _EDGE, _RIGHT = 16.0, 16.0, 778.0
_LEAST_LEFT = 48.0
"""Room for half of the date under the first tick."""
_LEAST_HEIGHT = 70.0
"""The lines' own; names and marks make do with what is left."""
_MARK_ROWS = 4
_MARK_SHARES = (0.45, 0.3, 0.2, 0.1)
"""How wide a mark's text may be, of the plot: less where there are many beside each other."""
_LEGEND_ROWS = 5
_QUIET, _GRID, _OTHERS, _NOTHING = "#5f6368", "#e8eaed", "#c4c7cc", "#f1f3f4"
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
    plot = _Plot(left=_EDGE, top=42, right=_RIGHT, bottom=sheet.tall - 10, window=_window(chart), low=low, high=high)
    _head(sheet, chart, plot)
    _legend(sheet, _entries(chart), plot)
    plot.bottom -= 36
    # The texts of the ticks set the left edge, the marks depend on that, and the height on the rows of the marks: so
    # the ticks are chosen for the height before.
    ticks = value_ticks(low, high, chart.unit, max(2, int((plot.bottom - plot.top) / 42)))
    tick_texts = [(value, number(value, chart.unit)) for value in ticks]
    plot.left = max(_EDGE + 8 + max(sheet.measure(text, _SMALL) for _, text in tick_texts), _LEAST_LEFT)
    _marks(sheet, chart, plot)
    axes = sheet.plot(plot.left, plot.top, plot.right, plot.bottom)
    _axis(axes, chart, plot, tick_texts)
    _blanks(axes, chart, plot)
    _threshold(axes, chart, plot)
    for index, one in enumerate(chart.series):
        _series(axes, one, _style(chart, index), plot)
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
    span = high - low
    return low - span * (0.015 if low == 0 else 0.08), high + span * 0.08


def _head(sheet: Sheet, chart: Chart, plot: _Plot) -> None:
    """The title, and whose clock the axis shows: its zone and how far that is from UTC, twice where that changes."""
    zone = ZoneInfo(chart.time_zone)
    offsets = " to ".join(dict.fromkeys((offset(plot.window.start, zone), offset(plot.window.end, zone))))
    clock_text = "times in UTC" if chart.time_zone == "UTC" else f"times in {chart.time_zone} ({offsets})"
    sheet.write(plot.right, 24, clock_text, _SMALL, ha="right", color=_QUIET)
    room = plot.right - _EDGE - sheet.measure(clock_text, _SMALL) - 20
    sheet.write(_EDGE, 23, sheet.fitted(chart.title, _TITLE, room, "bold"), _TITLE, weight="bold")


def _entries(chart: Chart) -> list[tuple[str, _Style]]:
    """What the legend names; nothing for a single series, which the title names."""
    if len(chart.series) < 2 and not chart.left_out:
        return []
    names = series_names([one.labels for one in chart.series[:NAMED]])
    entries = [(name, _style(chart, index)) for index, name in enumerate(names)]
    grey = len(chart.series) - len(names)
    if grey or chart.left_out:
        undrawn = f", {chart.left_out} not drawn" if chart.left_out else ""
        entries.append((f"and {grey + chart.left_out} more{undrawn}", _Style(colour=_OTHERS, width=1.2)))
    return entries


def _legend(sheet: Sheet, entries: Sequence[tuple[str, _Style]], plot: _Plot) -> None:
    """Names under the plot, beside each other as far as they fit, in at most `_LEGEND_ROWS`."""
    if not entries:
        return
    room = plot.right - _EDGE + 16
    widest = max(sheet.measure(name, _SMALL) for name, _ in entries) + 46
    most_rows = max(1, min(_LEGEND_ROWS, int((plot.bottom - plot.top - _LEAST_HEIGHT - 40) / _ROW)))
    columns = max(math.ceil(len(entries) / most_rows), min(len(entries), int(room / widest)))
    rows = math.ceil(len(entries) / columns)
    pitch = min(widest, room / columns)
    plot.bottom -= rows * _ROW + 4
    for index, (name, style) in enumerate(entries):
        column, row = divmod(index, rows)
        x, y = _EDGE + column * pitch, plot.bottom + 4 + (row + 0.5) * _ROW
        sheet.line((x, y), (x + 20, y), color=style.colour, linewidth=style.width, linestyle=style.dashes)
        sheet.write(x + 27, y, sheet.fitted(name, _SMALL, pitch - 44), _SMALL)


def _marks(sheet: Sheet, chart: Chart, plot: _Plot) -> None:
    """A thin line for each moment, its text above the plot."""
    marks = [mark for mark in chart.marks if plot.window.start <= mark.at <= plot.window.end]
    texts, places = _mark_texts(sheet, marks, plot, ZoneInfo(chart.time_zone))
    rows = 1 + max((spot.row for spot in places if spot.row is not None), default=-1)
    base = plot.top + rows * _ROW
    for mark, text, spot in zip(marks, texts, places, strict=True):
        top = base if spot.row is None else base - (spot.row + 1) * _ROW + 2
        colour = _MARKS[mark.kind]
        sheet.line((spot.x, top), (spot.x, plot.bottom), color=colour, linewidth=1.0, alpha=0.85, zorder=4)
        if spot.row is not None:
            sheet.write(spot.left, base - (spot.row + 0.5) * _ROW, text, _SMALL, color=colour)
    plot.top = base + (4 if rows else 0)


def _mark_texts(sheet: Sheet, marks: Sequence[Mark], plot: _Plot, zone: ZoneInfo) -> tuple[list[str], Sequence[Placed]]:
    """Time and text of each, as long as they can be with a place for all; at the shortest some may have none."""
    whole = [f"{mark.at.astimezone(zone):%H:%M:%S} {mark.text}" for mark in marks]
    texts: list[str] = []
    places: Sequence[Placed] = ()
    for share in _MARK_SHARES:
        room = (plot.right - plot.left) * share
        texts = [sheet.fitted(text, _SMALL, room, ending=0) for text in whole]
        lines = [(plot.x(mark.at), sheet.measure(text, _SMALL)) for mark, text in zip(marks, texts, strict=True)]
        most_rows = max(0, min(_MARK_ROWS, int((plot.bottom - plot.top - _LEAST_HEIGHT) / _ROW)))
        places = place(lines, plot.left - 10, plot.right + 10, most_rows)
        if all(spot.row is not None for spot in places):
            break
    return texts, places


def _axis(axes: Axes, chart: Chart, plot: _Plot, ticks: Sequence[tuple[float, str]]) -> None:
    axes.set_xlim(0, plot.window.length.total_seconds())
    axes.set_ylim(plot.low, plot.high)
    times = time_ticks(plot.window, ZoneInfo(chart.time_zone))
    axes.set_xticks(
        [(at - plot.window.start).total_seconds() for at, _ in times], [_two_lines(text) for _, text in times]
    )
    axes.set_yticks([value for value, _ in ticks], [text for _, text in ticks])
    axes.tick_params(axis="x", length=3, color=_QUIET, labelsize=points(_SMALL), labelcolor=_QUIET, pad=3)
    axes.tick_params(axis="y", length=0, labelsize=points(_SMALL), labelcolor=_QUIET, pad=6)
    axes.grid(axis="y", color=_GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_facecolor("none")
    for name, spine in axes.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(_QUIET)


def _two_lines(text: str) -> str:
    """Every tick has a line for the date, so that all stand at one height."""
    return text if "\n" in text else f"{text}\n "


def _blanks(axes: Axes, chart: Chart, plot: _Plot) -> None:
    """Grey where nothing was seen at all; not for a rule that compares nothing, whose signal is there only when bad."""
    times = sorted({at for one in chart.series for at, value in one.points if not math.isnan(value)})
    if chart.threshold is None and times:
        return
    edges = [plot.window.start, *times, plot.window.end] if times else [plot.window.start, plot.window.end]
    least = max(_usual_step(times) * 1.6, plot.window.length / 100)
    share = ((chart.threshold or 0.0) - plot.low) / (plot.high - plot.low)
    height = 0.25 if 0.35 < share < 0.65 else 0.5  # clear of the threshold's text
    for before, after in pairwise(edges):
        if after - before > least:
            start, end = ((at - plot.window.start).total_seconds() for at in (before, after))
            axes.axvspan(start, end, color=_NOTHING, linewidth=0, zorder=0.5)
            if plot.x(after) - plot.x(before) > 60:
                axes.annotate(
                    "no data",
                    ((start + end) / 2, height),
                    xycoords=("data", "axes fraction"),
                    ha="center",
                    va="center",
                    fontsize=points(_SMALL),
                    color=_QUIET,
                )


def _threshold(axes: Axes, chart: Chart, plot: _Plot) -> None:
    """A dashed line with its text, and a tint over the side where things are wrong."""
    if chart.threshold is None or not math.isfinite(chart.threshold):
        return
    end = {BadSide.ABOVE: plot.high, BadSide.BELOW: plot.low}.get(chart.bad_side)
    if end is not None:
        axes.axhspan(chart.threshold, end, color=_BAD, alpha=0.06, linewidth=0, zorder=0)
    axes.axhline(chart.threshold, color=_BAD, linewidth=1.1, linestyle=(0, (4, 3)), zorder=2)
    share = (chart.threshold - plot.low) / (plot.high - plot.low)
    room_below = share * (plot.bottom - plot.top) > _ROW + 4
    room_above = (1 - share) * (plot.bottom - plot.top) > _ROW + 4
    below = room_below and (chart.bad_side is BadSide.BELOW or not room_above)
    axes.annotate(
        chart.threshold_text,
        (1, share),
        xycoords="axes fraction",
        xytext=(-4, -4 if below else 4),
        textcoords="offset points",
        ha="right",
        va="top" if below else "bottom",
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
    return _Style(colour=colour, width=2.2 if own else 1.1, dashes=dashes, above=5 if own else 3)


def _series(axes: Axes, series: Series, style: _Style, plot: _Plot) -> None:
    """Its runs of values as lines, a lone value as a dot; where it becomes infinite, an arrow at that edge."""
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
    before = 0.0
    for at, value in series.points:
        if math.isinf(value) and value != before:
            axes.plot(
                [(at - plot.window.start).total_seconds()],
                [plot.high if value > 0 else plot.low],
                color=style.colour,
                marker="^" if value > 0 else "v",
                markersize=7,
                clip_on=False,
                zorder=style.above,
            )
        before = value


def _runs(series: Series) -> Iterator[list[tuple[datetime, float]]]:
    """Values without a gap between them: where one is missing, not a number or infinite, the line is broken."""
    widest = _usual_step([at for at, _ in series.points]) * 1.6
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


def _usual_step(times: Sequence[datetime]) -> timedelta:
    steps = sorted(after - before for before, after in pairwise(times))
    return steps[len(steps) // 2] if steps else timedelta(0)
