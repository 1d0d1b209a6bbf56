"""Go's time.Time and time.Duration in templates: what `toTime` and `toDuration` give, and the methods of these."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from bot.rules.gotemplate.values import CallError, Function, Object, Value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000_000
_DURATION = "time.Duration"
_TIME = "time.Time"
_CHUNK = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|__2|002|_2(?!006)|0[1-6]|15|PM|pm"
    r"|Z070000|Z07:00:00|Z0700|Z07:00|Z07|-070000|-07:00:00|-0700|-07:00|-07|[.,](?:0+|9+)(?![0-9])|[1-5]"
)


def time(nanoseconds: int, *, pointer: bool = False) -> Object:
    """A time.Time in UTC, so many nanoseconds after 1970 began."""
    return Object(
        f"*{_TIME}" if pointer else _TIME, _shown(nanoseconds), _methods(_TIME_METHODS, nanoseconds), of=nanoseconds
    )


def duration(nanoseconds: int, *, pointer: bool = False) -> Object:
    """A time.Duration."""
    return Object(
        f"*{_DURATION}" if pointer else _DURATION,
        _length(nanoseconds),
        _methods(_DURATION_METHODS, nanoseconds),
        of=nanoseconds,
        counts=not pointer,
    )


def seconds(number: float, what: str) -> int:
    """Seconds as nanoseconds. Raises CallError for what an int64 cannot count."""
    if not math.isfinite(number):
        raise CallError("value is NaN or Inf")
    if not -(2**63) <= number * _SECOND < 2**63:
        raise CallError(f"{number:g} cannot be represented as a {what} since it overflows int64")
    return int(number * _SECOND)


def _methods(known: Mapping[str, tuple[tuple[str, ...], Callable[..., Value]]], own: int) -> Mapping[str, Function]:
    def bound(call: Callable[..., Value]) -> Callable[..., Value]:
        return lambda *given: call(own, *(one.of if isinstance(one, Object) else one for one in given))

    return {name: Function(params=params, call=bound(call)) for name, (params, call) in known.items()}


def _date(nanoseconds: int) -> datetime:
    return _EPOCH + timedelta(seconds=nanoseconds // _SECOND)


def _shown(nanoseconds: int) -> str:
    return _formatted(nanoseconds, "2006-01-02 15:04:05.999999999 -0700 MST")


def _formatted(nanoseconds: int, layout: str) -> str:
    """Go's Time.Format: the layout is how 2 January 2006, 15:04:05 would be written."""
    date = _date(nanoseconds)
    return _CHUNK.sub(lambda chunk: _chunk(chunk.group(), date, nanoseconds % _SECOND), layout)


def _chunk(chunk: str, date: datetime, fraction: int) -> str:
    if chunk[0] in ".,":
        digits = f"{fraction:09d}"[: len(chunk) - 1]
        digits = digits.rstrip("0") if chunk[1] == "9" else digits.ljust(len(chunk) - 1, "0")
        return chunk[0] + digits if digits else ""
    if chunk[0] == "Z":
        return "Z"
    if chunk[0] == "-":
        return "+" + re.sub("[0-9]", "0", chunk[1:])
    hour = date.hour % 12 or 12
    known = {
        "January": _MONTHS[date.month - 1],
        "Jan": _MONTHS[date.month - 1][:3],
        "Monday": _DAYS[date.weekday()],
        "Mon": _DAYS[date.weekday()][:3],
        "MST": "UTC",
        "2006": f"{date.year:04d}",
        "06": f"{date.year % 100:02d}",
        "__2": f"{date.timetuple().tm_yday:3d}",
        "002": f"{date.timetuple().tm_yday:03d}",
        "_2": f"{date.day:2d}",
        "01": f"{date.month:02d}",
        "02": f"{date.day:02d}",
        "03": f"{hour:02d}",
        "04": f"{date.minute:02d}",
        "05": f"{date.second:02d}",
        "15": f"{date.hour:02d}",
        "PM": "PM" if date.hour >= 12 else "AM",
        "pm": "pm" if date.hour >= 12 else "am",
        "1": str(date.month),
        "2": str(date.day),
        "3": str(hour),
        "4": str(date.minute),
        "5": str(date.second),
    }
    return known[chunk]


