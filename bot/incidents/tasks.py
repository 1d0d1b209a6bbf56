"""What is to be done: tasks while people work on an incident, follow-ups so that it does not come again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.errors import NotAllowed
from bot.model.actor import Actor
from bot.model.ids import IncidentId, TaskId
from bot.model.task import Aim, Task, TaskKind
from bot.model.timeline import EntryKind, TimelineEntry

_LAST = date(2200, 1, 1)
_LATEST_ZONE = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants done. A follow-up needs an owner, a due date and an aim."""

    text: str
    kind: TaskKind = TaskKind.TASK
    owner: str = ""
    due: date | None = None
    aim: Aim | None = None
    link: str = ""


def make(wish: Wish, task: TaskId, incident: IncidentId, actor: Actor, now: datetime) -> Task:
    """The task; NotAllowed names all that the wish lacks."""
    lacks = [] if wish.text.strip() else ["a text"]
    if wish.kind is TaskKind.FOLLOW_UP:
        needed = {"an owner": wish.owner, "a due date": wish.due, "an aim": wish.aim}
        lacks += [name for name, value in needed.items() if not value]
    if lacks:
        hint = "a follow-up says who does it by when, and whether it prevents, detects or mitigates"
        raise NotAllowed(f"a {wish.kind} needs {' and '.join(lacks)}", hint=hint)
    _is_to_come(wish.due, now)
    return Task(
        id=task, incident=incident, kind=wish.kind, text=wish.text.strip(), created_at=now, created_by=actor.name,
        owner=wish.owner, due=wish.due, aim=wish.aim, link=wish.link,
    )  # fmt: skip


def change(task: Task, now: datetime, *, owner: str | None = None, due: date | None = None) -> Task:
    """The task with another owner (empty: nobody) or due date; NotAllowed when it has ended or would lack one."""
    _is_open(task)
    _is_to_come(due, now)
    changed = replace(task, owner=task.owner if owner is None else owner, due=due or task.due)
    if changed.kind is TaskKind.FOLLOW_UP and not changed.owner:
        raise NotAllowed("a follow-up needs an owner", hint="give it to somebody else, or end it")
    return changed


def end(task: Task, actor: Actor, now: datetime, *, dropped: bool) -> Task:
    """The task, done, or dropped without being done; NotAllowed when it has ended already."""
    _is_open(task)
    return replace(task, done_at=now, done_by=actor.name, dropped=dropped)


def added(task: Task, actor: Actor, now: datetime) -> TimelineEntry:
    """There is something to do."""
    return _entry(task, f"{task.kind} {task.id}: {task.text}", _terms(task), actor, now)


def changed(task: Task, actor: Actor, now: datetime) -> TimelineEntry:
    """Somebody else does it, or until another day."""
    return _entry(task, f"{task.kind} {task.id} is changed: {task.text}", _terms(task), actor, now)


def ended(task: Task, reason: str, actor: Actor, now: datetime) -> TimelineEntry:
    """It is done, or nobody will do it."""
    what = "dropped" if task.dropped else "done"
    return _entry(task, f"{task.kind} {task.id} is {what}: {task.text}", reason, actor, now)


def _is_open(task: Task) -> None:
    if task.done_at is not None:
        raise NotAllowed(f"{task.id} was {'dropped' if task.dropped else 'done'} by {task.done_by} already")


def _is_to_come(due: date | None, now: datetime) -> None:
    """Not a day that is over everywhere: it is still yesterday somewhere."""
    if due is not None and not (now - _LATEST_ZONE).date() <= due < _LAST:
        raise NotAllowed(f"{due} is no day to do anything by", hint="say today or a later day, before the year 2200")


def _terms(task: Task) -> str:
    terms = (
        task.owner and f"for {task.owner}",
        task.due and f"until {task.due:%Y-%m-%d}",
        task.aim and f"to {task.aim}",
    )
    return ", ".join(term for term in terms if term)


def _entry(task: Task, text: str, why: str, actor: Actor, now: datetime) -> TimelineEntry:
    return TimelineEntry(
        incident=task.incident, at=now, recorded_at=now, actor=actor, kind=EntryKind.TASK, text=text, why=why,
        links={"link": task.link} if task.link else {},
    )  # fmt: skip
