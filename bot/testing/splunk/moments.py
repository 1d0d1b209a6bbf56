"""Splunk's times: epoch seconds, ISO, and modifiers such as `-5m@m` or `@d+2h`, in UTC."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta

_UNITS = {
    "s": ("s", "sec", "secs", "second", "seconds"),
    "m": ("m", "min", "minute", "minutes", "mins"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "d": ("d", "day", "days"),
    "w": ("w", "week", "weeks"),
    "mon": ("mon", "month", "months"),
    "q": ("q", "qtr", "qtrs", "quarter", "quarters"),
    "y": ("y", "yr", "yrs", "year", "years"),
}
UNITS = {word: unit for unit, words in _UNITS.items() for word in words}
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_MONTHS = {"mon": 1, "q": 3, "y": 12}

_STEP = re.compile(r"(?P<sign>[+-])(?P<count>\d*)(?P<unit>[a-zA-Z]+)|@(?P<snap>w[0-7]|[a-zA-Z]+)")


class BadMoment(ValueError):
    """A text that is no time."""


def moment(text: str, now: float) -> float:
    """The time a text names, as epoch seconds; modifiers count from `now`."""
    text = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if text in {"now", "now()"}:
        return now
    if re.match(r"\d{4}-\d\d-\d\dT", text):
        return _iso(text)
    return _modified(text.removeprefix("now"), datetime.fromtimestamp(now, UTC)).timestamp()


def span(text: str) -> tuple[int, str]:
    """A length such as `5m` as a count and a unit."""
    found = re.fullmatch(r"(\d*)([a-zA-Z]+)", text)
    if found is None or found[2] not in UNITS or found[1] == "0":
        raise BadMoment(text)
    return int(found[1] or 1), UNITS[found[2]]


def floored(at: float, count: int, unit: str) -> float:
    """The beginning of the span that a time lies in."""
    if unit in {"s", "m", "h"}:
        length = count * SECONDS[unit]
        return at // length * length
    when = _snapped(datetime.fromtimestamp(at, UTC), unit)
    return when.timestamp() if count == 1 else _coarser(when, count, unit)


def following(start: float, count: int, unit: str) -> float:
    """The beginning of the next span."""
    return _moved(datetime.fromtimestamp(start, UTC), count, unit).timestamp()


def _coarser(when: datetime, count: int, unit: str) -> float:
    if unit in SECONDS:
        length = count * SECONDS[unit]
        return when.timestamp() // length * length
    months = when.year * 12 + when.month - 1
    months -= months % (count * _MONTHS[unit])
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC).timestamp()


def _iso(text: str) -> float:
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadMoment(text) from error
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _modified(text: str, when: datetime) -> datetime:
    at = 0
    while found := _STEP.match(text, at):
        at = found.end()
        if snap := found["snap"]:
            when = _snapped(when, snap)
        else:
            count = int(found["count"] or 1) * (1 if found["sign"] == "+" else -1)
            when = _moved(when, count, UNITS.get(found["unit"], ""))
    if at == 0 or at != len(text):
        raise BadMoment(text)
    return when


def _moved(when: datetime, count: int, unit: str) -> datetime:
    if unit in SECONDS:
        return when + timedelta(seconds=count * SECONDS[unit])
    if unit not in _MONTHS:
        raise BadMoment(unit)
    months = when.year * 12 + when.month - 1 + count * _MONTHS[unit]
    year, month = months // 12, months % 12 + 1
    return when.replace(year=year, month=month, day=min(when.day, calendar.monthrange(year, month)[1]))


def _snapped(when: datetime, unit: str) -> datetime:
    if re.fullmatch(r"w[0-7]", unit):
        day = when.replace(hour=0, minute=0, second=0, microsecond=0)
        return day - timedelta(days=(day.isoweekday() - int(unit[1])) % 7)
    unit = UNITS.get(unit, "")
    if unit in {"s", "m", "h"}:
        keep = {"s": ("microsecond",), "m": ("second", "microsecond"), "h": ("minute", "second", "microsecond")}[unit]
        for part in keep:
            when = _zeroed(when, part)
        return when
    day = when.replace(hour=0, minute=0, second=0, microsecond=0)
    match unit:
        case "d":
            return day
        case "w":
            return day - timedelta(days=day.isoweekday() % 7)
        case "mon":
            return day.replace(day=1)
        case "q":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        case "y":
            return day.replace(month=1, day=1)
        case _:
            raise BadMoment(unit)


def _zeroed(when: datetime, part: str) -> datetime:
    match part:
        case "microsecond":
            return when.replace(microsecond=0)
        case "second":
            return when.replace(second=0)
        case _:
            return when.replace(minute=0)
