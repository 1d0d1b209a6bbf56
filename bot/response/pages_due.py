"""What was held back from somebody leaves: one page that speaks for all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from bot.incidents import paging
from bot.model.actor import Actor
from bot.model.errand import Errand
from bot.model.incident import Incident
from bot.model.page import Page, PageStatus
from bot.ports.store import Tx
from bot.response import escalating, page_sent
from bot.response.world import World
from bot.rights import Act, require


async def pages_due(world: World, actor: Actor, errand: Errand) -> None:
    """Sends it, unless somebody has all of it by now. Temporary: the same way is to be tried again."""
    now = world.clock.now()
    require(actor, Act.PAGE, errand.payload["person"], now)
    found = await world.store.write(partial(_leave, actor=actor, errand=errand, now=now))
    if found:
        again = errand.attempts > 1
        call = paging.call_for_all(found, public_url=world.setup.public_url, at=now, again=again)
        await page_sent.send(world, actor, [page for page, _ in found], call, "")


def _leave(tx: Tx, *, actor: Actor, errand: Errand, now: datetime) -> Sequence[tuple[Page, Incident]]:
    """Those that leave, the gravest first. On a further attempt: those too that an earlier one wanted to hand over."""
    way = errand.payload
    waiting = tx.pages.held(way["person"], way["integration"], way["address"], under_way=errand.attempts > 1)
    found = [(page, tx.incidents.get(page.incident)) for page in waiting]
    for page, incident in found:
        if not paging.is_needed(page, incident):
            escalating.drop(tx, actor, page, str(incident.status), now)
    leaving = sorted((one for one in found if paging.is_needed(*one)), key=lambda one: one[1].severity)
    left = [
        (replace(page, status=PageStatus.WAITING, left_at=page.left_at or now, bundle=leaving[0][0].id), incident)
        for page, incident in leaving
    ]
    for page, _ in left:
        tx.pages.put(page)
    return left
