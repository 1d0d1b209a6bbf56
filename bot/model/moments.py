"""What clocks show at a place, and whether a moment lies in a named time interval, by Alertmanager's rules."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.model.time_interval import MomentSet, Range, TimeInterval

_INSTANT = timedelta(microseconds=1)


@lru_cache(maxsize=256)
def zone(name: str) -> tzinfo:
    """A zone by its IANA name."""
    return UTC if name == "UTC" else ZoneInfo(name)


@lru_cache(maxsize=16_384)
def moment(local: datetime, location: str) -> datetime:
    """What clocks show at this place, without a zone, as a moment in UTC.

    Of a time that comes twice it is the first; for one that clocks leave out, the moment they go on.
    """
    here = zone(location)
    first, second = (local.replace(tzinfo=here, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first <= second:
        return first
    offset = second.astimezone(here).utcoffset()
    while first - second > _INSTANT:  # between the two the clocks go on
        middle = second + (first - second) / 2
        if middle.astimezone(here).utcoffset() == offset:
            second = middle
        else:
            first = middle
    return first


def contains(interval: TimeInterval, now: datetime) -> bool:
    """Whether any of its entries fits this moment."""
    return any(_fits(moments, now) for moments in interval.moments)


def is_on(moments: MomentSet, day: date) -> bool:
    """Whether its weekdays, days, months and years fit this day of the calendar."""
    return (
        _within(moments.weekdays, day.isoweekday() % 7)
        and _on_day(moments.days_of_month, day)
        and _within(moments.months, day.month)
        and _within(moments.years, day.year)
    )


def _fits(moments: MomentSet, now: datetime) -> bool:
    local = now.astimezone(zone(moments.location))
    minute = local.hour * 60 + local.minute
    in_time = not moments.times or any(part.first <= minute < part.last for part in moments.times)
    return in_time and is_on(moments, local)


def _within(ranges: Sequence[Range], number: int) -> bool:
    return not ranges or any(part.first <= number <= part.last for part in ranges)


def _on_day(ranges: Sequence[Range], local: date) -> bool:
    """Days counted from the end are those of this month; a range ends where the month does."""
    if not ranges:
        return True
    days = calendar.monthrange(local.year, local.month)[1]
    return any(_counted(part.first, days) <= local.day <= _counted(part.last, days) for part in ranges)


def _counted(day: int, days: int) -> int:
    return days + day + 1 if day < 0 else day
