"""Somebody tells how an incident stands, to those who work on it, those who wait for it, or everybody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.incidents import updates
from bot.incidents.updates import Wording
from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.incident import Incident
from bot.model.setup import Setup
from bot.model.status_update import Audience, StatusUpdate
from bot.ports.store import Tx
from bot.response import incident_moved, messages
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require


async def draft(
    world: World, actor: Actor, incident_id: IncidentId, audience: Audience, text: str, after: timedelta | None = None
) -> StatusUpdate:
    """The update as it would be told; nobody is told anything."""
    now = world.clock.now()
    require(actor, Act.LOOK, incident_id, now)
    incident = await world.store.read(lambda tx: tx.incidents.get(incident_id))
    return _drafted(world.setup, actor, incident, audience, text, after, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An update, and the names of the people and places that it goes to; (): nobody reads it."""

    update: StatusUpdate
    to: tuple[str, ...]


async def send(
    world: World, actor: Actor, incident_id: IncidentId, audience: Audience, text: str, after: timedelta | None = None
) -> Sent:
    """Tells it to all who read it. `after`: when the next is promised; None: as is usual for the severity."""
    now = world.clock.now()
    require(actor, Act.SEND_UPDATE, incident_id, now)
    setup = world.setup

    def keep(tx: Tx) -> Sent:
        before = tx.incidents.get(incident_id)
        update = tx.updates.add(_drafted(setup, actor, before, audience, text, after, now))
        record(tx, actor, Act.SEND_UPDATE, incident_id, now, audience=str(audience))
        after_it = replace(before, updated_at=now)
        incident_moved.keep(tx, setup, actor, before, after_it, now)
        to = _tell(tx, setup, actor, after_it, update, now)
        tx.incidents.tell(updates.told(after_it, update, text, to, actor, now))
        return Sent(update=update, to=to)

    sent = await world.store.write(keep)
    world.nudge()
    return sent


def _drafted(
    setup: Setup,
    actor: Actor,
    incident: Incident,
    audience: Audience,
    text: str,
    after: timedelta | None,
    now: datetime,
) -> StatusUpdate:
    level = setup.severities[incident.severity]
    wording = Wording(
        readers=setup.readers[audience],
        level=level,
        zone=ZoneInfo(setup.time_zone),
        link=_link(setup, incident),
        by=actor.name,
    )
    return updates.draft(incident, wording, text, updates.promised(incident, level, after, now), now)


def _tell(
    tx: Tx, setup: Setup, actor: Actor, incident: Incident, update: StatusUpdate, now: datetime
) -> tuple[str, ...]:
    """Whom: of those who read it, who can be reached."""
    readers = setup.readers[update.audience]
    subject, link = updates.subject(incident, update.audience), _link(setup, incident)
    shown = "" if update.audience is Audience.PUBLIC else link
    key = f"update {incident.id} {update.seq}"
    people = [
        person
        for person in updates.readers_of(incident, readers, tx.tasks.of_incident(incident.id), actor.name)
        if messages.send(
            tx, setup, actor, person, subject=subject, text=update.text, link=shown, id=key, now=now, about=incident.id
        )
    ]
    for contact in readers.contacts:
        messages.post(
            tx, actor, contact, subject=subject, text=update.text, link=shown, id=key, now=now, about=incident.id
        )
    return (*people, *(f"{contact.integration} {contact.address}".strip() for contact in readers.contacts))


def _link(setup: Setup, incident: Incident) -> str:
    return f"{setup.public_url}/incidents/{incident.id}"
