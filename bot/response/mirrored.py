"""A pager says what was done there to an incident of ours: it is done here, once, by whoever did it there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.errors import NotAllowed
from bot.incidents import mirroring
from bot.model.actor import TOCSIN, Actor, ActorKind
from bot.model.ids import IncidentId
from bot.model.mirror import Happening, TheirChange
from bot.ports.alert_store import Outcome, Posted
from bot.ports.store import Tx
from bot.response import incident_changed, incident_moved, mirror_told
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require

_ACTS = {Happening.NOTED: Act.NOTE, Happening.ASSIGNED: Act.ASSIGN}


async def take(world: World, actor: Actor, posted: Posted, changes: Sequence[TheirChange]) -> bool | None:
    """Follows what a call says. True: it was news; False: it was kept before; None: it is of no incident of ours.

    Should we die between the two, it is posted again, and what was done by then is seen to be done.
    """
    followed = [await follow(world, actor, posted.source, change) for change in changes]
    if not any(followed):
        return None
    kept = replace(posted, outcome=Outcome.TAKEN, error="", alerts=0)
    return await world.store.write(lambda tx: tx.posted.add(kept))


async def follow(world: World, actor: Actor, integration: str, change: TheirChange) -> bool:
    """Does here what was done there, unless it says nothing new. Whether it is an incident of ours."""
    require(actor, Act.RECEIVE_ALERTS, integration, world.clock.now())
    known = await world.store.read(lambda tx: _meant(tx, [integration, *world.mirrors], change))
    if len(known) == 1:
        [(incident, by)] = known.items()
        await _remember(world, by, incident, change)
    for incident, by in known.items():
        await _follow(world, by, incident, change)
    return bool(known)


def _meant(tx: Tx, integrations: Sequence[str], change: TheirChange) -> Mapping[IncidentId, str]:
    """The incidents whose ids these are, and who knows each by that. One of theirs may stand for several of ours."""
    found: dict[IncidentId, str] = {}
    for integration in integrations:
        for ref in change.refs:
            incident = tx.refs.incident(integration, ref)
            if incident is not None:
                found.setdefault(incident, integration)
    return found


async def _remember(world: World, integration: str, incident: IncidentId, change: TheirChange) -> None:
    """From now on it is known by all of its ids: of a note they say only their own."""
    known = await world.store.read(lambda tx: [ref for ref in change.refs if tx.refs.incident(integration, ref)])
    fresh = [ref for ref in change.refs if ref not in known]

    def keep(tx: Tx) -> None:
        for ref in fresh:
            tx.refs.put(integration, ref, incident)

    if fresh:
        await world.store.write(keep)


async def _follow(world: World, integration: str, id: IncidentId, change: TheirChange) -> None:
    incident = await world.store.read(lambda tx: tx.incidents.get(id))
    if not mirroring.is_news(incident, change):
        return
    if change.what is Happening.TRIGGERED:
        now = world.clock.now()
        await world.store.write(lambda tx: mirror_told.page_left(tx, TOCSIN, integration, tx.incidents.get(id), now))
        world.nudge()
        return
    who = mirroring.by_whom(world.setup.people.values(), integration, change)
    try:
        await _do(world, who, integration, id, change)
    except NotAllowed:
        return  # it has moved on between our look and now, or whoever did it there may only look here


async def _do(world: World, who: Actor, integration: str, incident: IncidentId, change: TheirChange) -> None:
    is_person = who.kind is ActorKind.PERSON
    if change.what is Happening.ACKNOWLEDGED and is_person:
        await incident_changed.acknowledge(world, who, incident)
    elif change.what is Happening.RESOLVED and is_person:
        await incident_changed.resolve(world, who, incident, change.text or f"resolved at {integration}")
    elif change.what is Happening.REOPENED and is_person:
        await incident_changed.reopen(world, who, incident, f"reopened at {integration}")
    else:
        await _say(world, who, integration, incident, change)


async def _say(world: World, who: Actor, integration: str, id: IncidentId, change: TheirChange) -> None:
    """What changes at most whom people ask: it stands on the timeline once."""
    now, setup = world.clock.now(), world.setup
    to = mirroring.for_whom(tuple(setup.people.values()), integration, change)

    def keep(tx: Tx) -> None:
        incident = tx.incidents.get(id)
        entry = mirroring.entry(incident, integration, change, to, who, now)
        if entry is None or mirroring.is_told(entry, tx.incidents.timeline(id)):
            return
        _allow(tx, who, id, change, now)
        tx.incidents.tell(entry)
        passed = mirroring.passed_on(incident, change, to, who, now)
        if passed is not incident:
            incident_moved.keep(tx, setup, who, incident, passed, now)

    await world.store.write(keep)


def _allow(tx: Tx, who: Actor, id: IncidentId, change: TheirChange, now: datetime) -> None:
    """What people do there they have to be allowed to do here; what nobody did is only told of."""
    act = _ACTS.get(change.what)
    if act is not None and who.kind is ActorKind.PERSON:
        require(who, act, id, now)
        record(tx, who, act, id, now)
