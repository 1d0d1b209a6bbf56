"""A person, or a program of theirs, declares an incident."""

from __future__ import annotations

from collections.abc import Mapping

from bot.incidents import timeline
from bot.incidents.edits import Edit, edit
from bot.model.actor import Actor
from bot.model.incident import Incident, IncidentKind, IncidentStatus, Severity
from bot.ports.store import Tx
from bot.response import incident_moved
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require

_NO_FIELDS: Mapping[str, str] = {}


async def declare(
    world: World,
    actor: Actor,
    *,
    title: str,
    severity: Severity,
    text: str = "",
    kind: IncidentKind = IncidentKind.NORMAL,
    service: str = "",
    team: str = "",
    fields: Mapping[str, str] = _NO_FIELDS,
) -> Incident:
    """A new incident without a signal; `text` is what is known so far.

    NotAllowed when the title is empty, or a field cannot have that value; NotFound for a service or a field that the
    documents do not know.
    """
    now, setup = world.clock.now(), world.setup
    require(actor, Act.DECLARE_INCIDENT, title, now)
    said = Edit(title=title, service=service, team=team or None, fields=fields)

    def keep(tx: Tx) -> Incident:
        blank = Incident(
            id=tx.incidents.next_id(),
            title=title,
            severity=severity,
            status=IncidentStatus.TRIGGERED,
            kind=kind,
            opened_at=now,
            declared_by=actor.name,
        )
        incident = edit(blank, said, setup.services, setup.custom_fields)
        record(tx, actor, Act.DECLARE_INCIDENT, incident.id, now, title=incident.title)
        incident_moved.keep(tx, setup, actor, None, incident, now)
        tx.incidents.tell(timeline.declared(incident, text, actor, now))
        return incident

    declared = await world.store.write(keep)
    world.nudge()
    return declared
