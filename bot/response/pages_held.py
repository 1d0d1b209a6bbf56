"""Somebody who was paged a moment ago, and has not answered, is not paged of each further incident by itself.

A drill holds nothing back. What is held back leaves as one page: when the time that tocsin.yaml names is over, as soon
as they have what they know of, or as soon as that could not be handed over. When whom an escalation pages is decided
elsewhere, and stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.incidents import paging
from bot.model.actor import Actor
from bot.model.errand import Errand, ErrandKind
from bot.model.incident import Incident
from bot.model.page import Known, Page, PageStatus
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response import page_wanted
from bot.rights import Act, require


def hold_back(tx: Tx, setup: Setup, actor: Actor, page: Page, incident: Incident, now: datetime) -> bool:
    """Whether it leaves later, with others; its incident's timeline says so."""
    require(actor, Act.PAGE, page.id, now)
    known = _known(tx, setup, page, now) if page.left_at is None else None
    until = paging.leaves_with_others_at(page, incident, known, setup.bundle_pages)
    if known is None or until is None:
        return False
    until = min(until, now + setup.bundle_pages)  # what they know of may have left before the clock was set back
    if not tx.pages.held(page.person, page.integration, page.address, under_way=False):
        _leave(tx, page, until, f"held {page.id}")
    tx.pages.put(replace(page, status=PageStatus.HELD))
    tx.incidents.tell(paging.held(page, known, until, now))
    return True


def let_go(tx: Tx, setup: Setup, actor: Actor, page: Page, now: datetime) -> None:
    """They have what they were paged of, or it did not reach them: unless they know of more, nothing is held back."""
    require(actor, Act.PAGE, page.id, now)
    waits = tx.pages.held(page.person, page.integration, page.address, under_way=False)
    if waits and _known(tx, setup, page, now) is None:
        _leave(tx, page, now, f"held {waits[0].id} until {page.id}")


def look_again(tx: Tx, setup: Setup, actor: Actor, incident: Incident, now: datetime) -> None:
    """It is graver now: what was held back of it may have to leave at once."""
    require(actor, Act.PAGE, incident.id, now)
    for page in tx.pages.of_incident(incident.id):
        if page.status is PageStatus.HELD:
            tx.pages.put(replace(page, status=PageStatus.WAITING))
            page_wanted.leaves(tx, actor, page, now)


def _known(tx: Tx, setup: Setup, page: Page, now: datetime) -> Known | None:
    """None, too, where nothing is held back: what another page left with may be later than our `now`."""
    if not setup.bundle_pages:
        return None
    since = now - setup.bundle_pages
    return tx.pages.known(page.person, page.integration, page.address, since=since, beside=page.incident)


def _leave(tx: Tx, page: Page, at: datetime, key: str) -> None:
    way = {"person": page.person, "integration": page.integration, "address": page.address}
    tx.outbox.add(Errand(kind=ErrandKind.PAGES, dedup_key=key, due_at=at, payload=way))
