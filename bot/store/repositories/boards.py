"""What is kept of what chats show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update

from bot.model.board import Card
from bot.model.ids import IncidentId
from bot.store.codec import from_json, to_json
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import CardRow, table

_cards = table(CardRow)
_IN_ORDER = (_cards.c.rank, _cards.c.wanted_at, _cards.c.key)


def card_row(card: Card) -> Values:
    """A card as a row. What is up to date is due never."""
    return {
        "integration": card.integration,
        "key": card.key,
        "incident": card.incident,
        "rank": card.rank,
        "made_at": card.made_at,
        "wanted_at": card.wanted_at,
        "due_at": None if card.wanted_at is None else card.due_at or card.wanted_at,
        "card": to_json(card),
    }


def card_noun(row: Found) -> Card:
    """The card in a row."""
    return from_json(Card, row.card)


class Cards(Repository):
    """See `bot.ports.board.Cards`."""

    def put(self, card: Card) -> None:
        """Creates or replaces."""
        self._put(_cards, card_row(card))

    def get(self, integration: str, key: str) -> Card | None:
        """One."""
        row = self._first(select(_cards).where(_cards.c.integration == integration, _cards.c.key == key))
        return card_noun(row) if row is not None else None

    def of_incident(self, incident: IncidentId) -> Sequence[Card]:
        """All of one incident."""
        found = select(_cards).where(_cards.c.incident == incident).order_by(_cards.c.integration, _cards.c.key)
        return [card_noun(row) for row in self._all(found)]

    def due(self, now: datetime, limit: int) -> Sequence[Card]:
        """Those that may be tried, in their order."""
        found = select(_cards).where(_cards.c.due_at <= now)
        return [card_noun(row) for row in self._all(found.order_by(*_IN_ORDER).limit(limit))]

    def keys_due(self, now: datetime, limit: int) -> Sequence[tuple[str, str]]:
        """Integration and key of the same."""
        found = select(_cards.c.integration, _cards.c.key).where(_cards.c.due_at <= now)
        return [(row.integration, row.key) for row in self._all(found.order_by(*_IN_ORDER).limit(limit))]

    def put_off(self, integration: str, key: str, until: datetime) -> None:
        """One that may be tried before then may be then."""
        early = _cards.c.integration == integration, _cards.c.key == key, _cards.c.due_at < until
        self._change(update(_cards).where(*early).values(due_at=until))

    def next_at(self) -> datetime | None:
        """When the next one may be tried."""
        row = self._first(select(func.min(_cards.c.due_at).label("due_at")))
        return row.due_at if row is not None else None

    def since(self, at: datetime) -> Sequence[Card]:
        """Those made then or later."""
        return [card_noun(row) for row in self._all(select(_cards).where(_cards.c.made_at >= at))]
