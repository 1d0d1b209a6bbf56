"""Somebody takes a role, is given one, or leaves it; whoever has it now is told what it asks of them."""

from __future__ import annotations

from bot.errors import NotFound
from bot.incidents import roles
from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.incident import Incident
from bot.model.practice import Role
from bot.ports.store import Tx
from bot.response import incident_moved, messages
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require


async def give(world: World, actor: Actor, incident_id: IncidentId, role_name: str, person: str = "") -> Incident:
    """This person has the role, instead of whoever had it; nobody named: the actor.

    NotFound for a role or a person that the documents do not name; NotAllowed when they have it already.
    """
    now = world.clock.now()
    require(actor, Act.GIVE_ROLE, incident_id, now)
    setup, who = world.setup, person or actor.name
    role = roles.named(setup.roles, role_name)
    if who not in setup.people:
        raise NotFound(f"nobody is called {who!r}", hint="see `people:` in tocsin.yaml")

    def keep(tx: Tx) -> Incident:
        before = tx.incidents.get(incident_id)
        after = roles.give(before, role, who)
        record(tx, actor, Act.GIVE_ROLE, incident_id, now, role=role.name, person=who)
        incident_moved.keep(tx, setup, actor, before, after, now)
        entry = tx.incidents.tell(roles.gave(before, role, who, actor, now))
        messages.send(
            tx, setup, actor, who,
            subject=f"{after.id}: you are {role.name}",
            text=_instructions(role, after),
            link=f"{setup.public_url}/incidents/{after.id}",
            id=f"role {after.id} {entry.seq}",
            now=now,
            about=after.id,
        )  # fmt: skip
        return after

    after = await world.store.write(keep)
    world.nudge()
    return after


async def leave(world: World, actor: Actor, incident_id: IncidentId, role_name: str) -> Incident:
    """Nobody has the role any more; NotAllowed when nobody had it."""
    now = world.clock.now()
    require(actor, Act.GIVE_ROLE, incident_id, now)
    setup = world.setup

    def keep(tx: Tx) -> Incident:
        before = tx.incidents.get(incident_id)
        after = roles.leave(before, role_name)
        record(tx, actor, Act.GIVE_ROLE, incident_id, now, role=role_name, person="")
        incident_moved.keep(tx, setup, actor, before, after, now)
        tx.incidents.tell(roles.left(before, role_name, actor, now))
        return after

    after = await world.store.write(keep)
    world.nudge()
    return after


def _instructions(role: Role, incident: Incident) -> str:
    return f"{incident.severity} {incident.headline}\n\n{role.title}: {role.instructions}"
