"""What an incident lacks, when somebody is to be reminded of it, and who: all of it a function of what is known.

A reminder of the same lack comes again, each time after twice as long, at most a day apart where it began sooner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.documents import format_duration
from bot.model.actor import Actor
from bot.model.answer import Press
from bot.model.incident import COMMANDER, Incident, IncidentKind, IncidentStatus
from bot.model.practice import SeverityLevel
from bot.model.reminder import Reminder, ReminderKind
from bot.model.task import Task
from bot.model.timeline import EntryKind, TimelineEntry

_DAY = timedelta(days=1)
_MORNING = time(9)
"""When somebody hears of a task that is due on a day, where they are."""
_MOST_DOUBLED = 16
_LATER = ("30m", "4h")
"""For so long somebody wants to hear nothing of it, at a click."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a reminder looks at besides the incident. `last_at`: when something happened last.

    `promised_at`: when the next status update was promised. `tasks`: those that have not ended. `zone` is the one in
    which days begin.
    """

    last_at: datetime
    promised_at: datetime | None
    tasks: Sequence[Task]
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """What an incident lacks since `since`; somebody is told of it at `due_at`, and again after `again`."""

    since: datetime
    due_at: datetime
    again: timedelta


def lacks(incident: Incident, level: SeverityLevel, seen: Seen) -> Mapping[ReminderKind, Lack]:
    """All that it lacks, or will if nobody does anything."""
    found = {
        ReminderKind.NO_COMMANDER: _no_commander(incident, level),
        ReminderKind.NO_UPDATE: _no_update(incident, level, seen),
        ReminderKind.STALE: _lack(seen.last_at, level.stale_after) if incident.is_open else None,
        ReminderKind.POSTMORTEM_DUE: _no_postmortem(incident, level),
        ReminderKind.FOLLOW_UP_DUE: _not_done(seen),
    }
    return {kind: lack for kind, lack in found.items() if lack is not None}


def planned(reminder: Reminder, lack: Lack | None) -> Reminder:
    """When it is told next."""
    if lack is None:
        return replace(reminder, due_at=None, count=0, told_at=None, snoozed_until=None)
    if reminder.told_at is not None and reminder.told_at < lack.since:
        reminder = replace(reminder, count=0, told_at=None)
    if reminder.stopped_by:
        return replace(reminder, due_at=None)
    due_at = lack.due_at if reminder.told_at is None else reminder.told_at + _wait(reminder.count, lack.again)
    return replace(reminder, due_at=max(due_at, reminder.snoozed_until or due_at))


def told(reminder: Reminder, lack: Lack, now: datetime) -> Reminder:
    """The reminder after it was told."""
    return planned(replace(reminder, count=reminder.count + 1, told_at=now), lack)


def snooze(reminder: Reminder, until: datetime, lack: Lack | None) -> Reminder:
    """It is not told before then; one that was stopped is told again."""
    return planned(replace(reminder, snoozed_until=until, stopped_by=""), lack) if lack else reminder


def stop(reminder: Reminder, actor: Actor) -> Reminder:
    """It is never told again."""
    return replace(reminder, due_at=None, stopped_by=actor.name)


def handed_back(reminder: Reminder, lack: Lack, now: datetime) -> Reminder:
    """Whoever led leaves: there is as much time to find somebody as there was at first."""
    return planned(replace(reminder, snoozed_until=now + lack.again), lack)


def due_tasks(seen: Seen, now: datetime) -> Sequence[Task]:
    """Those whose day has come."""
    return [task for task in seen.tasks if task.due is not None and _morning(task.due, seen.zone) <= now]


def whom(incident: Incident, kind: ReminderKind, tasks: Iterable[Task]) -> Sequence[str]:
    """Who is to do something about it; nobody: whoever is on call."""
    if kind is ReminderKind.FOLLOW_UP_DUE:
        return sorted({task.owner for task in tasks if task.owner}) or _leading(incident)
    communications = incident.roles.get("communications", "")
    if kind is ReminderKind.NO_UPDATE and communications:
        return [communications]
    return _leading(incident)


def sentence(kind: ReminderKind, lack: Lack, tasks: Sequence[Task], now: datetime) -> str:
    """What is lacking."""
    since = _lasting(now - lack.since)
    match kind:
        case ReminderKind.NO_COMMANDER:
            return f"nobody has led the response for {since}"
        case ReminderKind.NO_UPDATE:
            return f"nobody was told how it stands for {since}"
        case ReminderKind.STALE:
            return f"nothing has happened for {since}"
        case ReminderKind.POSTMORTEM_DUE:
            return f"the postmortem is due; it was resolved {since} ago"
        case ReminderKind.FOLLOW_UP_DUE:
            return "; ".join(f"{task.kind} {task.id} was due {task.due}: {task.text}" for task in tasks)


def advice(incident: Incident, kind: ReminderKind) -> str:
    """What to do about it."""
    what = {
        ReminderKind.NO_COMMANDER: f"take it with `tocsin incident role {incident.id} {COMMANDER}`",
        ReminderKind.NO_UPDATE: f"say how it stands with `tocsin incident update {incident.id}`",
        ReminderKind.STALE: f"write a note, or resolve it with `tocsin incident resolve {incident.id}`",
        ReminderKind.POSTMORTEM_DUE: f"once it is written, `tocsin incident close {incident.id}`",
        ReminderKind.FOLLOW_UP_DUE: "say that it is done with `tocsin incident done TASK`",
    }
    return what[kind]


def presses(incident: Incident, kind: ReminderKind) -> tuple[Press, ...]:
    """The same by a click, and to hear of it later."""
    name = incident.id
    what = {
        ReminderKind.NO_COMMANDER: Press(label="Take it", says=f"role {name} {COMMANDER}"),
        ReminderKind.NO_UPDATE: Press(label="Update", says=f"update {name}"),
        ReminderKind.STALE: Press(label="Resolve", says=f"resolve {name}", confirm=f"Say that {name} is over?"),
        ReminderKind.POSTMORTEM_DUE: Press(label="Postmortem", says=f"report {name}"),
        ReminderKind.FOLLOW_UP_DUE: Press(label="Tasks", says=f"task list {name}"),
    }
    later = (Press(label=f"Snooze {length}", says=f"snooze {name} {length}") for length in _LATER)
    return (what[kind], *later)


def reminded(incident: Incident, text: str, why: str, actor: Actor, now: datetime) -> TimelineEntry:
    """Somebody was reminded."""
    return _entry(incident, f"reminder: {text}", why, actor, now)


def waits(incident: Incident, changed: Sequence[Reminder], actor: Actor, now: datetime) -> TimelineEntry:
    """Somebody wants to hear of these later, or never again."""
    kinds, first = ", ".join(one.kind for one in changed), changed[0]
    until = f"until {first.snoozed_until:%Y-%m-%d %H:%M} UTC" if first.snoozed_until else "for now"
    return _entry(incident, f"no reminders {'any more' if first.stopped_by else until}", kinds, actor, now)


def _lasting(length: timedelta) -> str:
    """As people say it: nobody wants to know the seconds of an hour, or the minutes of a week."""
    units = ((2 * _DAY, timedelta(hours=1)), (timedelta(minutes=1), timedelta(minutes=1)))
    unit = next((unit for least, unit in units if length >= least), timedelta(seconds=1))
    return format_duration(length // unit * unit)


def _began(incident: Incident) -> datetime:
    return max(incident.opened_at, incident.reopened_at or incident.opened_at)


def _lack(since: datetime, patience: timedelta | None) -> Lack | None:
    return None if patience is None else Lack(since=since, due_at=since + patience, again=patience)


def _no_commander(incident: Incident, level: SeverityLevel) -> Lack | None:
    is_led = not incident.is_open or bool(incident.commander)
    return None if is_led else _lack(_began(incident), level.commander_within)


def _no_update(incident: Incident, level: SeverityLevel, seen: Seen) -> Lack | None:
    """What was promised counts before what is usual."""
    since = max(_began(incident), incident.updated_at or incident.opened_at)
    lack = _lack(since, level.update_every) if incident.is_open else None
    if lack is None or seen.promised_at is None or seen.promised_at <= since:
        return lack
    return replace(lack, due_at=seen.promised_at)


def _no_postmortem(incident: Incident, level: SeverityLevel) -> Lack | None:
    """Whoever closes an incident says that there is nothing left to learn from it."""
    if incident.status is not IncidentStatus.RESOLVED or incident.kind is not IncidentKind.NORMAL:
        return None
    if incident.resolved_at is None or level.postmortem_within is None or incident.duplicate_of is not None:
        return None
    return Lack(since=incident.resolved_at, due_at=incident.resolved_at + level.postmortem_within, again=_DAY)


def _not_done(seen: Seen) -> Lack | None:
    mornings = [_morning(task.due, seen.zone) for task in seen.tasks if task.due is not None]
    return Lack(since=min(mornings), due_at=min(mornings), again=_DAY) if mornings else None


def _morning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, _MORNING, tzinfo=zone).astimezone(UTC)


def _wait(count: int, again: timedelta) -> timedelta:
    doubled = again * (1 << min(max(count - 1, 0), _MOST_DOUBLED))
    return max(again, min(doubled, _DAY))


def _leading(incident: Incident) -> Sequence[str]:
    """Whoever leads, else stands beside, else has it."""
    leads = (incident.commander, incident.roles.get("deputy", ""), incident.acknowledged_by)
    return [name for name in leads if name][:1]


def _entry(incident: Incident, text: str, why: str, actor: Actor, now: datetime) -> TimelineEntry:
    return TimelineEntry(
        incident=incident.id, at=now, recorded_at=now, actor=actor, kind=EntryKind.REMINDER, text=text, why=why
    )
