"""What goes over the wire of pages and escalations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from bot.api.bodies import In, Text
from bot.api.schema import Out
from bot.model.page import PageStatus


class PageIn(In):
    """Who is to be paged: a person, or a schedule whose people of this moment are. `text` is for them to read."""

    whom: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    text: Text = ""


class PageOut(Out):
    """One attempt to reach one person. `level` counts from 0 and is -1 where somebody asked for it by hand.

    `address` is not told: it may be somebody's telephone.
    """

    id: str
    person: str
    integration: str
    level: int
    round: int
    status: PageStatus
    created_at: datetime
    ended_at: datetime | None
    error: str


class EscalationOut(Out):
    """Where the incident's escalation stands. `level`, from 0, is paged at `due_at`; null: it is over, and `why`."""

    policy: str
    level: int
    round: int
    started_at: datetime
    due_at: datetime | None
    why: str


class Pages(Out):
    """Every attempt to reach somebody about an incident, the oldest first."""

    pages: list[PageOut]
    escalation: EscalationOut | None
