"""A person corrects what an incident says of itself: title, severity, kind, service, team, fields."""

from __future__ import annotations

from bot.incidents import edits, timeline
from bot.incidents.edits import Edit
from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.incident import Incident
from bot.ports.store import Tx
from bot.response import incident_moved
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require


async def edit(world: World, actor: Actor, incident_id: IncidentId, wanted: Edit, reason: str = "") -> Incident:
    """The incident afterwards; what `bot.incidents.edits.edit` raises. Where nothing differs, nothing is written."""
    now, setup = world.clock.now(), world.setup
    require(actor, Act.CHANGE, incident_id, now)

    def keep(tx: Tx) -> Incident:
        before = tx.incidents.get(incident_id)
        after = edits.edit(before, wanted, setup.services, setup.custom_fields)
        different = edits.differences(before, after)
        if different:
            record(tx, actor, Act.CHANGE, incident_id, now, changes="; ".join(different), reason=reason)
            incident_moved.keep(tx, setup, actor, before, after, now)
            tx.incidents.tell(timeline.edited(after, different, reason, actor, now))
        return after

    edited = await world.store.write(keep)
    world.nudge()
    return edited
