"""A sign of life came: somebody pinged in the name of a deadman."""

from __future__ import annotations

from datetime import timedelta

from bot.errors import NotFound
from bot.model.actor import Actor
from bot.ports.alert_store import Heartbeat
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require

_INSTANT = timedelta(microseconds=1)


async def hear(world: World, actor: Actor, name: str) -> None:
    """Once this returns, it is kept. NotFound when tocsin.yaml has no deadman of that name."""
    now = world.clock.now()
    require(actor, Act.RECEIVE_ALERTS, name, now)
    if name not in {deadman.name for deadman in world.setup.deadmen}:
        raise NotFound(f"no deadman is called {name!r}", hint="add it under `deadmen:` in tocsin.yaml")

    def keep(tx: Tx) -> None:
        missing = {known.name: known.missing_since for known in tx.heartbeats.all()}.get(name)
        # whoever is missing is back by this, also where the clock of the process that missed them is ahead of ours
        seen_at = now if missing is None else max(now, missing + _INSTANT)
        tx.heartbeats.put(Heartbeat(name=name, seen_at=seen_at, missing_since=missing))

    await world.store.write(keep)
