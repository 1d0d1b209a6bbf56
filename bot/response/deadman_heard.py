"""A sign of life came: somebody pinged in the name of a deadman."""

from __future__ import annotations

from bot.errors import NotFound
from bot.model.actor import Actor
from bot.ports.alert_store import Heartbeat
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require


async def hear(world: World, actor: Actor, name: str) -> None:
    """Once this returns, it is kept. NotFound when tocsin.yaml has no deadman of that name."""
    now = world.clock.now()
    require(actor, Act.RECEIVE_ALERTS, name, now)
    if name not in {deadman.name for deadman in world.setup.deadmen}:
        raise NotFound(f"no deadman is called {name!r}", hint="add it under `deadmen:` in tocsin.yaml")

    def keep(tx: Tx) -> None:
        missing = {known.name: known.missing_since for known in tx.heartbeats.all()}
        tx.heartbeats.put(Heartbeat(name=name, seen_at=now, missing_since=missing.get(name)))

    await world.store.write(keep)
