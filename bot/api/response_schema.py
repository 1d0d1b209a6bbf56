"""What goes over the wire of how people work on an incident: roles, tasks, reminders, status updates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from bot.api.bodies import In, Text
from bot.api.schema import ActorOut, IncidentOut, Out
from bot.incidents.catchup import CatchUp
from bot.model.reminder import Reminder, ReminderKind
from bot.model.status_update import Audience, StatusUpdate
from bot.model.task import Aim, Task, TaskKind
from bot.model.timeline import EntryKind, Told
from bot.response.response_seen import SeenResponse
from bot.response.updates_sent import Sent

_Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Whoever = Annotated[str, StringConstraints(max_length=200)]
_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
_Address = Annotated[str, StringConstraints(max_length=2000)]
_Kinds = Annotated[tuple[ReminderKind, ...], Field(max_length=len(ReminderKind))]
_YEAR_S = timedelta(days=365).total_seconds()
Span = Annotated[float, Field(gt=0, le=_YEAR_S)]
"""Seconds, a year of them at most."""


class RoleIn(In):
    """Who takes which role; nobody named: whoever asks."""

    role: _Name
    person: _Whoever = ""


class TaskIn(In):
    """What is to be done. A follow-up needs `owner`, `due` and `aim`."""

    text: _Words
    kind: TaskKind = TaskKind.TASK
    owner: _Whoever = ""
    due: date | None = None
    aim: Aim | None = None
    link: _Address = ""


class TaskChangeIn(In):
    """What is to be different; what is not named stays. An empty owner: nobody."""

    owner: _Whoever | None = None
    due: date | None = None


class TaskEndIn(In):
    """How a task ended: done, or dropped without being done."""

    dropped: bool = False
    reason: Text = ""


class SnoozeIn(In):
    """For how many seconds nobody is reminded; of everything that is lacking, when no kind is named."""

    seconds: Span
    kinds: _Kinds = ()


class StopIn(In):
    """What nobody is reminded of any more; of everything, when no kind is named."""

    kinds: _Kinds = ()


class UpdateIn(In):
    """What is told to whom. `next_in`: in how many seconds the next update follows; the severity's cadence, if not."""

    audience: Audience = Audience.RESPONDERS
    text: Text = ""
    next_in: Span | None = None


class RoleOut(Out):
    """A role, and who has it; empty: nobody."""

    name: str
    title: str
    instructions: str
    person: str


class TaskOut(Out):
    """A task or a follow-up. `done_at` is when it ended; `dropped`: without being done."""

    id: str
    incident: str
    kind: TaskKind
    text: str
    owner: str
    due: date | None
    aim: Aim | None
    link: str
    created_at: datetime
    created_by: str
    done_at: datetime | None
    done_by: str
    dropped: bool


class Tasks(Out):
    """By due date, or the oldest first where they are those of one incident."""

    tasks: list[TaskOut]

    @classmethod
    def of(cls, found: Sequence[Task]) -> Self:
        """From the nouns."""
        return cls(tasks=[TaskOut.model_validate(task) for task in found])


class ReminderOut(Out):
    """Something the incident may lack. `due_at` is when it is told next; none: not as things stand."""

    kind: ReminderKind
    due_at: datetime | None
    count: int
    told_at: datetime | None
    snoozed_until: datetime | None
    stopped_by: str


class Reminders(Out):
    """What an incident is reminded of."""

    reminders: list[ReminderOut]

    @classmethod
    def of(cls, found: Sequence[Reminder]) -> Self:
        """From the nouns."""
        return cls(reminders=[ReminderOut.model_validate(one) for one in found])


class UpdateOut(Out):
    """How the incident stood, as it was told."""

    audience: Audience
    text: str
    at: datetime
    by: str
    next_at: datetime | None


class SentUpdateOut(UpdateOut):
    """An update, and whom it goes to."""

    sent_to: list[str] = Field(description="The people and places that it goes to; none: nobody reads it.")

    @classmethod
    def of(cls, sent: Sent) -> Self:
        """With the names."""
        return cls(**UpdateOut.model_validate(sent.update).model_dump(), sent_to=list(sent.to))


class Updates(Out):
    """The oldest first."""

    updates: list[UpdateOut]

    @classmethod
    def of(cls, found: Sequence[StatusUpdate]) -> Self:
        """From the nouns."""
        return cls(updates=[UpdateOut.model_validate(one) for one in found])


class ResponseOut(Out):
    """How people work on an incident."""

    roles: list[RoleOut]
    tasks: list[TaskOut]
    reminders: list[ReminderOut]
    updates: list[UpdateOut]
    next_update_at: datetime | None

    @classmethod
    def of(cls, seen: SeenResponse) -> Self:
        """From what was seen."""
        return cls(
            roles=[
                RoleOut(name=one.role.name, title=one.role.title, instructions=one.role.instructions, person=one.person)
                for one in seen.roles
            ],
            tasks=Tasks.of(seen.tasks).tasks,
            reminders=Reminders.of(seen.reminders).reminders,
            updates=Updates.of(seen.updates).updates,
            next_update_at=seen.next_update_at,
        )


class HappenedOut(Out):
    """One thing that happened, as it is read now."""

    seq: int
    at: datetime
    actor: ActorOut
    kind: EntryKind
    text: str
    why: str

    @classmethod
    def of(cls, told: Told) -> Self:
        """From an entry with its amendments."""
        entry, latest = told.entry, told.latest
        return cls(
            seq=entry.seq, at=entry.at, actor=ActorOut.model_validate(entry.actor), kind=entry.kind, text=latest.text,
            why=latest.why,
        )  # fmt: skip


class LeftOut(Out):
    """How much of a kind happened that is not told one by one."""

    kind: EntryKind
    count: int


class CatchUpOut(Out):
    """What somebody has to know who joins late. `since` null: from the beginning."""

    incident: IncidentOut
    since: datetime | None
    update: UpdateOut | None
    happened: list[HappenedOut]
    left_out: list[LeftOut]
    tasks: list[TaskOut]

    @classmethod
    def of(cls, found: CatchUp, since: datetime | None) -> Self:
        """From what was found."""
        return cls(
            incident=IncidentOut.model_validate(found.incident),
            since=since,
            update=UpdateOut.model_validate(found.update) if found.update else None,
            happened=[HappenedOut.of(told) for told in found.happened],
            left_out=[LeftOut(kind=kind, count=count) for kind, count in found.left_out],
            tasks=Tasks.of(found.tasks).tasks,
        )
