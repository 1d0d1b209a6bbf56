"""How long incidents take: the definitions, and what is made of them.

Which incidents
    Those that opened in the time asked about. Left out: drills and tests; incidents that were merged into another, and
    duplicates of another, because the other is counted. A child counts like any other.

Detect
    From the beginning of its first alert, as the alert's source says it (after the rule's own `for`), to when the
    incident opened. One that a person declared has none: nobody knows when it began.

Acknowledge
    From when the incident opened to when somebody had it. One that was reopened called for somebody once more: it
    counts from when it last reopened. One that ended before anybody had it has none.

Mitigate
    From when the incident opened to when it no longer hurt; where nobody said so, to when it was resolved.

Resolve
    From when the incident opened to when it was resolved; of one that was reopened, to when it was resolved last: an
    end that did not hold was none. One that is open has none yet, so the newest weeks look better than they will.

Median, 90th percentile
    Of all values, between the two nearest in proportion, as spreadsheets do it. `count` says of how many: of few, a
    percentile says little.

Week
    Monday to Sunday where Tocsin is at home (`time_zone`), by when the incident opened; written as ISO 8601 does it:
    2026-W47.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from zoneinfo import ZoneInfo

from bot.model.statistics import Grouping, Lived, Spread, Times

ALL = "all"
NOBODY = "-"
"""An incident without a service or a team."""

_Lengths = tuple[int | None, int | None, int | None, int | None]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUARTER = 900_000_000
"""Of an hour, in microseconds."""
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """All incidents together, told apart, and week by week: every week of the time asked about is there, in order."""

    whole: Times
    groups: tuple[Times, ...]
    weeks: tuple[Times, ...]


@dataclass(slots=True)
class _Tally:
    """What is counted while incidents go by; lengths in microseconds, a list for each of `_lengths`."""

    incidents: int = 0
    still_open: int = 0
    reopened: int = 0
    lengths: tuple[list[int], ...] = field(default_factory=lambda: ([], [], [], []))

    def add(self, one: Lived, lengths: _Lengths) -> None:
        """Counts one incident."""
        self.incidents += 1
        self.still_open += one.is_open
        self.reopened += one.reopened is not None
        for kept, length in zip(self.lengths, lengths, strict=True):
            if length is not None:
                kept.append(length)

    def add_all(self, other: _Tally) -> None:
        """Counts what another counted."""
        self.incidents += other.incidents
        self.still_open += other.still_open
        self.reopened += other.reopened
        for kept, lengths in zip(self.lengths, other.lengths, strict=True):
            kept += lengths

    def times(self, of: str) -> Times:
        """What it comes to. Sorts in place: whoever counts all this once more has runs to merge, which is quick."""
        for lengths in self.lengths:
            lengths.sort()
        detect, acknowledge, mitigate, resolve = map(spread, self.lengths)
        return Times(
            of=of,
            incidents=self.incidents,
            still_open=self.still_open,
            reopened=self.reopened,
            detect=detect,
            acknowledge=acknowledge,
            mitigate=mitigate,
            resolve=resolve,
        )


def told(lives: Iterable[Lived], by: Grouping, since: datetime, until: datetime, zone: ZoneInfo) -> Told:
    """Services and teams: those with most incidents first; severities and weeks: in their order.

    `lives` opened from `since` until before `until`; weeks are those of `zone`. Goes through them once.
    """
    named, week_of = _naming(by), _week_of(zone)
    groups: defaultdict[str, _Tally] = defaultdict(_Tally)
    by_week: dict[str, _Tally] = {week: _Tally() for week in weeks(since, until, zone)}
    for one in lives:
        lengths = _lengths(one)
        by_week[week_of(one)].add(one, lengths)
        if named is not None:
            groups[named(one) or NOBODY].add(one, lengths)
    weekly = tuple(tally.times(week) for week, tally in by_week.items())
    whole = _Tally()
    for tally in by_week.values():
        whole.add_all(tally)
    return Told(
        whole=whole.times(ALL),
        groups=weekly if named is None else tuple(groups[name].times(name) for name in _in_order(groups, by)),
        weeks=weekly,
    )


def weeks(since: datetime, until: datetime, zone: ZoneInfo) -> Sequence[str]:
    """The weeks that have some of this time in them, in order."""
    day, last = since.astimezone(zone).date(), (until - timedelta(microseconds=1)).astimezone(zone).date()
    monday, names = day - timedelta(days=day.weekday()), []
    while monday <= last:
        names.append(f"{monday:%G-W%V}")
        monday += _WEEK
    return names


def spread(micros: Sequence[int]) -> Spread | None:
    """How these lengths, in microseconds, are spread; None: there are none."""
    if not micros:
        return None
    ordered = sorted(micros)
    return Spread(count=len(ordered), median=_quantile(ordered, 0.5), p90=_quantile(ordered, 0.9))


def _quantile(ordered: Sequence[int], share: float) -> timedelta:
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return timedelta(microseconds=round(ordered[low] + (ordered[high] - ordered[low]) * (place - low)))


def _lengths(one: Lived) -> _Lengths:
    """Until it was detected, acknowledged, mitigated and resolved."""
    opened = one.opened
    return (
        _length(one.detected, opened),
        _length(opened if one.reopened is None else one.reopened, one.acknowledged),
        _length(opened, one.resolved if one.mitigated is None else one.mitigated),
        _length(opened, one.resolved),
    )


def _length(start: int | None, end: int | None) -> int | None:
    """Clocks differ: what ended before it began took no time."""
    if start is None or end is None:
        return None
    return end - start if end > start else 0


def _naming(by: Grouping) -> Callable[[Lived], str] | None:
    """None: by week, which is done in any case."""
    return None if by is Grouping.WEEK else attrgetter(by.value)


def _week_of(zone: ZoneInfo) -> Callable[[Lived], str]:
    """Asks the calendar once a quarter of an hour: no zone's midnight falls within one."""
    known: dict[int, str] = {}

    def week(one: Lived) -> str:
        quarter = one.opened // _QUARTER
        name = known.get(quarter)
        if name is None:
            at = _EPOCH + timedelta(microseconds=one.opened)
            name = known[quarter] = f"{at.astimezone(zone):%G-W%V}"
        return name

    return week


def _in_order(tallies: Mapping[str, _Tally], by: Grouping) -> Sequence[str]:
    if by is Grouping.SEVERITY:
        return sorted(tallies)
    return sorted(tallies, key=lambda name: (-tallies[name].incidents, name))
