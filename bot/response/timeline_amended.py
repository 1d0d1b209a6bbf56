"""A person takes back what a note says, or says it better. What it said stays on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.incidents import amending
from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.timeline import TimelineEntry, Told, as_told
from bot.ports.store import Tx
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require


async def amend(
    world: World, actor: Actor, incident_id: IncidentId, seq: int, text: str, reason: str = ""
) -> TimelineEntry:
    """Another text for a note; with the number of the text that was read, Conflict when it is no longer read."""
    return await _changed(
        world, actor, incident_id, seq, lambda told, now: amending.amend(told, text, reason, actor, now)
    )


async def strike(world: World, actor: Actor, incident_id: IncidentId, seq: int, reason: str = "") -> TimelineEntry:
    """A note is not read any more."""
    return await _changed(world, actor, incident_id, seq, lambda told, now: amending.strike(told, reason, actor, now))


async def _changed(
    world: World,
    actor: Actor,
    incident_id: IncidentId,
    seq: int,
    change: Callable[[Told, datetime], TimelineEntry],
) -> TimelineEntry:
    now = world.clock.now()
    require(actor, Act.AMEND, incident_id, now)

    def keep(tx: Tx) -> TimelineEntry:
        tx.incidents.get(incident_id)
        told = amending.meant(as_told(tx.incidents.timeline(incident_id)), seq)
        entry = change(told, now)
        record(tx, actor, Act.AMEND, incident_id, now, entry=str(told.entry.seq), reason=entry.why)
        return tx.incidents.tell(entry)

    return await world.store.write(keep)
