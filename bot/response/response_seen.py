"""Somebody looks at how people work on an incident: who has which role, what is to be done, what was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.incidents.catchup import CatchUp, catch_up
from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.incident import Incident
from bot.model.practice import Role
from bot.model.reminder import Reminder
from bot.model.status_update import StatusUpdate
from bot.model.task import Task
from bot.ports.store import Tx
from bot.response.world import World
from bot.rights import Act, require


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenRole:
    """A role, and who has it; empty: nobody. One that the documents do not name any more has no instructions."""

    role: Role
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenResponse:
    """All of it. `next_update_at` is when the next update was promised."""

    incident: IncidentId
    roles: Sequence[TakenRole]
    tasks: Sequence[Task]
    reminders: Sequence[Reminder]
    updates: Sequence[StatusUpdate]

    @property
    def next_update_at(self) -> datetime | None:
        """When the next update was promised."""
        return self.updates[-1].next_at if self.updates else None


async def look(world: World, actor: Actor, incident_id: IncidentId) -> SeenResponse:
    """How people work on it."""
    require(actor, Act.LOOK, incident_id, world.clock.now())
    setup = world.setup

    def read(tx: Tx) -> SeenResponse:
        incident = tx.incidents.get(incident_id)
        gone = {name: Role(name=name, title=name, instructions="") for name in incident.roles.keys() - setup.roles}
        return SeenResponse(
            incident=incident_id,
            roles=[_taken(incident, role) for role in (*setup.roles.values(), *gone.values())],
            tasks=tx.tasks.of_incident(incident_id),
            reminders=tx.reminders.of_incident(incident_id),
            updates=tx.updates.of_incident(incident_id),
        )

    return await world.store.read(read)


async def catch_up_on(world: World, actor: Actor, incident_id: IncidentId, since: datetime | None = None) -> CatchUp:
    """What happened after `since`; None: from the beginning."""
    now = world.clock.now()
    require(actor, Act.LOOK, incident_id, now)

    def read(tx: Tx) -> CatchUp:
        incident = tx.incidents.get(incident_id)
        return catch_up(
            incident,
            tx.incidents.timeline(incident_id),
            tx.updates.of_incident(incident_id),
            tx.tasks.of_incident(incident_id),
            since or datetime.min.replace(tzinfo=now.tzinfo),
            now,
        )

    return await world.store.read(read)


def _taken(incident: Incident, role: Role) -> TakenRole:
    return TakenRole(role=role, person=incident.roles.get(role.name, ""))
