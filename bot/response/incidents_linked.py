"""A person says that an incident is a duplicate or a child of another, or that it is not; both stories say so."""

from __future__ import annotations

from bot.incidents import links, timeline
from bot.incidents.lifecycle import check_own
from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.incident import Incident
from bot.model.link import Link
from bot.ports.store import Tx
from bot.response import incident_moved
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require


async def link(world: World, actor: Actor, incident_id: IncidentId, kind: Link, to_id: IncidentId) -> Incident:
    """The incident with the link; what it led to before, it does not lead to any more. NotAllowed for a circle."""
    now, setup = world.clock.now(), world.setup
    require(actor, Act.LINK, incident_id, now)

    def keep(tx: Tx) -> Incident:
        incident, to = tx.incidents.get(incident_id), tx.incidents.get(to_id)
        check_own(incident, "link")
        linked = links.link(incident, kind, to, tx.incidents.get)
        if linked != incident:
            record(tx, actor, Act.LINK, incident_id, now, kind=kind, to=to_id)
            incident_moved.keep(tx, setup, actor, incident, linked, now)
            tx.incidents.tell(timeline.linked(linked, kind, to, actor, now))
            tx.incidents.tell(timeline.linked_back(to, kind, linked, actor, now))
        return linked

    return await world.store.write(keep)


async def unlink(world: World, actor: Actor, incident_id: IncidentId, kind: Link) -> Incident:
    """The incident without the link; NotAllowed when it has none of this kind."""
    now, setup = world.clock.now(), world.setup
    require(actor, Act.LINK, incident_id, now)

    def keep(tx: Tx) -> Incident:
        before = tx.incidents.get(incident_id)
        incident, to_id = links.unlink(before, kind)
        record(tx, actor, Act.LINK, incident_id, now, kind=kind, no_longer=to_id)
        incident_moved.keep(tx, setup, actor, before, incident, now)
        tx.incidents.tell(timeline.unlinked(incident, kind, to_id, actor, now))
        return incident

    return await world.store.write(keep)
