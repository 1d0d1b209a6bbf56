"""Reminders: what an incident lacks, told once each time it is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.ids import IncidentId


class ReminderKind(StrEnum):
    """What is missed."""

    NO_COMMANDER = "no commander"
    NO_UPDATE = "no update"
    STALE = "stale"
    """Nothing happened for a long time."""
    POSTMORTEM_DUE = "postmortem due"
    FOLLOW_UP_DUE = "follow-up due"
    """A task or follow-up that has a due date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """When it is told next; `due_at` None: not as things stand. `count` is how often it was told for the same lack.

    It is not told before `snoozed_until`, and never again once somebody stopped it.
    """

    incident: IncidentId
    kind: ReminderKind
    due_at: datetime | None = None
    count: int = 0
    told_at: datetime | None = None
    snoozed_until: datetime | None = None
    stopped_by: str = ""
