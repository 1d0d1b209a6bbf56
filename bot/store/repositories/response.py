"""Tasks, reminders, status updates, and by what others know our incidents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import func, or_, select, update

from bot.errors import NotFound
from bot.model.ids import IncidentId, TaskId
from bot.model.reminder import Reminder, ReminderKind
from bot.model.status_update import Audience, StatusUpdate
from bot.model.task import Aim, Task, TaskKind
from bot.store.repositories.repository import Found, Repository, Values, inserting
from bot.store.tables import MarkRow, RefRow, ReminderRow, TaskRow, UpdateRow, table

_tasks = table(TaskRow)
_reminders = table(ReminderRow)
_updates = table(UpdateRow)
_refs = table(RefRow)
_marks = table(MarkRow)
_LAST = "9999-12-31"
"""After every due date: tasks without one come last."""


def task_row(task: Task) -> Values:
    """A task as a row."""
    return {
        "id": task.id,
        "incident": task.incident,
        "kind": task.kind,
        "text": task.text,
        "created_at": task.created_at,
        "created_by": task.created_by,
        "owner": task.owner,
        "due": task.due and task.due.isoformat(),
        "aim": task.aim,
        "link": task.link,
        "done_at": task.done_at,
        "done_by": task.done_by,
        "dropped": task.dropped,
    }


def task_noun(row: Found) -> Task:
    """The task in a row."""
    return Task(
        id=TaskId(row.id),
        incident=IncidentId(row.incident),
        kind=TaskKind(row.kind),
        text=row.text,
        created_at=row.created_at,
        created_by=row.created_by,
        owner=row.owner,
        due=date.fromisoformat(row.due) if row.due else None,
        aim=Aim(row.aim) if row.aim else None,
        link=row.link,
        done_at=row.done_at,
        done_by=row.done_by,
        dropped=row.dropped,
    )


def reminder_row(reminder: Reminder) -> Values:
    """A reminder as a row."""
    return {
        "incident": reminder.incident,
        "kind": reminder.kind,
        "due_at": reminder.due_at,
        "told": reminder.count,
        "told_at": reminder.told_at,
        "snoozed_until": reminder.snoozed_until,
        "stopped_by": reminder.stopped_by,
    }


def reminder_noun(row: Found) -> Reminder:
    """The reminder in a row."""
    return Reminder(
        incident=IncidentId(row.incident),
        kind=ReminderKind(row.kind),
        due_at=row.due_at,
        count=row.told,
        told_at=row.told_at,
        snoozed_until=row.snoozed_until,
        stopped_by=row.stopped_by,
    )


def update_row(update: StatusUpdate) -> Values:
    """A status update as a row, without the `seq` it is about to get."""
    return {
        "incident": update.incident,
        "audience": update.audience,
        "text": update.text,
        "at": update.at,
        "by": update.by,
        "next_at": update.next_at,
    }


def update_noun(row: Found) -> StatusUpdate:
    """The status update in a row."""
    return StatusUpdate(
        incident=IncidentId(row.incident),
        audience=Audience(row.audience),
        text=row.text,
        at=row.at,
        by=row.by,
        next_at=row.next_at,
        seq=row.seq,
    )


class Tasks(Repository):
    """See `bot.ports.response_store.Tasks`."""

    def next_id(self) -> TaskId:
        """The next free id."""
        return TaskId(f"TASK-{self._number('tasks')}")

    def put(self, task: Task) -> None:
        """Creates or replaces."""
        self._put(_tasks, task_row(task))

    def get(self, task: TaskId) -> Task:
        """One; NotFound."""
        row = self._first(select(_tasks).where(_tasks.c.id == task))
        if row is None:
            raise NotFound(f"there is no task {task}", hint="list what there is with `tocsin incident tasks`")
        return task_noun(row)

    def of_incident(self, incident: IncidentId) -> Sequence[Task]:
        """All of one incident, the oldest first."""
        found = select(_tasks).where(_tasks.c.incident == incident)
        in_order = (_tasks.c.created_at, func.length(_tasks.c.id), _tasks.c.id)
        return [task_noun(row) for row in self._all(found.order_by(*in_order))]

    def open(self, *, owner: str = "", due: date | None = None, limit: int = 1000) -> Sequence[Task]:
        """Those not ended, by due date, those without last; of one owner, or due on that day or before."""
        found = select(_tasks).where(_tasks.c.done_at.is_(None))
        if owner:
            found = found.where(_tasks.c.owner == owner)
        if due is not None:
            found = found.where(_tasks.c.due <= due.isoformat())
        in_order = (func.coalesce(_tasks.c.due, _LAST), _tasks.c.created_at, _tasks.c.id)
        return [task_noun(row) for row in self._all(found.order_by(*in_order).limit(limit))]


class Reminders(Repository):
    """See `bot.ports.response_store.Reminders`."""

    def begin(self, reminders: Sequence[Reminder]) -> None:
        """Creates those of a new incident, which has none yet, at once."""
        if reminders:
            self._connection.execute(inserting(_reminders), [reminder_row(one) for one in reminders])

    def put(self, reminder: Reminder) -> None:
        """Creates or replaces."""
        self._put(_reminders, reminder_row(reminder))

    def of_incident(self, incident: IncidentId) -> Sequence[Reminder]:
        """All of one incident."""
        found = select(_reminders).where(_reminders.c.incident == incident).order_by(_reminders.c.kind)
        return [reminder_noun(row) for row in self._all(found)]

    def due(self, now: datetime, limit: int) -> Sequence[IncidentId]:
        """Incidents for which the time of one has come, the oldest first."""
        at = func.min(_reminders.c.due_at)
        due = select(_reminders.c.incident).where(_reminders.c.due_at <= now).group_by(_reminders.c.incident)
        return [IncidentId(row.incident) for row in self._all(due.order_by(at).limit(limit))]

    def put_off(self, incident: IncidentId, until: datetime) -> None:
        """What is due of this incident before then is due then."""
        early = _reminders.c.incident == incident, _reminders.c.due_at < until
        self._change(update(_reminders).where(*early).values(due_at=until))

    def hasten(self, incident: IncidentId, at: datetime) -> None:
        """What is kept of this incident is due then at the latest."""
        late = or_(_reminders.c.due_at > at, _reminders.c.due_at.is_(None))
        self._change(update(_reminders).where(_reminders.c.incident == incident, late).values(due_at=at))

    def next_at(self) -> datetime | None:
        """When the next one is due."""
        row = self._first(select(func.min(_reminders.c.due_at).label("at")))
        return row.at if row else None


class Updates(Repository):
    """See `bot.ports.response_store.Updates`."""

    def add(self, update: StatusUpdate) -> StatusUpdate:
        """Appends; the update with its `seq`."""
        return replace(update, seq=self._insert(_updates, update_row(update)))

    def of_incident(self, incident: IncidentId) -> Sequence[StatusUpdate]:
        """All of one incident, the oldest first."""
        found = select(_updates).where(_updates.c.incident == incident).order_by(_updates.c.seq)
        return [update_noun(row) for row in self._all(found)]


class Refs(Repository):
    """See `bot.ports.response_store.Refs`."""

    def put(self, integration: str, ref: str, incident: IncidentId) -> None:
        """They know it by this; put again it is the same."""
        self._put(_refs, {"integration": integration, "ref": ref, "incident": incident})

    def incident(self, integration: str, ref: str) -> IncidentId | None:
        """Which incident they mean."""
        row = self._first(select(_refs).where(_refs.c.integration == integration, _refs.c.ref == ref))
        return IncidentId(row.incident) if row else None

    def of_incident(self, incident: IncidentId) -> Sequence[tuple[str, str]]:
        """Integration and id, of all who know it."""
        found = select(_refs).where(_refs.c.incident == incident).order_by(_refs.c.integration, _refs.c.ref)
        return [(row.integration, row.ref) for row in self._all(found)]


class Marks(Repository):
    """See `bot.ports.response_store.Marks`."""

    def at(self, name: str) -> datetime | None:
        """Up to when; None: never."""
        row = self._first(select(_marks).where(_marks.c.name == name))
        return row.at if row else None

    def put(self, name: str, at: datetime) -> None:
        """Looked at up to then."""
        self._put(_marks, {"name": name, "at": at})
