"""Which incidents somebody asks for, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentKind, IncidentStatus, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """What must stand in an incident's story: these words in a row, folded as `bot.model.words` does.

    `begins`: the last is only how a word begins. `unwanted`: it must not stand there.
    """

    words: tuple[str, ...]
    begins: bool = False
    unwanted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentQuery:
    """All that is named must hold; of several statuses, severities, ... one. What is not named is not asked.

    Opened at `since` or later and before `before`. The newest come first; a page begins after the incident `after`.
    """

    terms: tuple[Term, ...] = ()
    statuses: tuple[IncidentStatus, ...] = ()
    severities: tuple[Severity, ...] = ()
    kinds: tuple[IncidentKind, ...] = ()
    services: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    since: datetime | None = None
    before: datetime | None = None
    after: IncidentId | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text; `is_meant`: it is what was asked for."""

    text: str
    is_meant: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Where in a story the words stand: in the timeline's entry `seq`; the pieces one after the other are its text."""

    seq: int
    at: datetime
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundIncident:
    """One incident, and where in its story the words stand that were asked for."""

    incident: Incident
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundIncidents:
    """One page of what was found; `next` is what to ask for `after`, None on the last page."""

    found: tuple[FoundIncident, ...]
    next: IncidentId | None = None
