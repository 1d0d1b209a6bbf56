"""Calendars whose events say who is on call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.model.schedule import Event


class Calendar(Protocol):
    """Has events, some of which come again and again."""

    async def events(self, since: datetime, until: datetime, time_zone: str) -> Sequence[Event]:
        """Every event of that time, by its start; those without a zone are in this one.

        Raises Temporary and Permanent, also for a calendar that cannot be read.
        """
        ...
