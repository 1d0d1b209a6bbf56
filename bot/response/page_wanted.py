"""Somebody is to be paged: one attempt, through one of their ways, and the errand that carries it out."""

from __future__ import annotations

from datetime import datetime

from bot.incidents.escalation import BY_HAND
from bot.model.actor import Actor
from bot.model.errand import Errand, ErrandKind
from bot.model.ids import IncidentId
from bot.model.page import Page
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.rights import Act, require


def add(
    tx: Tx,
    setup: Setup,
    actor: Actor,
    incident: IncidentId,
    person: str,
    now: datetime,
    *,
    contact: int = 0,
    level: int = BY_HAND,
    round: int = 0,
    text: str = "",
    since: datetime | None = None,
) -> Page | None:
    """The attempt, in the transaction that decided it; None: the person has no such way. `text`: for them to read.

    `since`: when the escalation began that it belongs to. A page is not older than that, also where the clock was set
    back meanwhile: it would count for none.
    """
    require(actor, Act.PAGE, incident, now)
    known = setup.people.get(person)
    ways = known.contacts[contact:] if known is not None else ()
    if not ways:
        return None
    page = Page(
        id=tx.pages.next_id(),
        incident=incident,
        person=person,
        integration=ways[0].integration,
        address=ways[0].address,
        created_at=max(now, since or now),
        contact=contact,
        level=level,
        round=round,
    )
    tx.pages.put(page)
    leaves(tx, actor, page, now, text)
    return page


def leaves(tx: Tx, actor: Actor, page: Page, now: datetime, text: str = "") -> None:
    """The errand that carries it out."""
    require(actor, Act.PAGE, page.incident, now)
    key = f"page {page.id}"
    payload = {"page": page.id, "text": text}
    tx.outbox.add(Errand(kind=ErrandKind.PAGE, dedup_key=key, due_at=now, payload=payload, lane=key))
