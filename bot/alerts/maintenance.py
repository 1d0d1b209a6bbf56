"""Planned work: which window an alert falls into, and when the next ones are.

A window lasts as long as it says, whatever clocks do meanwhile. One whose local time a change of clocks leaves out
begins when the clocks go on; one whose local time comes twice begins the first time. Where the minute or the hour of a
schedule begins with `*`, it follows the time that passes instead.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from heapq import merge
from itertools import islice, takewhile

from cronsim import CronSim, CronSimError

from bot.model.matchers import fits
from bot.model.moments import zone
from bot.model.time_interval import Maintenance

_STRETCH = timedelta(hours=1)
_INSTANT = timedelta(microseconds=1)
_FIELDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One time that planned work is done, the end excluded."""

    starts_at: datetime
    ends_at: datetime
    maintenance: Maintenance


class CronError(ValueError):
    """A text that is no schedule; the message says what is wrong."""


def validate(cron: str) -> None:
    """CronError when this is no schedule of five fields, or one that never comes."""
    if len(cron.split()) != _FIELDS:
        raise CronError(
            f"{cron!r} is no schedule: that is five fields, minute, hour, day of the month, month and day of the week"
        )
    try:
        CronSim(cron, datetime(2024, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise CronError(f"{cron!r} is no schedule: {str(error).lower()}") from None


def under(maintenance: Sequence[Maintenance], labels: Mapping[str, str], now: datetime) -> Maintenance | None:
    """The first whose window is open now and that takes these labels."""
    return next((one for one in maintenance if is_open(one, now) and fits(one.matchers, labels)), None)


def is_open(maintenance: Maintenance, now: datetime) -> bool:
    """Whether one of its windows is open."""
    return window(maintenance, now) is not None


def window(maintenance: Maintenance, now: datetime) -> Window | None:
    """The window that is open now: of several that overlap, the latest."""
    if not maintenance.cron:
        starts: Sequence[datetime] = (maintenance.starts_at,) if maintenance.starts_at else ()
    else:
        stretch = now.replace(minute=0, second=0, microsecond=0)
        starts = _starts(maintenance.cron, maintenance.location, stretch - maintenance.lasts, stretch + _STRETCH)
    last = now if maintenance.until is None else min(now, maintenance.until - _INSTANT)
    place = bisect_right(starts, last)
    if not place:
        return None
    begun = _window(maintenance, starts[place - 1])
    return begun if now < begun.ends_at else None


def next_windows(maintenance: Sequence[Maintenance], now: datetime, count: int) -> Sequence[Window]:
    """The next so many windows of all of them together, those that are open now included, the earliest first."""
    each = [_windows(one, now) for one in maintenance]
    return list(islice(merge(*each, key=lambda one: (one.starts_at, one.ends_at)), count))


def _windows(maintenance: Maintenance, now: datetime) -> Iterator[Window]:
    """Those that are not over, without end where a schedule has none."""
    if maintenance.cron:
        starts = _runs(maintenance.cron, maintenance.location, now - maintenance.lasts)
    else:
        starts = iter((maintenance.starts_at,) if maintenance.starts_at else ())
    until = maintenance.until
    for start in takewhile(lambda start: until is None or start < until, starts):
        if start + maintenance.lasts > now:
            yield _window(maintenance, start)


def _window(maintenance: Maintenance, start: datetime) -> Window:
    return Window(starts_at=start, ends_at=start + maintenance.lasts, maintenance=maintenance)


@lru_cache(maxsize=1024)
def _starts(cron: str, location: str, after: datetime, until: datetime) -> tuple[datetime, ...]:
    """Kept for an hour at a time: every alert asks, and schedules are slow to read."""
    return tuple(takewhile(lambda run: run <= until, _runs(cron, location, after)))


def _runs(cron: str, location: str, after: datetime) -> Iterator[datetime]:
    """Every start after this moment, in order, in UTC."""
    last = after
    for run in CronSim(cron, after.astimezone(zone(location))):
        moment = run.astimezone(UTC)
        # in the hour that clocks show twice the library begins at the first of the two
        if moment > last:
            yield moment
            last = moment
