"""Time has passed: whoever should do something about an incident is reminded of what it lacks, once each time.

A reminder is told in the transaction that says when it is told next, and only by whoever holds the lease: so it is told
once, however many processes there are and whenever one of them dies.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.incidents import escalation, reminders
from bot.model.actor import Actor
from bot.model.escalation import Target, TargetKind
from bot.model.ids import IncidentId
from bot.model.incident import Incident
from bot.model.reminder import Reminder
from bot.model.setup import Setup
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import escalating, messages, one_by_one, reminders_planned
from bot.response.record import record
from bot.response.reminders_planned import Standing
from bot.response.world import World
from bot.rights import Act, require

PORTION = 100
"""Incidents that are reminded in one look."""


async def look(world: World, actor: Actor, *, lease: str, epoch: int) -> datetime | None:
    """Tells what is due; when the next is. None: nothing is to come. Fenced when another tells by now; PutOff."""
    now, setup = world.clock.now(), world.setup
    require(actor, Act.REMIND, "reminders", now)
    next_at, due = await world.store.read(lambda tx: _due(tx, now))
    if not due:
        return next_at

    def work(tx: Tx, incident: IncidentId) -> None:
        _tell_due(tx, setup, actor, tx.incidents.get(incident), now)

    await one_by_one.write(
        world, actor, due, work,
        one_by_one.Look(
            put_off=lambda tx, incident, until: tx.reminders.put_off(incident, until),
            lease=lease, epoch=epoch, kind=EntryKind.REMINDER,
        ),
    )  # fmt: skip
    return await world.store.read(lambda tx: tx.reminders.next_at())


def _due(tx: Tx, now: datetime) -> tuple[datetime | None, Sequence[IncidentId]]:
    next_at = tx.reminders.next_at()
    return next_at, tx.reminders.due(now, PORTION) if next_at is not None and next_at <= now else ()


def _tell_due(tx: Tx, setup: Setup, actor: Actor, incident: Incident, now: datetime) -> None:
    standing = reminders_planned.plan(tx, setup, actor, incident, now)
    for planned in standing.kept.values():
        if planned.due_at is not None and planned.due_at <= now:
            _tell(tx, setup, actor, incident, planned, standing, now)


def _tell(
    tx: Tx, setup: Setup, actor: Actor, incident: Incident, due: Reminder, standing: Standing, now: datetime
) -> None:
    lack, kind = standing.lacks[due.kind], due.kind
    tasks = reminders.due_tasks(standing.seen, now)
    told = reminders.told(due, lack, now)
    tx.reminders.put(told)
    record(tx, actor, Act.REMIND, incident.id, now, kind=str(kind), count=str(told.count))
    text, why = reminders.sentence(kind, lack, tasks, now), reminders.advice(incident, kind)

    def sent(people: Sequence[str]) -> Sequence[str]:
        return [
            person
            for person in people
            if messages.send(
                tx, setup, actor, person,
                subject=f"{incident.id}: {text}",
                text=f"{incident.severity} {incident.headline}\n\n{text}; {why}",
                link=f"{setup.public_url}/incidents/{incident.id}",
                id=f"reminder {incident.id} {kind} {now.isoformat()}",
                now=now,
                about=incident.id,
                presses=reminders.presses(incident, kind),
            )
        ]  # fmt: skip

    wanted = reminders.whom(incident, kind, tasks)
    reached = sent(wanted) or sent(_on_call(tx, setup, actor, incident, now))
    tx.incidents.tell(reminders.reminded(incident, text, _said_to(wanted, reached, why), actor, now))


def _on_call(tx: Tx, setup: Setup, actor: Actor, incident: Incident, now: datetime) -> Sequence[str]:
    """Whoever would be paged first."""
    policy = escalation.policy_for(setup, incident)
    targets = policy.levels[0].targets if policy is not None else ()
    found = [_behind(tx, setup, actor, target, now) for target in targets]
    return list(dict.fromkeys(name for names in found for name in names))


def _behind(tx: Tx, setup: Setup, actor: Actor, target: Target, now: datetime) -> Sequence[str]:
    if target.kind is TargetKind.PERSON:
        return [target.name]
    return escalating.on_duty(tx, setup, actor, target.name, now)


def _said_to(wanted: Sequence[str], reached: Sequence[str], why: str) -> str:
    """Who reads it, and who should have and named no way to be reached."""
    left = [name for name in wanted if name not in reached]
    said = [f"told {', '.join(reached)}"] if reached else []
    said += [f"{', '.join(left)} cannot be reached: no contacts in tocsin.yaml"] if left else []
    return "; ".join([*said, why])
