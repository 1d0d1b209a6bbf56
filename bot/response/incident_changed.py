"""A person moves an incident along: acknowledges, assigns, mitigates, resolves, closes, reopens, or adds a note."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.documents import suggest
from bot.errors import NotAllowed, NotFound
from bot.incidents import lifecycle, signal, timeline
from bot.incidents.lifecycle import Command
from bot.model.actor import TOCSIN, Actor
from bot.model.errand import Errand, ErrandKind
from bot.model.ids import IncidentId
from bot.model.incident import Incident
from bot.model.setup import Setup
from bot.model.task import TaskKind
from bot.model.timeline import TimelineEntry
from bot.ports.store import Tx
from bot.response import alerts_taken, incident_moved, mirror_told, page_wanted
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require

_Change = Callable[[Incident], Incident]
_Say = Callable[[Tx, Incident], TimelineEntry]


async def acknowledge(world: World, actor: Actor, incident_id: IncidentId) -> Incident:
    """Somebody has it. NotAllowed when it is not waiting for that."""
    now, setup = world.clock.now(), world.setup
    require(actor, Act.ACKNOWLEDGE, incident_id, now)
    change = _commanded(Command.ACKNOWLEDGE, actor, now)

    def say(tx: Tx, incident: Incident) -> TimelineEntry:
        return timeline.acknowledged(incident, actor, now)

    return await world.store.write(
        lambda tx: _keep(tx, setup, actor, Act.ACKNOWLEDGE, incident_id, now, change=change, say=say)
    )


async def assign(world: World, actor: Actor, incident_id: IncidentId, person: str) -> Incident:
    """From now on this person has it, and is paged unless it is they who say so.

    NotFound when nobody is called so, NotAllowed when it is over.
    """
    now, setup = world.clock.now(), world.setup
    require(actor, Act.ASSIGN, incident_id, now)
    _check_known(person, setup)

    def keep(tx: Tx) -> Incident:
        given = _keep(
            tx, setup, actor, Act.ASSIGN, incident_id, now,
            change=lambda before: lifecycle.assign(before, person, now),
            say=lambda tx, incident: timeline.assigned(incident, actor, now),
            person=person,
        )  # fmt: skip
        if person != actor.name:
            page_wanted.add(tx, setup, TOCSIN, incident_id, person, now, text=f"{actor.name} assigned it to you")
        return given

    assigned = await world.store.write(keep)
    world.nudge()
    return assigned


async def mitigate(world: World, actor: Actor, incident_id: IncidentId, reason: str = "") -> Incident:
    """It does not hurt any more, and is not over yet."""
    now, setup = world.clock.now(), world.setup
    require(actor, Act.MITIGATE, incident_id, now)
    change = _commanded(Command.MITIGATE, actor, now)

    def say(tx: Tx, incident: Incident) -> TimelineEntry:
        return timeline.mitigated(incident, reason, actor, now)

    return await world.store.write(
        lambda tx: _keep(tx, setup, actor, Act.MITIGATE, incident_id, now, change=change, say=say, reason=reason)
    )


async def close(world: World, actor: Actor, incident_id: IncidentId, reason: str = "") -> Incident:
    """Nothing more is to be found out about it; the timeline says how many follow-ups are left."""
    now, setup = world.clock.now(), world.setup
    require(actor, Act.CLOSE, incident_id, now)
    change = _commanded(Command.CLOSE, actor, now)

    def say(tx: Tx, incident: Incident) -> TimelineEntry:
        tasks = tx.tasks.of_incident(incident_id)
        left = sum(task.kind is TaskKind.FOLLOW_UP and task.done_at is None for task in tasks)
        return timeline.closed(incident, left, reason, actor, now)

    return await world.store.write(
        lambda tx: _keep(tx, setup, actor, Act.CLOSE, incident_id, now, change=change, say=say, reason=reason)
    )


async def reopen(world: World, actor: Actor, incident_id: IncidentId, reason: str = "") -> Incident:
    """It was not over. What of its alerts fires by now is seen anew: nobody followed them in the meantime."""
    now, setup = world.clock.now(), world.setup
    require(actor, Act.REOPEN, incident_id, now)
    standing = await world.store.read(lambda tx: tx.incidents.get(incident_id))
    found = map(world.alerts.table.find, standing.alerts)
    fires = frozenset(entry.fingerprint() for entry in found if entry is not None and not entry.over)
    reopened = _commanded(Command.REOPEN, actor, now)

    def change(before: Incident) -> Incident:
        return signal.seen(reopened(before), fires)

    def say(tx: Tx, incident: Incident) -> TimelineEntry:
        return timeline.reopened(incident, reason, actor, now)

    incident = await world.store.write(
        lambda tx: _keep(tx, setup, actor, Act.REOPEN, incident_id, now, change=change, say=say, reason=reason)
    )
    world.nudge()
    return incident


async def resolve(world: World, actor: Actor, incident_id: IncidentId, reason: str = "") -> Incident:
    """A person says it is over, even while alerts fire; the timeline says that they do.

    Alerts that nobody would ever end, because no rule follows them and no end is known, end with their incident.
    """
    now, setup = world.clock.now(), world.setup
    require(actor, Act.RESOLVE, incident_id, now)

    change = _commanded(Command.RESOLVE, actor, now)

    def say(tx: Tx, incident: Incident) -> TimelineEntry:
        return timeline.resolved(incident, reason, actor, now)

    def keep(tx: Tx) -> Incident:
        incident = _keep(tx, setup, actor, Act.RESOLVE, incident_id, now, change=change, say=say, reason=reason)
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
    await alerts_taken.end(world, actor, resolved.firing)
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
        entry = tx.incidents.tell(timeline.note(incident.id, text.strip(), actor, now))
        mirror_told.note(tx, actor, incident, entry, now)
        return entry

    return await world.store.write(keep)


def _check_known(person: str, setup: Setup) -> None:
    if person not in setup.people:
        near = suggest(person, setup.people) or f"; there are: {', '.join(sorted(setup.people)) or 'none are set up'}"
        raise NotFound(f"nobody is called {person!r}{near}", hint="people are named under `people:` in tocsin.yaml")


def _commanded(command: Command, actor: Actor, now: datetime) -> _Change:
    return lambda before: lifecycle.apply(before, command, actor, now)


def _keep(
    tx: Tx,
    setup: Setup,
    actor: Actor,
    act: Act,
    incident_id: IncidentId,
    now: datetime,
    *,
    change: _Change,
    say: _Say,
    **details: str,
) -> Incident:
    """The incident is changed; that is on record, on its timeline, and known to whoever follows it."""
    before = tx.incidents.get(incident_id)
    after = change(before)
    record(tx, actor, act, incident_id, now, **details)
    incident_moved.keep(tx, setup, actor, before, after, now)
    tx.incidents.tell(say(tx, after))
    return after
