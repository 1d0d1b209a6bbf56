"""Somebody looks at who has to be heard of, and when each was last."""

from __future__ import annotations

from collections.abc import Sequence

from bot.alerts import deadmen
from bot.alerts.deadmen import SeenDeadman
from bot.model.actor import Actor
from bot.response.world import World
from bot.rights import Act, require


async def look(world: World, actor: Actor) -> Sequence[SeenDeadman]:
    """All that tocsin.yaml names, those that are missing first."""
    require(actor, Act.LOOK, "deadmen", world.clock.now())
    kept = {known.name: known for known in await world.store.read(lambda tx: tx.heartbeats.all())}
    return deadmen.seen(world.setup.deadmen, kept, world.alerts.watchdogs.heard())
