"""A chat in which people see how incidents stand, and what they are asked; and what is kept of what it shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

from bot.model.board import Asked, Brief, Card, Picture, RoomPolicy, Shown
from bot.model.ids import IncidentId
from bot.model.incident import Incident

Load = Callable[[Picture], Awaitable[bytes]]
"""The bytes of a picture, asked for only where they are to be shown."""


class Board(Protocol):
    """A chat. What is shown is written where `card.ref` is empty, and edited otherwise.

    `card.begun_at`: it was begun before, and may be there: it is looked for first. They raise Temporary, after which it
    may be tried again, with how soon where the chat said so; and Permanent, with what to do about it.
    """

    @property
    def rooms(self) -> RoomPolicy:
        """Which incidents get a channel of their own."""
        ...

    @property
    def threads(self) -> bool:
        """Whether what happens is told in a thread below the incident's message."""
        ...

    def place(self, incident: Incident | None) -> str:
        """The channel in which this incident is shown; empty: in none. None: what is of no incident."""
        ...

    async def show(self, card: Card, view: Brief | Asked, load: Load) -> Shown:
        """Shows it as `card.kind` says: a Brief as a message or as a channel of its own, Asked as a card with buttons.

        A room whose `place` is empty in the answer could not be made, and `troubles` say why.
        """
        ...

    async def put_away(self, card: Card) -> Shown:
        """The channel of an incident that has been over for long is archived."""
        ...


class Cards(Protocol):
    """What is kept of what chats show. Part of `bot.ports.store.Tx`."""

    def put(self, card: Card) -> None:
        """Creates or replaces."""
        ...

    def get(self, integration: str, key: str) -> Card | None:
        """One; None: there is none."""
        ...

    def of_incident(self, incident: IncidentId) -> Sequence[Card]:
        """All of one incident."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Card]:
        """Those that are wanted and may be tried: the lowest rank first, then the longest wanted."""
        ...

    def keys_due(self, now: datetime, limit: int) -> Sequence[tuple[str, str]]:
        """Integration and key of the same, for whoever cannot read them all."""
        ...

    def put_off(self, integration: str, key: str, until: datetime) -> None:
        """One that may be tried before then may be then."""
        ...

    def next_at(self) -> datetime | None:
        """When the next one may be tried that is wanted."""
        ...

    def since(self, at: datetime) -> Sequence[Card]:
        """Those made then or later."""
        ...
