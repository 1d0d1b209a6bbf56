"""An event sink that keeps what it is sent, or refuses it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import IntegrationError
from bot.model.sent_event import SentEvent


class FakeEventSink:
    """An `EventSink`. `taken` holds all events in the order in which they came."""

    def __init__(self) -> None:
        self.taken: list[SentEvent] = []
        self._broken: IntegrationError | None = None

    def breaks(self, error: IntegrationError | None) -> None:
        """From now on it takes one event of each batch and then raises this; None: it is well again."""
        self._broken = error

    async def send(self, events: Sequence[SentEvent]) -> None:
        """See `EventSink`."""
        if self._broken is not None:
            self.taken += events[:1]
            raise self._broken
        self.taken += events
