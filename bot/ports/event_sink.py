"""Where Tocsin's own events go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.model.sent_event import SentEvent


class EventSink(Protocol):
    """A system that keeps events: what happened in incidents and runs, and who did it."""

    async def send(self, events: Sequence[SentEvent]) -> None:
        """Delivers them in order; once this returns, the sink has them all.

        Raises Temporary and Permanent. The first of them may have been delivered then: whoever sends them again sends
        some twice, under the same `key`, and loses none.
        """
        ...
