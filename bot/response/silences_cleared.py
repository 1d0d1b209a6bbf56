"""Silences that were made until what they silence is over end then."""

from __future__ import annotations

from bot.alerts import silencing
from bot.model.actor import Actor
from bot.response import silences_kept
from bot.response.world import World
from bot.rights import Act, require


async def look(world: World, actor: Actor) -> None:
    """Ends those under which nothing falls any more that fires. An alert of which nobody knows how it is still does."""
    now = world.clock.now()
    require(actor, Act.EXPIRE_SILENCE, "silences", now)
    waiting = [one for one in world.alerts.silences.all() if silencing.waits(one, now)]
    if waiting:
        firing = (entry.label_set() for entry in world.alerts.table.active(now.timestamp()))
        for silence in silencing.cleared(waiting, firing, now):
            await silences_kept.expire(world, actor, silence.id)
