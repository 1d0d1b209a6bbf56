"""Now and then pagers are asked what was done there: a webhook may have been lost, or nobody was there to hear it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.errors import IntegrationError
from bot.model.actor import Actor
from bot.ports.mirror import Mirror
from bot.ports.store import Tx
from bot.response import mirrored, one_by_one
from bot.response.world import World
from bot.rights import Act, require

EVERY = timedelta(minutes=1)
_OVERLAP = timedelta(minutes=2)
"""Entries of their log may appear late; what is heard twice is followed once."""
_FIRST, _LONGEST = timedelta(hours=1), timedelta(hours=24)
"""How far back is asked the first time, and at most."""


async def look(world: World, actor: Actor, *, lease: str, epoch: int) -> datetime | None:
    """Asks those whose turn it is. One that does not answer is asked again later, since when it last did. PutOff."""
    now = world.clock.now()
    require(actor, Act.LOOK, "pagers", now)
    if not world.mirrors:
        return None
    each: one_by_one.Look[str] = one_by_one.Look(
        put_off=lambda tx, name, until: tx.marks.put(_tried(name), until - EVERY), lease=lease, epoch=epoch
    )

    mirrors = dict(world.mirrors)

    async def ask(name: str) -> None:
        if await _is_due(world, name, now, each):
            await _ask(world, actor, name, mirrors[name], now, each)

    await one_by_one.do(world, actor, list(mirrors), ask, each)
    return now + EVERY


async def _is_due(world: World, name: str, now: datetime, look: one_by_one.Look[str]) -> bool:
    """Whether it is; it is not again for a while, however long the answer takes."""
    tried = await world.store.read(lambda tx: tx.marks.at(_tried(name)))
    if tried is not None and now - tried < EVERY:
        return False

    def keep(tx: Tx) -> None:
        look.check(tx)
        tx.marks.put(_tried(name), now)

    await world.store.write(keep)
    return True


async def _ask(
    world: World, actor: Actor, name: str, mirror: Mirror, now: datetime, look: one_by_one.Look[str]
) -> None:
    """What one change met keeps no other from being followed; all that is heard again is followed once."""
    asked = await world.store.read(lambda tx: tx.marks.at(_asked(name)))
    since = now - _FIRST if asked is None else max(asked - _OVERLAP, now - _LONGEST)
    try:
        changes = await mirror.changes(since)
    except IntegrationError as error:
        world.counts.not_followed(name, error.reason)
        return  # `tocsin doctor` says why; what is waiting to be told there says so on its timeline
    met = [await look.mistake(mirrored.follow(world, actor, name, change)) for change in changes]
    for mistake in filter(None, met):
        raise mistake
    await world.store.write(lambda tx: tx.marks.put(_asked(name), now))


def _tried(name: str) -> str:
    return f"mirror {name} tried"


def _asked(name: str) -> str:
    return f"mirror {name} asked"
