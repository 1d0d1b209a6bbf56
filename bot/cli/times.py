"""Times as their reader lives them: in the zone of TZ, else in that of tocsin.yaml; the zone is always shown."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo


class Times:
    """Writes moments that the API told in UTC."""

    def __init__(self, env: Mapping[str, str], time_zone: str) -> None:
        # None stands for the zone of the process, which TZ sets in whatever way the system understands.
        self._zone: tzinfo | None = None if env.get("TZ") else _zone(time_zone)

    def moment(self, text: str | None) -> str:
        """`2026-02-01 12:03:04 CET`; nothing for nothing."""
        return f"{self._local(text):%Y-%m-%d %H:%M:%S %Z}" if text else ""

    def _local(self, text: str) -> datetime:
        return datetime.fromisoformat(text).astimezone(self._zone)


def _zone(name: str) -> tzinfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return UTC
