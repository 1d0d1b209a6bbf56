"""Escalation: who is paged, in which order, until somebody has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.model.ids import IncidentId


class TargetKind(StrEnum):
    """What a target names."""

    PERSON = "person"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Somebody, or whoever is on call."""

    kind: TargetKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """These are paged at once; who has not acknowledged after `wait` is followed by the next level."""

    targets: tuple[Target, ...]
    wait: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationPolicy:
    """Levels one after the other, and all of them again `repeat` times.

    `during` names a time interval: outside it nobody is woken, and the first level waits until it begins, unless the
    incident is as grave as `always` (a severity's name) or graver.
    """

    name: str
    levels: tuple[Level, ...]
    repeat: int = 0
    during: str = ""
    always: str = "SEV2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Where an incident's escalation stands: what is due next, and when; `due_at` None: it is over, and `why` says so.

    `level` counts from 0 and is the one that comes next; `round` is how often all of them were gone through.
    `instead_of` names the policy that was wanted and could not be followed; empty: `policy` is the one.
    """

    incident: IncidentId
    policy: str
    started_at: datetime
    due_at: datetime | None
    level: int = 0
    round: int = 0
    why: str = ""
    instead_of: str = ""
