"""How pages say things: durations, times in the reader's zone, addresses that may be followed, letters that hide."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

_KEPT = frozenset("\n\t\u200c\u200d")
"""Line breaks, tabs, and the joiners that scripts and emoji need; every other control or format letter is spelt out."""


def duration(length: timedelta) -> str:
    """`42 s`, `3 min 20 s`, `47 min`, `2 h 5 min`, `3 d 4 h`: two units at most, and none that does not matter."""
    seconds = max(0, int(length.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 1:
        return f"{seconds} s"
    if minutes < 10:
        return _two(minutes, "min", seconds % 60, "s")
    if hours < 1:
        return f"{minutes} min"
    if days < 1:
        return _two(hours, "h", minutes % 60, "min")
    return _two(days, "d", hours % 24, "h")


def _two(count: int, unit: str, rest: int, smaller: str) -> str:
    return f"{count} {unit} {rest} {smaller}" if rest else f"{count} {unit}"


def ahead(length: timedelta) -> str:
    """`in 47 min`; `now` for what is less than a second away, or has come."""
    return "now" if length < timedelta(seconds=1) else f"in {duration(length)}"


def clock(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """The time in the zone: `14:03:12` today, `21 Nov 14:03:12` this year, `21 Nov 2025 14:03:12` before."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M:%S}"
    return f"{local.day} {local:%b %H:%M:%S}" if local.year == today.year else f"{local.day} {local:%b %Y %H:%M:%S}"


def visible(value: Any) -> Any:  # Any: whatever a template is about to print
    """Text as it may be printed: letters that hide, reorder or delete what stands beside them are spelt `<U+202E>`."""
    if not isinstance(value, str) or isinstance(value, Markup) or (value.isascii() and value.isprintable()):
        return value
    return "".join(letter if _shows(letter) else f"<U+{ord(letter):04X}>" for letter in value)


def _shows(letter: str) -> bool:
    return letter in _KEPT or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def clipped(text: str, most: int) -> str:
    """Text of others on one line, cut where it goes on for too long."""
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[: most - 1] + "\u2026"


def coded(text: str) -> Markup:
    """A sentence of ours in which what stands between backticks is shown as code."""
    parts = [escape(visible(part)) for part in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else part for index, part in enumerate(parts)
    )


def followable(address: str) -> str:
    """The address if a person may be sent there: http, https, or a path of our own; else nothing."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.scheme in {"http", "https"} and parts.netloc:
        return address
    return address if address.startswith("/") and not parts.netloc and "\\" not in address else ""


def host_of(address: str) -> str:
    """Where an address leads, for people to read before they follow it."""
    return urlsplit(address).netloc


def parameters(params: Mapping[str, Any]) -> Sequence[tuple[str, Sequence[str]]]:
    """An action's parameters for reading: each with its values one by one, so that no blank joins or splits them."""
    return [(name, _words(value)) for name, value in params.items() if value not in (None, "", [], {})]


def _words(value: Any) -> Sequence[str]:  # Any: plain JSON
    if isinstance(value, (list, tuple)):
        return [word for item in value for word in _words(item)]
    return [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=dict)]
