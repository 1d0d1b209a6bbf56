"""Where in a chat people talk about which incident."""

from __future__ import annotations

from collections.abc import Iterator

from bot.model.board import Card, CardKind
from bot.model.ids import IncidentId
from bot.model.incident import OPEN, IncidentStatus
from bot.model.remark import Spot
from bot.ports.store import Tx

_KNOWN = 100
"""Of so many incidents, the newest, the places are known."""


def about(tx: Tx, integration: str, spot: Spot) -> IncidentId | None:
    """The incident that is talked about there; of those that people may still talk about."""
    return next((incident for incident, card in _cards(tx, integration) if _is_at(card, spot)), None)


def spots(tx: Tx, integration: str) -> list[Spot]:
    """All of them: each channel of an incident's own, and the thread below each incident's message."""
    shown = [card for _, card in _cards(tx, integration) if card.place]
    rooms = [Spot(place=card.place) for card in shown if card.kind is CardKind.ROOM and "closed" not in card.parts]
    return rooms + [
        Spot(place=card.place, thread=card.ref) for card in shown if card.kind is CardKind.INCIDENT and card.ref
    ]


def _is_at(card: Card, spot: Spot) -> bool:
    if card.place != spot.place:
        return False
    return card.kind is CardKind.ROOM or (
        card.kind is CardKind.INCIDENT and bool(spot.thread) and card.ref == spot.thread
    )


def _cards(tx: Tx, integration: str) -> Iterator[tuple[IncidentId, Card]]:
    for incident in tx.incidents.list(statuses=(*OPEN, IncidentStatus.RESOLVED), limit=_KNOWN):
        for card in tx.cards.of_incident(incident.id):
            if card.integration == integration:
                yield incident.id, card
