"""When it is night, for whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.model.actor import Person
from bot.model.statistics import Woken

EVENING, MORNING = 22, 8
"""The night begins and ends at these hours, where the person is at home."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Nights:
    """Knows where people are at home: their `time_zone`, else Tocsin's, which those have too whom nobody knows now."""

    def __init__(self, people: Mapping[str, Person], time_zone: str) -> None:
        self._elsewhere = {name: ZoneInfo(one.time_zone) for name, one in people.items() if one.time_zone}
        self._here = ZoneInfo(time_zone)

    def night_of(self, page: Woken) -> date | None:
        """The night in which the page came, named by the day on which it began; None: it came by day."""
        zone = self._elsewhere.get(page.person, self._here)
        local = (_EPOCH + timedelta(microseconds=page.at)).astimezone(zone)
        if local.hour >= EVENING:
            return local.date()
        return local.date() - timedelta(days=1) if local.hour < MORNING else None
