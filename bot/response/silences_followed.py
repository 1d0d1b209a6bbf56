"""Silences are kept in the store, and looked up in memory: what changed is read on."""

from __future__ import annotations

from datetime import timedelta

from bot.model.actor import Actor
from bot.response.world import World
from bot.rights import Act, require

SHOWN = timedelta(hours=120)
"""For so long one that is over is still shown, as by Alertmanager; the store keeps it longer."""


async def follow(world: World, actor: Actor) -> None:
    """Reads the silences that were made or changed since the last look, by whichever process."""
    now = world.clock.now()
    require(actor, Act.RECEIVE_ALERTS, "silences", now)
    after = world.alerts.silence_seq
    if await world.store.read(lambda tx: tx.silences.newest()) == after:
        return
    world.alerts.silence_seq, changed = await world.store.read(lambda tx: tx.silences.changed_after(after))
    for silence in changed:
        world.alerts.silences.put(silence)
    world.alerts.silences.forget(now - SHOWN)
