"""What the page of an incident shows of how people work on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.model.actor import Actor
from bot.model.reminder import Reminder
from bot.model.setup import Setup
from bot.model.status_update import StatusUpdate
from bot.model.task import Task
from bot.response.response_seen import SeenResponse, TakenRole
from bot.rights import Act, No, may


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseView:
    """Roles, tasks, updates, reminders. `free` are the roles that nobody has; `people` are those who could take one.

    `next_update_at`: when the next update was promised. `waiting` are the reminders that are to come.
    """

    taken: Sequence[TakenRole]
    free: Sequence[TakenRole]
    tasks: Sequence[Task]
    ended: Sequence[Task]
    updates: Sequence[StatusUpdate]
    next_update_at: datetime | None
    waiting: Sequence[Reminder]
    people: Sequence[str]
    may_change: bool


def of_response(seen: SeenResponse, setup: Setup, actor: Actor, now: datetime) -> ResponseView:
    """As this person sees it."""
    return ResponseView(
        taken=[one for one in seen.roles if one.person],
        free=[one for one in seen.roles if not one.person],
        tasks=[task for task in seen.tasks if task.done_at is None],
        ended=[task for task in seen.tasks if task.done_at is not None],
        updates=seen.updates[::-1],
        next_update_at=seen.next_update_at,
        waiting=sorted((one for one in seen.reminders if one.due_at), key=lambda one: one.due_at or now),
        people=sorted(setup.people),
        may_change=not isinstance(may(actor, Act.KEEP_TASK, seen.incident, now), No),
    )
