"""A page is handed over, and what became of it is kept: it was taken, or the next way or the next level follows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import IntegrationError, Permanent, Temporary
from bot.incidents import paging
from bot.incidents.escalation import BY_HAND
from bot.model.actor import Actor
from bot.model.page import Call, Page, PageStatus
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response import escalating, mirror_told, page_wanted, pages_held
from bot.response.world import World
from bot.rights import Act, require

PATIENCE = timedelta(seconds=20)
"""For so long the last way to somebody is tried again when it fails in a way that may pass."""
_DEADLINE_S = 40.0
"""For handing one page over: well within the time for which nobody else takes the errand."""


async def send(world: World, actor: Actor, pages: Sequence[Page], call: Call, text: str) -> None:
    """All of these are said by one call. Temporary: the same way is to be tried again."""
    first = pages[0]
    require(actor, Act.PAGE, first.id, world.clock.now())
    ref = await _attempt(world, actor, pages, call, text)
    if ref is None:
        return
    now = world.clock.now()
    world.counts.paged(first.integration, (now - (first.left_at or first.created_at)).total_seconds())

    def took(tx: Tx, page: Page) -> None:
        taken = replace(page, status=PageStatus.TAKEN, ended_at=now, ref=ref)
        tx.pages.put(taken)
        tx.incidents.tell(paging.taken(taken, now, others=len({one.incident for one in pages}) - 1))
        if ref:
            tx.refs.put(taken.integration, ref, taken.incident)

    await _end(world, actor, pages, took)


async def _attempt(world: World, actor: Actor, pages: Sequence[Page], call: Call, text: str) -> str | None:
    """The other side's own id; None: it did not take the page, and that is written down."""
    page = pages[0]
    try:
        return await _hand_over(world, page.integration, call)
    except IntegrationError as error:
        world.counts.not_paged(page.integration, error.reason)
        if _may_pass(world.setup, page, error, world.clock.now()):
            raise
        await _fail(world, actor, pages, error.message, text)
    except Exception:  # whoever wrote the integration made a mistake: it is logged, and somebody is paged all the same
        await _fail(world, actor, pages, "it met a mistake of its own", text)
        raise
    return None


async def _hand_over(world: World, integration: str, call: Call) -> str:
    pager = world.pagers.get(integration)
    if pager is None:
        raise Permanent(
            f"{integration} pages nobody, as tocsin.yaml has it now", integration=integration, reason="client"
        )
    try:
        async with asyncio.timeout(_DEADLINE_S):
            return await pager.page(call)
    except TimeoutError:
        message = f"{integration} did not take the page within {_DEADLINE_S:g} s"
        raise Temporary(message, integration=integration, reason="timeout") from None


def _may_pass(setup: Setup, page: Page, error: IntegrationError, now: datetime) -> bool:
    """Whether the same way is tried again: it is the last one, and what is wrong may pass."""
    person = setup.people.get(page.person)
    is_last = person is None or page.contact + 1 >= len(person.contacts)
    if not is_last or not isinstance(error, Temporary):
        return False
    again = now + timedelta(seconds=error.retry_after or 0)
    return again - (page.left_at or page.created_at) < PATIENCE


async def _fail(world: World, actor: Actor, pages: Sequence[Page], error: str, text: str) -> None:
    setup, now = world.setup, world.clock.now()

    def failed(tx: Tx, page: Page) -> None:
        ended = replace(page, status=PageStatus.FAILED, ended_at=now, error=error)
        tx.pages.put(ended)
        following = page_wanted.add(
            tx, setup, actor, page.incident, page.person, now,
            contact=page.contact + 1, level=page.level, round=page.round, text=text,
            since=page.created_at,
        )  # fmt: skip
        tx.incidents.tell(paging.failed(ended, following, now))
        if following is None and page.level != BY_HAND:
            escalating.hurry(tx, setup, actor, ended, now)
        pages_held.let_go(tx, setup, actor, ended, now)

    await _end(world, actor, pages, failed)
    world.nudge()


async def _end(world: World, actor: Actor, pages: Sequence[Page], how: Callable[[Tx, Page], None]) -> None:
    """Unless it has ended otherwise. A page that was taken while somebody said that they have it was taken."""
    now = world.clock.now()

    def keep(tx: Tx) -> None:
        for page in pages:
            found = tx.pages.get(page.id)
            if found.status in (PageStatus.WAITING, PageStatus.NOT_NEEDED):
                how(tx, found)
            mirror_told.page_left(tx, actor, page.integration, tx.incidents.get(page.incident), now)

    await world.store.write(keep)
