"""Errands: things to do after a decision, kept in the outbox until they are done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ErrandKind(StrEnum):
    """What is to be done; each has its file in `response/`."""

    GROUP_READY = "group_ready"
    """payload: group (key)."""
    EVIDENCE_WANTED = "evidence_wanted"
    """payload: incident, reason (opened, acted, recovered)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One thing to do once it is due; a second one with the same `dedup_key` is the same errand."""

    kind: ErrandKind
    dedup_key: str
    due_at: datetime
    payload: Mapping[str, str] = field(default_factory=dict)
    attempts: int = 0
    seq: int = 0
