"""Servers that keep what Tocsin tells of itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.model.event import Event


class EventSink(Protocol):
    """Takes incidents, runs and the audit record as events, for people who search there."""

    async def send(self, events: Sequence[Event]) -> None:
        """Returns once the server has taken all of them, in their order; where it acknowledges, once it did.

        Raises Temporary and Permanent; the same events are sent again then, so that each arrives at least once.
        """
        ...
