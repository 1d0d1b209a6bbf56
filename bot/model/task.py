"""What is to be done: tasks during an incident, follow-ups after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.model.ids import IncidentId, TaskId


class TaskKind(StrEnum):
    """When it is done."""

    TASK = "task"
    FOLLOW_UP = "follow-up"


class Aim(StrEnum):
    """What a follow-up is good for."""

    PREVENT = "prevent"
    DETECT = "detect"
    MITIGATE = "mitigate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A follow-up has an owner, a due date and an aim; a task need not."""

    id: TaskId
    incident: IncidentId
    kind: TaskKind
    text: str
    created_at: datetime
    created_by: str
    owner: str = ""
    due: date | None = None
    aim: Aim | None = None
    link: str = ""
    done_at: datetime | None = None
    done_by: str = ""
    dropped: bool = False
    """Ended without being done; `done_at` says when."""
