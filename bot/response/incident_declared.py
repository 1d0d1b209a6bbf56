"""A person declares an incident."""

from __future__ import annotations

from bot.errors import NotAllowed
from bot.incidents import timeline
from bot.model.actor import Actor
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.ports.store import Tx
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require


async def declare(world: World, actor: Actor, *, title: str, severity: Severity, text: str = "") -> Incident:
    """A new incident without a signal; NotAllowed when the title is empty."""
    now = world.clock.now()
    require(actor, Act.DECLARE_INCIDENT, title, now)
    if not title.strip():
        raise NotAllowed("an incident needs a title", hint="say in a few words what is wrong")

    def keep(tx: Tx) -> Incident:
        incident = Incident(
            id=tx.incidents.next_id(),
            title=title.strip(),
            severity=severity,
            status=IncidentStatus.TRIGGERED,
            opened_at=now,
        )
        record(tx, actor, Act.DECLARE_INCIDENT, incident.id, now, title=incident.title)
        tx.incidents.put(incident)
        tx.incidents.tell(timeline.declared(incident, text, actor, now))
        return incident

    return await world.store.write(keep)
