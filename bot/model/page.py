"""Pages: a person is woken, through one of the ways they named; and messages that wake nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.answer import Press
from bot.model.ids import IncidentId, PageId
from bot.model.incident import Severity


class PageStatus(StrEnum):
    """What became of a page."""

    WAITING = "waiting"
    HELD = "held"
    """This person was paged of something else just now: it leaves with others, soon."""
    TAKEN = "taken"
    """The other side has it; whether anybody looked at it nobody knows."""
    FAILED = "failed"
    """It was not taken; the next way of this person, or the next level, follows at once."""
    NOT_NEEDED = "not needed"
    """Before it left, somebody had the incident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One attempt to reach one person: the `contact`-th of their ways, through `integration`.

    `level` and `round` say which step of the escalation it belongs to; `ref` is the other side's own id for it.
    `left_at` is when it was first handed over; `bundle` the page that spoke for it, where several left as one.
    """

    id: PageId
    incident: IncidentId
    person: str
    integration: str
    address: str
    created_at: datetime
    contact: int = 0
    level: int = 0
    round: int = 0
    status: PageStatus = PageStatus.WAITING
    ended_at: datetime | None = None
    ref: str = ""
    error: str = ""
    left_at: datetime | None = None
    bundle: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What somebody was paged of lately, and has not answered: the gravest of it, and the last time."""

    gravest: Severity
    left_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a page says. `key` is the same for all pages of one incident, so that the other side knows them as one.

    `again`: it was tried before, by us or by another process, and may have got there.
    """

    page: PageId
    incident: IncidentId
    key: str
    title: str
    severity: Severity
    service: str
    text: str
    link: str
    person: str
    address: str
    at: datetime
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something to read that wakes nobody: a reminder, a handover note, a status update. Plain text.

    `id` is the same however often it is sent. `again`: it was tried before, and may have got there. `presses`: what may
    be said to it by a click, where clicks are heard.
    """

    id: str
    address: str
    subject: str
    text: str
    link: str
    at: datetime
    again: bool = False
    presses: tuple[Press, ...] = ()