_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _length(nanoseconds: int) -> str:
    """Go's Duration.String: `1h2m3.5s`, `250ms`, `0s`."""
    sign, left = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    if not left:
        return "0s"
    for unit, size in (("ns", 1), ("µs", 1_000), ("ms", 1_000_000)):
        if left < size * 1_000:
            return f"{sign}{_fraction(left, size)}{unit}"
    minutes, rest = divmod(left, 60 * _SECOND)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{text}{_fraction(rest, _SECOND)}s"


def _fraction(number: int, size: int) -> str:
    digits = len(str(size)) - 1
    text = f"{number // size}.{number % size:0{digits}d}" if digits else str(number)
    return text.rstrip("0").rstrip(".") if digits else text


def _truncated(number: int, to: int) -> int:
    return number - (abs(number) % to) * (1 if number >= 0 else -1) if to > 0 else number


def _rounded(number: int, to: int) -> int:
    """To the nearest multiple, half of one away from zero."""
    whole = (2 * abs(number) + to) // (2 * to) * to if to > 0 else abs(number)
    return whole if number >= 0 else -whole


def _added(own: int, years: int, months: int, days: int) -> Object:
    date = _date(own)
    month = date.year * 12 + date.month - 1 + years * 12 + months
    # As in Go, 31 April is 1 May
    moved = date.replace(year=month // 12, month=month % 12 + 1, day=1) + timedelta(days=date.day - 1 + days)
    return time(own + int((moved - date).total_seconds()) * _SECOND)


def _named(go_type: str, number: int, text: str) -> Object:
    return Object(go_type, text, {"String": Function(params=(), call=lambda: text)}, of=number, counts=True)


_TIME_METHODS: Mapping[str, tuple[tuple[str, ...], Callable[..., Value]]] = {
    "Add": ((_DURATION,), lambda own, length: time(own + length)),
    "AddDate": (("int", "int", "int"), _added),
    "After": ((_TIME,), lambda own, other: own > other),
    "Before": ((_TIME,), lambda own, other: own < other),
    "Day": ((), lambda own: _date(own).day),
    "Equal": ((_TIME,), lambda own, other: own == other),
    "Format": (("string",), _formatted),
    "Hour": ((), lambda own: _date(own).hour),
    "Minute": ((), lambda own: _date(own).minute),
    "Month": ((), lambda own: _named("time.Month", _date(own).month, _MONTHS[_date(own).month - 1])),
    "Nanosecond": ((), lambda own: own % _SECOND),
    "Second": ((), lambda own: _date(own).second),
    "String": ((), _shown),
    "Sub": ((_TIME,), lambda own, other: duration(own - other)),
    "Truncate": ((_DURATION,), lambda own, to: time(own - (own + 62_135_596_800 * _SECOND) % to if to > 0 else own)),
    "UTC": ((), time),
    "Unix": ((), lambda own: own // _SECOND),
    "UnixMilli": ((), lambda own: own // 1_000_000),
    "UnixNano": ((), lambda own: own),
    "Weekday": ((), lambda own: _named("time.Weekday", _date(own).isoweekday() % 7, _DAYS[_date(own).weekday()])),
    "Year": ((), lambda own: _date(own).year),
    "YearDay": ((), lambda own: _date(own).timetuple().tm_yday),
}
_DURATION_METHODS: Mapping[str, tuple[tuple[str, ...], Callable[..., Value]]] = {
    "Abs": ((), lambda own: duration(abs(own))),
    "Hours": ((), lambda own: own / 3600 / _SECOND),
    "Milliseconds": ((), lambda own: int(own / 1_000_000)),
    "Minutes": ((), lambda own: own / 60 / _SECOND),
    "Nanoseconds": ((), lambda own: own),
    "Round": ((_DURATION,), lambda own, to: duration(_rounded(own, to))),
    "Seconds": ((), lambda own: own / _SECOND),
    "String": ((), _length),
    "Truncate": ((_DURATION,), lambda own, to: duration(_truncated(own, to))),
}
