"""A page is to leave: it is handed over, unless somebody has the incident by now or it leaves later with others."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from datetime import datetime
from functools import partial

from bot.incidents import paging
from bot.model.actor import Actor
from bot.model.errand import Errand
from bot.model.ids import PageId
from bot.model.incident import Incident
from bot.model.page import Page, PageStatus
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response import escalating, mirror_told, page_sent, pages_held
from bot.response.world import World
from bot.rights import Act, require


async def page_due(world: World, actor: Actor, errand: Errand) -> None:
    """Sends the page. Temporary: the same way is to be tried again."""
    page_id, text, now = PageId(errand.payload["page"]), errand.payload["text"], world.clock.now()
    require(actor, Act.PAGE, page_id, now)
    leaves = partial(_leaves, setup=world.setup, actor=actor, page_id=page_id, mirrors=world.mirrors, now=now)
    left = await world.store.write(leaves)
    if left is not None:
        page, incident = left
        url, again = world.setup.public_url, errand.attempts > 1
        call = paging.call(page, incident, public_url=url, text=text, at=now, again=again)
        await page_sent.send(world, actor, [page], call, text)


def _leaves(
    tx: Tx, *, setup: Setup, actor: Actor, page_id: PageId, mirrors: Container[str], now: datetime
) -> tuple[Page, Incident] | None:
    """What leaves now; None: nothing does. That it is on its way is kept before it is."""
    page = tx.pages.get(page_id)
    incident = tx.incidents.get(page.incident)
    waits = page.status is PageStatus.WAITING  # else an attempt whose answer was lost may have got there all the same
    if waits and paging.is_needed(page, incident):
        return _departs(tx, setup, actor, page, incident, mirrors, now)
    if waits:
        escalating.drop(tx, actor, page, str(incident.status), now)
    mirror_told.page_left(tx, actor, page.integration, incident, now)
    return None


def _departs(
    tx: Tx, setup: Setup, actor: Actor, page: Page, incident: Incident, mirrors: Container[str], now: datetime
) -> tuple[Page, Incident] | None:
    """Where incidents are followed and answered one by one, each is told at once: a page for several could not be."""
    if page.integration in mirrors:
        mirror_told.knows(tx, actor, page.integration, incident, now)
    elif pages_held.hold_back(tx, setup, actor, page, incident, now):
        return None
    left = replace(page, left_at=page.left_at or now)
    tx.pages.put(left)
    return left, incident
