"""An incident changed, or a task of it: when somebody is to be reminded of what it lacks is worked out anew.

A mistake of ours undoes no change: its reminders are due at once, and whoever looks after them (`reminders_due`) meets
the mistake by itself, tells of it, and puts them off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.incidents import reminders
from bot.incidents.reminders import Lack, Seen
from bot.model.actor import TOCSIN, Actor
from bot.model.incident import Incident
from bot.model.reminder import Reminder, ReminderKind
from bot.model.setup import Setup
from bot.model.timeline import EntryKind, TimelineEntry
from bot.ports.store import Tx
from bot.rights import Act, require


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an incident lacks, and what is kept of its reminders: one of each kind, there or not."""

    seen: Seen
    lacks: Mapping[ReminderKind, Lack]
    kept: Mapping[ReminderKind, Reminder]


def follow(tx: Tx, setup: Setup, actor: Actor, before: Incident | None, after: Incident, now: datetime) -> None:
    """In the transaction that changes the incident. `before` None: there was no such incident."""
    require(TOCSIN, Act.REMIND, after.id, now)  # whoever changed it need not be allowed to remind anybody
    if before is None or _of_interest(before) != _of_interest(after):
        _unless_it_stumbles(tx, after, now, lambda: _follow(tx, setup, before, after, now))


def follow_task(tx: Tx, setup: Setup, actor: Actor, incident: Incident, now: datetime) -> None:
    """In the transaction that changes one of its tasks."""
    _unless_it_stumbles(tx, incident, now, lambda: plan(tx, setup, actor, incident, now, last_at=now))


def _unless_it_stumbles(tx: Tx, incident: Incident, now: datetime, work: Callable[[], object]) -> None:
    if tx.mistake_in(work):
        tx.reminders.hasten(incident.id, now)


def _follow(tx: Tx, setup: Setup, before: Incident | None, after: Incident, now: datetime) -> None:
    if before is None:
        _begin(tx, setup, after, now)
        return
    found = plan(tx, setup, TOCSIN, after, now, last_at=now)
    lack = found.lacks.get(ReminderKind.NO_COMMANDER)
    if before.commander and lack is not None:
        tx.reminders.put(reminders.handed_back(found.kept[ReminderKind.NO_COMMANDER], lack, now))


def _begin(tx: Tx, setup: Setup, incident: Incident, now: datetime) -> None:
    """Of a new incident nothing is known that would have to be read; in a storm that counts."""
    seen = Seen(last_at=now, promised_at=None, tasks=(), zone=ZoneInfo(setup.time_zone))
    lacks = reminders.lacks(incident, setup.severities[incident.severity], seen)
    blank = {kind: Reminder(incident=incident.id, kind=kind) for kind in lacks}
    tx.reminders.begin([reminders.planned(blank[kind], lack) for kind, lack in lacks.items()])


def plan(
    tx: Tx, setup: Setup, actor: Actor, incident: Incident, now: datetime, *, last_at: datetime | None = None
) -> Standing:
    """Keeps when it is to be reminded of what. `last_at`: when something happened last; None: as its timeline says."""
    require(actor, Act.LOOK, incident.id, now)
    seen = Seen(
        last_at=last_at or _last_at(tx, incident),
        promised_at=_promised_at(tx, incident),
        tasks=[task for task in tx.tasks.of_incident(incident.id) if task.done_at is None],
        zone=ZoneInfo(setup.time_zone),
    )
    lacks = reminders.lacks(incident, setup.severities[incident.severity], seen)
    before = {one.kind: one for one in tx.reminders.of_incident(incident.id)}
    kept = {}
    for kind in ReminderKind:
        known = before.get(kind)
        kept[kind] = reminders.planned(known or Reminder(incident=incident.id, kind=kind), lacks.get(kind))
        _put(tx, known, kept[kind])
    return Standing(seen=seen, lacks=lacks, kept=kept)


def _put(tx: Tx, known: Reminder | None, planned: Reminder) -> None:
    """What nothing is kept of, and what is not lacking, needs no row."""
    if planned != known and (known is not None or planned.due_at is not None):
        tx.reminders.put(planned)


def _of_interest(incident: Incident) -> tuple[object, ...]:
    return (
        incident.status, incident.severity, incident.kind, incident.commander, incident.updated_at,
        incident.reopened_at, incident.duplicate_of,
    )  # fmt: skip


def _last_at(tx: Tx, incident: Incident) -> datetime:
    happened = [entry.recorded_at for entry in tx.incidents.timeline(incident.id) if _is_news(entry)]
    return max(happened, default=incident.opened_at)


def _is_news(entry: TimelineEntry) -> bool:
    return entry.kind is not EntryKind.REMINDER


def _promised_at(tx: Tx, incident: Incident) -> datetime | None:
    if incident.updated_at is None:
        return None
    promised = [update.next_at for update in tx.updates.of_incident(incident.id) if update.next_at is not None]
    return promised[-1] if promised else None
