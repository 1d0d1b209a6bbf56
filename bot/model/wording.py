"""How times, durations, numbers and foreign text are written for people: one way, on every page, chart and report."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

RATIO, PERCENT, SECONDS, BYTES, BYTES_PER_SECOND = "ratio", "percent", "seconds", "bytes", "bytes/s"
"""The units a number can be known to have; an empty string is a number whose unit is not known."""

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_UNSEEN = (
    *range(0x00, 0x09),
    *range(0x0E, 0x20),
    *range(0x7F, 0x85),
    *range(0x86, 0xA0),
    0x061C,
    *range(0x200B, 0x2010),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
    *range(0xFFF9, 0xFFFC),
    *range(0xD800, 0xE000),
    *range(0xE0000, 0xE0080),
)
_VISIBLE = dict.fromkeys(_UNSEEN, _REPLACEMENT)
"""Terminal escapes, overrides of the writing direction, invisible and unencodable characters: none carries meaning."""

_POWERS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_BINARY = ((2.0**40, "TiB"), (2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"))
_SPANS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def lines(text: str) -> str:
    """Foreign text over several lines, each character that cannot be seen or encoded made visible."""
    return "\n".join(text.translate(_VISIBLE).splitlines())


def one_line(text: str, limit: int = 0) -> str:
    """Foreign text on one line; beyond `limit` characters (0: no limit) it is cut, and an ellipsis says so."""
    plain = " ".join(text.translate(_VISIBLE).split())
    return plain if not limit or len(plain) <= limit else plain[: limit - 1].rstrip() + "…"


def exactly(params: Mapping[str, Any]) -> str:  # Any: plain JSON
    """What an action is given, each on a line of its own; a command as it would be typed."""
    return "\n".join(f"{name}: {_given(value)}" for name, value in params.items())


def _given(value: Any) -> str:  # Any: as above
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and value and all(isinstance(one, str) for one in value):
        return shlex.join(value)
    return json.dumps(value, default=str)


def rounded(length: timedelta) -> timedelta:
    """What is worth reading of it: to the second below ten minutes, to the minute below a day, else to the hour."""
    seconds = length.total_seconds()
    step = 1 if seconds < 600 else 60 if seconds < 86400 else 3600
    return timedelta(seconds=round(seconds / step) * step)


def offset(at: datetime, zone: tzinfo) -> str:
    """How far the zone is from UTC at that moment: `UTC` or `UTC+05:30`."""
    minutes = round((at.astimezone(zone).utcoffset() or timedelta()).total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours:02d}:{rest:02d}"


def clock(at: datetime, zone: tzinfo = UTC) -> str:
    """A time of day with its offset: `14:02:10 UTC`."""
    return f"{at.astimezone(zone):%H:%M:%S} {offset(at, zone)}"


def moment(at: datetime, zone: tzinfo = UTC) -> str:
    """A date and time of day with its offset: `2026-11-22 14:02:10 UTC`."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S} {offset(at, zone)}"


def duration(length: timedelta) -> str:
    """The two largest units that matter: `45 s`, `2 min 10 s`, `3 d 4 h`; under a second: `350 ms`."""
    if length < timedelta(0):
        return f"-{duration(-length)}"
    if length < timedelta(seconds=1):
        return f"{round(length / timedelta(milliseconds=1))} ms" if length else "0 s"
    left = round(length.total_seconds())
    parts: list[str] = []
    for size, name in _SPANS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {name}")
        if parts and (len(parts) == 2 or not count):
            break
    return " ".join(parts)


def number(value: float, unit: str = "") -> str:
    """A number with three significant digits and its unit, where it is known: `43 %`, `1.5 GiB`, `250 ms`, `12.3 k`."""
    if math.isnan(value):
        return "no value"
    if math.isinf(value):
        return "+infinity" if value > 0 else "-infinity"
    if unit == RATIO and abs(value) < 1e300:
        return f"{_digits(value * 100)} %"
    if unit == PERCENT:
        return f"{_digits(value)} %"
    if unit == SECONDS:
        return _seconds(value)
    if unit in (BYTES, BYTES_PER_SECOND):
        return _scaled(value, _BINARY, " ", "B") + ("/s" if unit == BYTES_PER_SECOND else "")
    return _scaled(value, _POWERS, " ", "")


def _digits(value: float) -> str:
    """Three significant digits, whole numbers whole, and powers of ten only where nothing else is readable."""
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if size >= 12 or size < -6:
        return f"{value:.2e}"
    text = f"{value:.{max(0, 2 - size)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scaled(value: float, scales: tuple[tuple[float, str], ...], gap: str, base: str) -> str:
    for size, name in scales:
        if abs(value) >= size and abs(value) < size * 1e6:
            return f"{_digits(value / size)}{gap}{name}"
    return f"{_digits(value)} {base}".rstrip()


def _seconds(value: float) -> str:
    size = abs(value)
    if size >= 120:
        return ("-" if value < 0 else "") + duration(timedelta(seconds=min(size, 1e11)))
    if size >= 1 or value == 0:
        return f"{_digits(value)} s"
    if size >= 1e-3:
        return f"{_digits(value * 1e3)} ms"
    return f"{_digits(value * 1e6)} µs"
