"""What becomes of an incident here and in another tool that knows it, such as the pager that woke people for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.ids import IncidentId


class Happening(StrEnum):
    """What can become of an incident, in words that both sides have."""

    TRIGGERED = "triggered"
    """They know it from now on, or know it still."""
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    ASSIGNED = "assigned"
    NOTED = "noted"


@dataclass(frozen=True, slots=True, kw_only=True)
class OurChange:
    """Something that happened here and is told there. `key` is what the incident's pages have as their key.

    `refs` are all the ids by which they know the incident, that of each page that they took among them.
    """

    id: str
    what: Happening
    incident: IncidentId
    key: str
    by: str
    text: str
    at: datetime
    refs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TheirChange:
    """Something that happened there.

    `refs` are the ids by which they mean the incident: the key of our pages, or one of their own. `by` is what the
    person is called there, and `who` their ids for that person; both are empty where it was no person: their own
    timeouts, and what we did there ourselves. `to`, of ASSIGNED: ids and name of each whom it is for now. `text`: the
    note, or the reason.
    """

    what: Happening
    refs: tuple[str, ...]
    at: datetime
    by: str = ""
    who: tuple[str, ...] = ()
    to: tuple[tuple[str, ...], ...] = ()
    text: str = ""
