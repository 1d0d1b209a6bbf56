"""What the page of statistics shows, made from what was found; the template only lays it out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.documents import format_duration
from bot.model.statistics import Grouping, Load, Noise, RunbookUse, Spread, Statistics, Times
from bot.model.wording import rounded
from bot.web.plots import Column, Plot, bars, ranges
from bot.web.words import duration

MOST_RULES = 10
MOST_RUNBOOKS = 20
_MOST_GROUPS = 50
SPANS = {7: "7 days", 30: "30 days", 90: "90 days", 365: "a year"}
"""What can be chosen, by its length in days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseView:
    """A rule, with shares of the rule with most incidents for its bar: `acted` and `ignored`, in per cent."""

    noise: Noise
    acted: float
    ignored: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadView:
    """A person, with shares of whoever has most pages for the bar: by day and at night, in per cent."""

    load: Load
    by_day: float
    at_night: float

    @property
    def hours(self) -> str:
        """On duty, in whole hours; empty: nobody knows."""
        return "" if self.load.on_duty is None else f"{self.load.on_duty / timedelta(hours=1):,.0f} h"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsView:
    """The page. `hidden`, `more_rules` and `more_runbooks` count the groups, rules and runbooks that are not shown."""

    found: Statistics
    days: int
    groups: Sequence[Times]
    hidden: int
    plots: Sequence[Plot]
    noise: Sequence[NoiseView]
    more_rules: int
    load: Sequence[LoadView]
    runbooks: Sequence[RunbookUse]
    more_runbooks: int
    title: str = "Statistics"
    news: str = ""

    @property
    def spans(self) -> Sequence[tuple[int, str]]:
        """Lengths of time to choose from, that which was asked for among them."""
        return sorted({**SPANS, self.days: SPANS.get(self.days, f"{self.days} days")}.items())

    @property
    def groupings(self) -> Sequence[Grouping]:
        """By what incidents can be told apart."""
        return tuple(Grouping)


def of_statistics(found: Statistics) -> StatisticsView:
    """All that was found."""
    most = max((one.incidents for one in found.noise), default=0)
    busiest = max((one.pages for one in found.load), default=0)
    return StatisticsView(
        found=found,
        days=round((found.until - found.since) / timedelta(days=1)),
        groups=found.groups[:_MOST_GROUPS],
        hidden=max(0, len(found.groups) - _MOST_GROUPS),
        plots=_plots(found.weeks),
        noise=[
            NoiseView(
                noise=one,
                acted=_share(one.incidents - one.ignored, most),
                ignored=_share(one.ignored, most),
            )
            for one in found.noise[:MOST_RULES]
        ],
        more_rules=max(0, len(found.noise) - MOST_RULES),
        runbooks=found.runbooks[:MOST_RUNBOOKS],
        more_runbooks=max(0, len(found.runbooks) - MOST_RUNBOOKS),
        load=[
            LoadView(
                load=one,
                by_day=_share(one.pages - one.night_pages, busiest),
                at_night=_share(one.night_pages, busiest),
            )
            for one in found.load
        ],
    )


def _plots(weeks: Sequence[Times]) -> Sequence[Plot]:
    return [
        bars("Incidents a week", _counted(weeks), [_count(week) for week in weeks]),
        _lengths("Until somebody had it", "acknowledged", weeks, lambda week: week.acknowledge),
        _lengths("Until it was resolved", "resolved", weeks, lambda week: week.resolve),
    ]


def _count(week: Times) -> Column:
    many = "1 incident" if week.incidents == 1 else f"{week.incidents:,} incidents"
    return Column(name=_monday(week.of), title=f"{_span(week.of)}: {many}", high=week.incidents)


def _counted(weeks: Sequence[Times]) -> str:
    counts = [week.incidents for week in weeks]
    return f"Incidents a week, from {min(counts)} to {max(counts)}; {counts[-1]} in the newest" if counts else "None"


def _lengths(title: str, done: str, weeks: Sequence[Times], of: Callable[[Times], Spread | None]) -> Plot:
    columns = [_length(week, done, of(week)) for week in weeks]
    known = [spread for week in weeks if (spread := of(week))]
    newest = f"; {_halves(known[-1])} in the newest week that has one" if known else ""
    alt = f"{title}, week by week: the median, and up to what nine of ten took{newest}"
    return ranges(title, alt, columns, format_duration)


def _length(week: Times, done: str, spread: Spread | None) -> Column:
    if spread is None:
        return Column(name=_monday(week.of), title="")
    title = f"{_span(week.of)}: {spread.count:,} {done}, {_halves(spread)}"
    return Column(
        name=_monday(week.of),
        title=title,
        low=spread.median.total_seconds(),
        high=max(spread.p90.total_seconds(), 0.001),
    )


def _halves(spread: Spread) -> str:
    return f"half within {_said(spread.median)} and nine of ten within {_said(spread.p90)}"


def _said(length: timedelta) -> str:
    return duration(rounded(length))


def _monday(week: str) -> str:
    day = _first_day(week)
    return f"{day.day} {day:%b}"


def _span(week: str) -> str:
    first = _first_day(week)
    last = first + timedelta(days=6)
    return f"{first.day} {first:%b} to {last.day} {last:%b %Y}"


def _first_day(week: str) -> date:
    return date.fromisoformat(f"{week}-1")


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
