"""Status updates: how an incident stands, in words for those who read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.actor import Contact
from bot.model.ids import IncidentId


class Audience(StrEnum):
    """Who reads it."""

    RESPONDERS = "responders"
    STAKEHOLDERS = "stakeholders"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusUpdate:
    """One update as it was told. `next_at` is when the next one was promised."""

    incident: IncidentId
    audience: Audience
    text: str
    at: datetime
    by: str
    next_at: datetime | None = None
    seq: int = 0
    """Counted by the store; 0 before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Whom the updates for an audience are sent to, and in which words.

    `template` is text in which `$text` and its like stand for what is to be said; a line is left out while one of the
    words it holds is empty. Those who work on the incident read what responders read, named here or not.
    """

    audience: Audience
    template: str
    people: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()


READERS: Mapping[Audience, Readers] = {
    readers.audience: readers
    for readers in (
        Readers(
            audience=Audience.RESPONDERS,
            template="$severity $title\n$status for $lasts\nled by $commander\n$text\nNext update by $next.",
        ),
        Readers(
            audience=Audience.STAKEHOLDERS,
            template="$severity $title: $state.\nIt concerns $service.\n$text\nNext update by $next.",
        ),
        Readers(audience=Audience.PUBLIC, template="$service: $state.\n$text\nNext update by $next."),
    )
}
"""Whom updates are sent to, and how they are worded, where the documents say nothing else."""
