"""Two incidents turn out to be one, or two again: both stories say so, and alerts that come find the right one."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime

from bot.alerts.groups import INCIDENT
from bot.incidents import lifecycle, merging, timeline
from bot.model.actor import TOCSIN, Actor
from bot.model.ids import Fingerprint, IncidentId
from bot.model.incident import Incident, SignalState
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response import incident_moved
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require


async def merge(
    world: World, actor: Actor, incident_id: IncidentId, into_id: IncidentId, reason: str = ""
) -> tuple[Incident, Incident]:
    """The first becomes part of the second, its alert groups and what comes of them too; both, as they are then."""
    now, setup = world.clock.now(), world.setup
    require(actor, Act.MERGE, incident_id, now)

    def keep(tx: Tx) -> tuple[Incident, Incident]:
        other, into = tx.incidents.get(incident_id), tx.incidents.get(into_id)
        part, whole, made = merging.merge(other, into, tx.incidents.groups_of(incident_id), actor, now)
        record(tx, actor, Act.MERGE, incident_id, now, into=into_id, reason=reason)
        tx.merges.put(made)
        for key in made.groups:
            tx.incidents.give(key, into_id)
        incident_moved.keep(tx, setup, actor, other, part, now)
        incident_moved.keep(tx, setup, actor, into, whole, now)
        tx.incidents.tell(timeline.merged(part, whole, reason, actor, now))
        tx.incidents.tell(timeline.took_in(whole, part, reason, actor, now))
        return part, whole

    merged = await world.store.write(keep)
    world.nudge()
    return merged


async def undo(world: World, actor: Actor, incident_id: IncidentId, reason: str = "") -> tuple[Incident, Incident]:
    """The incident is one of its own again, and so is the one that it was part of; both.

    One whose alerts all ended in the meantime is resolved at once. NotFound when it was not merged, NotAllowed when it
    is too late.
    """
    now, setup = world.clock.now(), world.setup
    require(actor, Act.MERGE, incident_id, now)

    def keep(tx: Tx) -> tuple[Incident, Incident]:
        made = tx.merges.get(incident_id)
        part, whole = tx.incidents.get(incident_id), tx.incidents.get(made.into)
        back = set(made.groups) & set(tx.incidents.groups_of(made.into))
        own, rest = merging.undo(part, whole, made, now, began=_began(tx, made.into, back))
        record(tx, actor, Act.MERGE, incident_id, now, out_of=made.into, reason=reason)
        tx.merges.drop(incident_id)
        for key in back:
            tx.incidents.give(key, incident_id)
        incident_moved.keep(tx, setup, actor, part, own, now)
        incident_moved.keep(tx, setup, actor, whole, rest, now)
        tx.incidents.tell(timeline.taken_out(own, rest, reason, actor, now))
        tx.incidents.tell(timeline.gave_back(rest, own, reason, actor, now))
        return _settled(tx, setup, part.signal, own, now), _settled(tx, setup, made.signal, rest, now)

    parted = await world.store.write(keep)
    world.nudge()
    return parted


def _began(tx: Tx, whole: IncidentId, back: Container[str]) -> frozenset[Fingerprint]:
    """Alerts that fire in the groups that go back, and in none that stays: what an alert is part of, its group says."""
    told = tx.tellings.of_incident(whole, INCIDENT)
    stay = {fingerprint for one in told if one.group not in back for fingerprint in one.firing}
    return frozenset(fingerprint for one in told if one.group in back for fingerprint in one.firing) - stay


def _settled(tx: Tx, setup: Setup, before: SignalState, incident: Incident, now: datetime) -> Incident:
    if incident.declared_by or not merging.ended_meanwhile(before, incident):
        return incident
    resolved = lifecycle.apply(incident, lifecycle.Command.RESOLVE, TOCSIN, now)
    record(tx, TOCSIN, Act.RESOLVE, incident.id, now)
    incident_moved.keep(tx, setup, TOCSIN, incident, resolved, now)
    tx.incidents.tell(timeline.resolved(resolved, "its alerts ended while it was merged", TOCSIN, now))
    return resolved
