"""Times as their reader lives them: in the zone of TZ, else in that of tocsin.yaml; the zone is always shown."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from bot.documents import parse_duration
from bot.errors import NotAllowed


class Times:
    """Writes moments that the API told in UTC."""

    def __init__(self, env: Mapping[str, str], time_zone: str) -> None:
        # None stands for the zone of the process, which TZ sets in whatever way the system understands.
        self._zone: tzinfo | None = None if env.get("TZ") else _zone(time_zone)

    def moment(self, text: str | None) -> str:
        """`2026-02-01 12:03:04 CET`; nothing for nothing."""
        return f"{self._local(text):%Y-%m-%d %H:%M:%S %Z}" if text else ""

    def read(self, text: str) -> datetime:
        """What somebody wrote, `2026-02-01 12:03` or with a zone of its own, in UTC. ValueError when it is no time."""
        read = datetime.fromisoformat(text)
        if read.tzinfo is None and self._zone is not None:
            read = read.replace(tzinfo=self._zone)
        return read.astimezone(UTC)

    def _local(self, text: str) -> datetime:
        return datetime.fromisoformat(text).astimezone(self._zone)


def asked_moment(text: str, times: Times) -> datetime:
    """What somebody asked for, in UTC; NotAllowed says how to write it."""
    try:
        return times.read(text)
    except (ValueError, OverflowError):
        raise NotAllowed(f"not a time: {text!r}", hint="write it like 2027-01-31, or '2027-01-31 22:00'") from None


def asked_past(text: str, times: Times) -> datetime:
    """The same, where `2h` may be written for two hours ago."""
    try:
        return datetime.now(UTC) - parse_duration(text)
    except (ValueError, OverflowError):
        return asked_moment(text, times)


def asked_length(text: str, option: str) -> timedelta:
    """What was written after this option, such as 30m; NotAllowed names it."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise NotAllowed(f"{option}: {error}") from None


def asked_end(until: str | None, lasts: str, start: datetime | None, times: Times) -> datetime:
    """The end that was asked for: a time, or so long after the start; without a start, after now."""
    if until:
        return asked_moment(until, times)
    try:
        return (start or datetime.now(UTC)) + parse_duration(lasts)
    except (ValueError, OverflowError) as error:
        raise NotAllowed(str(error), hint="write it like --for 30m or --for 2h") from None


def _zone(name: str) -> tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return UTC
