"""Errands: things to do after a decision, kept in the outbox until they are done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ErrandKind(StrEnum):
    """What is to be done; each has its file in `response/`."""

    EVIDENCE_WANTED = "evidence_wanted"
    """payload: incident, reason (opened, acted, recovered)."""
    TELL_GROUP = "tell_group"
    """payload: integration, telling; `bot.alerts.saying` writes and reads it."""
    TELL_FIRST = "tell_first"
    """The same, of what somebody has to get up for: it does not wait behind the rest of a storm."""
    PAGE = "page"
    """payload: page (its id)."""
    PAGES = "pages"
    """payload: person, integration, address: what was held back from them leaves as one page."""
    MESSAGE = "message"
    """Something for people to read; `bot.response.messages` writes and reads it."""
    SAID = "said"
    """Somebody said something in a chat, and its vendor was told that it came; `bot.response.chat_said` has it."""
    MIRROR = "mirror"
    """payload: integration, change; what happened to an incident is told to a pager that knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One thing to do once it is due; a second one with the same `dedup_key` is the same errand.

    Those of one `lane` are done one after the other, in the order in which they were added, and are forgotten when they
    are done; without one: in any order, and what was done is known for ever.
    """

    kind: ErrandKind
    dedup_key: str
    due_at: datetime
    payload: Mapping[str, str] = field(default_factory=dict)
    lane: str = ""
    attempts: int = 0
    seq: int = 0
