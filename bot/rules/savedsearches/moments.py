"""Splunk's time modifiers: `-5m@m`, `@w1`, `-1mon@mon+7d`, resolved to a moment.

A modifier is read from left to right, each part applied to what the parts before it gave. Seconds, minutes and hours
are lengths; days, weeks, months, quarters and years are steps in the calendar of the time zone, at the same time of
day, and a day that a month does not have becomes its last. `@` goes back, never forward. A time that clocks show twice
is the first one, unless the base itself is the second; a time that they skip is as much later as they skip.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, tzinfo

from bot.model import moments

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {
    "s": ("s", "sec", "secs", "second", "seconds"),
    "m": ("m", "min", "mins", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "d": ("d", "day", "days"),
    "w": ("w", "week", "weeks"),
    "mon": ("mon", "month", "months"),
    "q": ("q", "qtr", "qtrs", "quarter", "quarters"),
    "y": ("y", "yr", "yrs", "year", "years"),
}
_NAMES = {name: unit for unit, names in _UNITS.items() for name in names}
_LENGTHS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1)}
_DAYS = {"d": 1, "w": 7}
_MONTHS = {"mon": 1, "q": 3, "y": 12}
_NUMBER = re.compile(r"\d{1,12}(\.\d{1,9})?", re.ASCII)
_REAL_TIME = re.compile(r"[+-]?rt(now|[+-].*)?", re.IGNORECASE)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", re.ASCII)
_AMERICAN = re.compile(r"\d{1,2}/\d{1,2}/\d{4}(:\d{1,2}:\d{1,2}:\d{1,2})?", re.ASCII)
_PART = re.compile(
    r"(?P<sign>[+-])(?P<count>\d{0,9})(?P<unit>[A-Za-z]*)|@(?P<snap>[A-Za-z]+)(?P<weekday>\d*)", re.ASCII
)
_LENGTH = re.compile(r"(?P<count>\d{1,6})\s*(?P<unit>[A-Za-z]*)", re.ASCII)
_EXAMPLE = "write it like -5m@m, @d, now or an epoch time"


class ModifierError(ValueError):
    """A text that is no time modifier; the message says what is wrong with it."""


def resolve(modifier: str, base: datetime, time_zone: str) -> datetime | None:
    """The moment a modifier means, in UTC, seen from `base` (aware) in this time zone. None: no bound at all, all time.

    ModifierError when it is no modifier, or is one of a real-time window, which has no moment.
    """
    text = modifier.strip()
    if not text:
        return None
    if is_real_time(text):
        raise ModifierError(f"{text!r} is a real-time window, which has no fixed moment")
    try:
        return _resolved(text, base, moments.zone(time_zone)).astimezone(UTC)
    except OverflowError:
        raise ModifierError(f"{text!r} lies outside of what a calendar holds") from None


def length(text: str) -> timedelta:
    """A length of time as Splunk writes it: `60` (seconds), `5m`, `24h`, `2 days`. ModifierError when it is none."""
    match = _LENGTH.fullmatch(text.strip())
    unit = _NAMES.get(match["unit"] or "s") if match else None
    if match is None or unit not in ("s", "m", "h", "d", "w"):
        raise ModifierError(f"{text!r} is no length of time; write it like 60, 5m, 24h or 2d")
    days = _DAYS.get(unit)
    return int(match["count"]) * (timedelta(days=days) if days else _LENGTHS[unit])


def is_real_time(modifier: str) -> bool:
    """Whether it belongs to a window that moves on while the search runs: `rt`, `rt-5m`, `rtnow`."""
    return _REAL_TIME.fullmatch(modifier.strip()) is not None


def _resolved(text: str, base: datetime, zone: tzinfo) -> datetime:
    if _NUMBER.fullmatch(text):
        return _EPOCH + timedelta(seconds=float(text))
    if _ISO.fullmatch(text):
        return _iso(text, zone)
    if _AMERICAN.fullmatch(text):
        return _american(text, zone)
    rest = re.sub(r"^now(\(\))?", "", text)
    moment, at = base, 0
    while at < len(rest):
        part = _PART.match(rest, at)
        if part is None:
            raise ModifierError(f"{text!r} is no time: {rest[at:]!r} cannot be read; {_EXAMPLE}")
        moment = _applied(part, text, moment.astimezone(zone))
        at = part.end()
    return moment


def _applied(part: re.Match[str], text: str, local: datetime) -> datetime:
    if part["sign"] is None:
        return _snapped(local, *_snap_of(part, text))
    if not part["count"] and not part["unit"]:
        raise ModifierError(f"{text!r} is no time: a number or a unit is missing after {part['sign']!r}; {_EXAMPLE}")
    unit = _unit(part["unit"], text) if part["unit"] else "s"
    count = int(part["count"] or 1)
    return _moved(local, -count if part["sign"] == "-" else count, unit)


def _snap_of(part: re.Match[str], text: str) -> tuple[str, int]:
    """What is snapped to, and of a week the day it begins with: 0 is Sunday."""
    name, weekday = part["snap"], part["weekday"]
    unit = _unit(name, text)
    if not weekday:
        return unit, 0
    if name != "w" or weekday not in "01234567":
        raise ModifierError(f"{text!r} is no time: {name + weekday!r} is no unit; the days of the week are w0 to w7")
    return unit, int(weekday) % 7


def _unit(name: str, text: str) -> str:
    unit = _NAMES.get(name)
    if unit is None:
        raise ModifierError(f"{text!r} is no time: {name!r} is no unit; there are {', '.join(_UNITS)}")
    return unit


def _moved(local: datetime, count: int, unit: str) -> datetime:
    if unit in _LENGTHS:
        return local.astimezone(UTC) + count * _LENGTHS[unit]
    if not count:
        return local
    if unit in _DAYS:
        return (local + timedelta(days=count * _DAYS[unit])).replace(fold=0)
    year, month = divmod(local.year * 12 + local.month - 1 + count * _MONTHS[unit], 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    day = min(local.day, calendar.monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day, fold=0)


def _snapped(local: datetime, unit: str, weekday: int) -> datetime:
    if unit in _LENGTHS:
        minute, second = (0 if unit == "h" else local.minute), (local.second if unit == "s" else 0)
        return local.replace(minute=minute, second=second, microsecond=0)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if unit == "w":
        return midnight - timedelta(days=(local.isoweekday() - weekday) % 7)
    if unit == "d":
        return midnight
    first = {"mon": local.month, "q": (local.month - 1) // 3 * 3 + 1, "y": 1}
    return midnight.replace(month=first[unit], day=1)


def _iso(text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ModifierError(f"{text!r} is no time; write it like 2026-03-29T01:30:00+00:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _american(text: str, zone: tzinfo) -> datetime:
    date, _, time = text.partition(":")
    month, day, year = (int(part) for part in date.split("/"))
    hour, minute, second = (int(part) for part in (time or "0:0:0").split(":"))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError as error:
        raise ModifierError(f"{text!r} is no time: {error}") from None
