"""When a saved search runs: Splunk's cron schedules, in the search's own time zone.

Five fields, of numbers only. Where the day of the month or that of the week begins with `*` both must fit, else either.
When clocks change, it is as with Debian's cron: a run at a fixed time that is skipped comes as soon as it can, and one
that would come twice comes once; a schedule whose minute or hour begins with `*` follows the time that passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise, takewhile

from cronsim import CronSim, CronSimError

from bot.model.moments import zone
from bot.model.search import Schedule

_FIELDS = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of the month", 1, 31),
    ("month", 1, 12),
    ("day of the week", 0, 7),
)
_ITEM = re.compile(r"(?:\*|(?P<first>\d{1,2})(?:-(?P<last>\d{1,2}))?)(?:/(?P<step>\d{1,3}))?", re.ASCII)
_ONE_LONG = re.compile(r"\b(\d+)-0*\1/\d+")
_FIRST_DAY = datetime(2024, 1, 1)  # noqa: DTZ001 - a day of the calendar, in no zone: a leap year, and a Monday
_YEARS = timedelta(days=13 * 366)
_MANY_DAYS = 400
_DAY = timedelta(days=1)


class CronError(ValueError):
    """A text that is no schedule; the message says which field is wrong and why."""


def validate(cron: str) -> None:
    """CronError when Splunk would not run a search by it."""
    fields = cron.split()
    if len(fields) != len(_FIELDS):
        raise CronError(
            f"{cron!r} is no schedule: that is five fields, minute, hour, day of the month, month and day of the week"
        )
    for text, (name, low, high) in zip(fields, _FIELDS, strict=True):
        for item in text.split(","):
            _check(item, name, low, high)
    try:
        _simulated(cron, _FIRST_DAY)
    except CronSimError:
        raise CronError(f"{cron!r} names a day that none of its months has") from None


def next_run(schedule: Schedule, after: datetime) -> datetime:
    """The first run after this moment, never the moment itself; in UTC. CronError when there is no such schedule."""
    return next(_runs(schedule, after))


def runs_between(schedule: Schedule, start: datetime, end: datetime) -> Iterator[datetime]:
    """Every run after `start` and not after `end`, in order, in UTC."""
    return takewhile(lambda run: run <= end, _runs(schedule, start))


def longest_gap(schedule: Schedule) -> timedelta:
    """The longest time between two runs by the calendar; when clocks change it may be an hour more."""
    return _longest_gap(" ".join(schedule.cron.split()))


def _check(item: str, name: str, low: int, high: int) -> None:
    match = _ITEM.fullmatch(item)
    if match is None:
        names = "; Splunk takes no names of months or days" if re.search(r"[A-Za-z]", item) else ""
        raise CronError(f"{item!r} cannot stand for the {name}{names}; write numbers, `1-5`, `*/5` or `0,30`")
    first, last, step = (int(match[part]) if match[part] else None for part in ("first", "last", "step"))
    for number in (first, last):
        if number is not None and not low <= number <= high:
            raise CronError(f"{item!r} cannot stand for the {name}: it goes from {low} to {high}")
    if first is not None and last is not None and last < first:
        raise CronError(f"{item!r} cannot stand for the {name}: the range runs backwards")
    if step == 0:
        raise CronError(f"{item!r} cannot stand for the {name}: a step of 0 leads nowhere")


def _simulated(cron: str, start: datetime) -> CronSim:
    """The library takes `5-5/2` for `5/2`, which is a range to the end."""
    return CronSim(_ONE_LONG.sub(r"\1", cron), start)


def _runs(schedule: Schedule, after: datetime) -> Iterator[datetime]:
    validate(schedule.cron)
    local = after.astimezone(zone(schedule.time_zone))
    last = after
    for run in _simulated(schedule.cron, local):
        moment = run.astimezone(UTC)
        # in the hour that clocks show twice the library begins at the first of the two
        if moment > last:
            yield moment
            last = moment


@lru_cache(maxsize=1024)
def _longest_gap(cron: str) -> timedelta:
    validate(cron)
    fields = _simulated(cron, _FIRST_DAY)
    times = [
        timedelta(hours=hour, minutes=minute) for hour in sorted(fields.hours) for minute in sorted(fields.minutes)
    ]
    within = max((later - earlier for earlier, later in pairwise(times)), default=timedelta(0))
    return max(within, _longest_pause(fields) + times[0] - times[-1])


def _longest_pause(fields: CronSim) -> timedelta:
    """The longest time between two of the days on which it runs, seen over enough of them, or enough years."""
    longest, days, last = timedelta(0), 0, None
    day = _FIRST_DAY.date()
    while days < _MANY_DAYS and day - _FIRST_DAY.date() < _YEARS:
        if day.month in fields.months and fields.match_day(day):
            longest, days, last = max(longest, day - (last or day)), days + 1, day
        day += _DAY
    return longest or _YEARS
