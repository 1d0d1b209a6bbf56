"""Time has passed: escalations whose next step is due take it."""

from __future__ import annotations

from datetime import datetime

from bot.model.actor import Actor
from bot.ports.store import Tx
from bot.response import escalating
from bot.response.world import World
from bot.rights import Act, require

_AT_ONCE = 50
"""Escalations that take their step in one transaction."""


async def look(world: World, actor: Actor, *, lease: str, epoch: int) -> datetime | None:
    """When the next one is due; None: none is. Fenced when another process looks by now."""
    now = world.clock.now()
    require(actor, Act.PAGE, "escalations", now)
    due_at = await world.store.read(lambda tx: tx.escalations.next_at())
    if due_at is None or due_at > now:
        return due_at
    setup = world.setup

    def keep(tx: Tx) -> datetime | None:
        tx.leases.check(lease, epoch)
        for standing in tx.escalations.due(now, _AT_ONCE):
            escalating.settle(tx, setup, actor, tx.incidents.get(standing.incident), now)
        return tx.escalations.next_at()

    following = await world.store.write(keep)
    world.nudge()
    return following
