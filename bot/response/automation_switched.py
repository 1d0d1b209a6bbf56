"""The switch: a person stops all automation at once, and lets it go on again.

It is read in the transaction in which a step begins, so from the moment it is thrown nothing begins, on any replica.
What has begun goes on to its end: to cut a change short would leave half of it.
"""

from __future__ import annotations

from datetime import datetime

from bot.errors import Conflict
from bot.model.actor import Actor
from bot.model.automation import Pause
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import told
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require


async def pause(world: World, actor: Actor, *, reason: str) -> Pause:
    """No step begins from now on. Conflict when somebody has paused it already."""
    now = world.clock.now()
    require(actor, Act.PAUSE, "automation", now)

    def keep(tx: Tx) -> Pause:
        before = tx.automation.pause()
        if before.paused:
            raise Conflict(f"automation is paused already, by {before.by}: {before.reason}")
        paused = Pause(paused=True, by=actor.name, at=now, reason=reason)
        _keep(tx, actor, Act.PAUSE, paused, f"automation is paused by {actor.name}", now)
        return paused

    return await world.store.write(keep, first=True)


async def resume(world: World, actor: Actor, *, reason: str = "") -> Pause:
    """Steps begin again, also those that were held meanwhile. Conflict when it is not paused."""
    now = world.clock.now()
    require(actor, Act.RESUME, "automation", now)

    def keep(tx: Tx) -> Pause:
        if not tx.automation.pause().paused:
            raise Conflict("automation is not paused", hint="see `tocsin automation status`")
        resumed = Pause(paused=False, by=actor.name, at=now, reason=reason)
        _keep(tx, actor, Act.RESUME, resumed, f"automation goes on: {actor.name}", now)
        return resumed

    resumed = await world.store.write(keep)
    world.nudge()
    return resumed


def _keep(tx: Tx, actor: Actor, act: Act, pause: Pause, text: str, now: datetime) -> None:
    """Whoever follows an incident with a run under way reads of it there."""
    record(tx, actor, act, "automation", now, reason=pause.reason)
    tx.automation.set_pause(pause)
    under_way = tx.runs.under_way()
    for run in {run.incident: run for run in under_way}.values():
        told.say(tx, actor, run, EntryKind.RUNBOOK, text, now, why=pause.reason)
    for run in under_way:
        tx.runs.wake(run.id, now)
