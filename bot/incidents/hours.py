"""When a named time interval begins next: until then people are not woken."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from bot.model.moments import contains, is_on, moment, zone
from bot.model.time_interval import MomentSet, TimeInterval

_DAYS = 5 * 366
"""As far as it is looked for: every day of the calendar comes within it."""
_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


def opens(interval: TimeInterval, now: datetime) -> datetime | None:
    """The first moment, now or later, that lies in the interval; None: none within five years."""
    if contains(interval, now):
        return now
    begins = (_begins(moments, interval, now) for moments in interval.moments)
    return min((at for at in (*begins, _once_more(interval, now)) if at is not None), default=None)


def _once_more(interval: TimeInterval, now: datetime) -> datetime | None:
    """Where clocks go back they show a time again that had begun, and passed: looked for minute by minute."""
    if not any(_go_back(moments.location, now) for moments in interval.moments):
        return None
    first = now.replace(second=0, microsecond=0) + _MINUTE
    return next(
        (at for at in (first + ahead * _MINUTE for ahead in range(_DAY // _MINUTE)) if contains(interval, at)), None
    )


def _go_back(location: str, now: datetime) -> bool:
    """Whether clocks do there, or did, within a day."""
    before, after = ((now + ahead).astimezone(zone(location)).utcoffset() for ahead in (-_DAY, _DAY))
    return before is not None and after is not None and after < before


def _begins(moments: MomentSet, interval: TimeInterval, now: datetime) -> datetime | None:
    """When this entry begins next. A time that clocks leave out begins when they go on."""
    today = now.astimezone(zone(moments.location)).date()
    minutes = sorted(part.first for part in moments.times) or [0]
    for ahead in range(_DAYS):
        day = today + timedelta(days=ahead)
        if not is_on(moments, day):
            continue
        for minute in minutes:
            at = moment(datetime.combine(day, time()) + timedelta(minutes=minute), moments.location)
            if at > now and contains(interval, at):
                return at
    return None
