"""Somebody outside is told that Tocsin lives: by one process at a time, and only while the store takes writes."""

from __future__ import annotations

from bot.errors import IntegrationError, Permanent
from bot.model.actor import Actor
from bot.model.deadman import LifeSign
from bot.response.world import World
from bot.rights import Act, require

LEASE = "life sign"


async def show(world: World, actor: Actor, sign: LifeSign, owner: str) -> None:
    """Raises StoreError, and then nobody is told; IntegrationError where nobody listens."""
    now = world.clock.now()
    require(actor, Act.TELL, sign.integration, now)
    if await world.store.write(lambda tx: tx.leases.acquire(LEASE, owner, sign.every * 2)) is None:
        return
    try:
        await _tell(world, sign)
    except IntegrationError:
        world.counts.signed(sign.integration, taken=False)
        raise
    world.counts.signed(sign.integration, taken=True)


async def _tell(world: World, sign: LifeSign) -> None:
    watcher = world.watchers.get(sign.integration)
    if watcher is None:
        message = f"{sign.integration}, which is to hear that Tocsin lives, is not there"
        raise Permanent(message, integration=sign.integration, reason="client")
    await watcher.lives(world.clock.now())
