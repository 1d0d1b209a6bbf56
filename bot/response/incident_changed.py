"""A person acknowledges, resolves, or adds a note."""

from __future__ import annotations

from bot.errors import NotAllowed
from bot.incidents import lifecycle, timeline
from bot.model.actor import Actor
from bot.model.errand import Errand, ErrandKind
from bot.model.ids import IncidentId
from bot.model.incident import Incident
from bot.model.timeline import TimelineEntry
from bot.ports.store import Tx
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require


async def acknowledge(world: World, actor: Actor, incident_id: IncidentId) -> Incident:
    """Somebody has it. NotAllowed when it is not waiting for that."""
    now = world.clock.now()
    require(actor, Act.ACKNOWLEDGE, incident_id, now)

    def keep(tx: Tx) -> Incident:
        incident = lifecycle.apply(tx.incidents.get(incident_id), lifecycle.Command.ACKNOWLEDGE, actor, now)
        record(tx, actor, Act.ACKNOWLEDGE, incident_id, now)
        tx.incidents.put(incident)
        tx.incidents.tell(timeline.acknowledged(incident, actor, now))
        return incident

    return await world.store.write(keep)


async def resolve(world: World, actor: Actor, incident_id: IncidentId, reason: str = "") -> Incident:
    """A person says it is over, even while alerts fire; the timeline says that they do."""
    now = world.clock.now()
    require(actor, Act.RESOLVE, incident_id, now)

    def keep(tx: Tx) -> Incident:
        incident = lifecycle.apply(tx.incidents.get(incident_id), lifecycle.Command.RESOLVE, actor, now)
        record(tx, actor, Act.RESOLVE, incident_id, now, reason=reason)
        tx.incidents.put(incident)
        tx.incidents.tell(timeline.resolved(incident, reason, actor, now))
        tx.outbox.add(
            Errand(
                kind=ErrandKind.EVIDENCE_WANTED,
                dedup_key=f"evidence {incident_id} recovered {now.isoformat()}",
                due_at=now,
                payload={"incident": incident_id, "reason": "resolved"},
            )
        )
        return incident

    resolved = await world.store.write(keep)
    world.nudge()
    return resolved


async def note(world: World, actor: Actor, incident_id: IncidentId, text: str) -> TimelineEntry:
    """Plain text for the timeline; NotAllowed when it is empty."""
    now = world.clock.now()
    require(actor, Act.NOTE, incident_id, now)
    if not text.strip():
        raise NotAllowed("a note needs a text", hint="say what you saw or did")

    def keep(tx: Tx) -> TimelineEntry:
        incident = tx.incidents.get(incident_id)
        record(tx, actor, Act.NOTE, incident_id, now)
        return tx.incidents.tell(timeline.note(incident.id, text.strip(), actor, now))

    return await world.store.write(keep)
