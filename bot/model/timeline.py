"""The story of an incident: append-only entries that say who, what, why and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.model.actor import Actor
from bot.model.ids import EvidenceId, IncidentId


class EntryKind(StrEnum):
    """What sort of thing happened."""

    ALERT = "alert"
    SIGNAL = "signal"
    STATUS = "status"
    NOTE = "note"
    RUNBOOK = "runbook"
    APPROVAL = "approval"
    ACTION = "action"
    EVIDENCE = "evidence"
    REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One thing that happened. `at` is when it happened, `recorded_at` when we wrote it down; `text` is plain text."""

    incident: IncidentId
    at: datetime
    recorded_at: datetime
    actor: Actor
    kind: EntryKind
    text: str
    why: str = ""
    links: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[EvidenceId, ...] = ()
    seq: int = 0
    """Counted by the store when appended; 0 before."""
