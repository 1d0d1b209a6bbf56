"""What a chat shows of an incident and of a question to people, and what is known of each message that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.model.alert import Alert
from bot.model.ids import EvidenceId, IncidentId
from bot.model.incident import Incident, IncidentKind, IncidentStatus, Severity
from bot.model.run import Approval
from bot.model.timeline import TimelineEntry


class CardKind(StrEnum):
    """What a card shows."""

    INCIDENT = "incident"
    """How an incident stands: one message in its team's channel."""
    ROOM = "room"
    """A channel of the incident's own, with its brief on top."""
    APPROVAL = "approval"
    """One question to people about one exact plan."""


GONE_ROOM = "gone room"
"""The part of a question's card that names the incident's own channel in which it cannot be asked any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One thing that the chat of `integration` shows, and is kept up to date there. `key` is `kind id`.

    `place` is the channel, as they call it, `ref` the message, empty while there is none; `begun_at` says that one was
    begun to be written and nobody knows whether it was. `wanted_at`: since when what it shows is not what is so; None:
    it is up to date. It is not tried before `due_at`. Lower `rank`s come first. `shows` is a digest of what it shows,
    `phase` of which part of the incident's life. `posts` counts the messages written in a channel that others share,
    by phase; `held` those that were not, so as not to be one too many. `story` is the number of the last entry of the
    timeline that its thread has. `parts` is what else the chat keeps of it: files, what is pinned.
    """

    integration: str
    kind: CardKind
    about: str
    incident: IncidentId | None
    made_at: datetime
    place: str = ""
    ref: str = ""
    wanted_at: datetime | None = None
    due_at: datetime | None = None
    rank: int = 9
    begun_at: datetime | None = None
    shows: str = ""
    phase: str = ""
    posts: Mapping[str, int] = field(default_factory=dict)
    edits: int = 0
    held: int = 0
    story: int = 0
    tries: int = 0
    error: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What tells it from every other of its integration."""
        return f"{self.kind} {self.about}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPolicy:
    """Which incidents get a channel of their own, and for how long it stays open after they are over."""

    severities: frozenset[Severity] = frozenset()
    kinds: frozenset[IncidentKind] = frozenset({IncidentKind.NORMAL})
    archive_after: timedelta | None = None

    def wants(self, incident: Incident) -> bool:
        """Whether this one gets its own."""
        return incident.severity in self.severities and incident.kind in self.kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image that was frozen with evidence; `alt` says in words what is on it."""

    evidence: EvidenceId
    name: str
    alt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """How an incident stands, all that a chat says of it.

    `alerts` are some of its alerts, those that fire first; `firing` and `ended` count all. `asks` are the questions
    nobody has answered, as id and words; `runs` what is carried out; `room` the channel of its own. `story` is what
    happened since the chat's thread was last told. `invited` are the ids, in this chat, of those who work on it.
    `pages` are other pages about it, as title and link: its runbooks, its report.
    """

    incident: Incident
    link: str
    alerts: tuple[Alert, ...] = ()
    firing: int = 0
    ended: int = 0
    update: str = ""
    asks: tuple[tuple[str, str], ...] = ()
    runs: tuple[str, ...] = ()
    runbooks: tuple[str, ...] = ()
    room: str = ""
    dashboard: str = ""
    picture: Picture | None = None
    story: tuple[TimelineEntry, ...] = ()
    invited: tuple[str, ...] = ()
    pages: tuple[tuple[str, str], ...] = ()

    @property
    def is_grave(self) -> bool:
        """Whether it goes before others where a chat takes only so much."""
        return self.incident.severity in (Severity.SEV1, Severity.SEV2)

    @property
    def phase(self) -> str:
        """Of the incident's life: one that goes on after it was over is in another."""
        status = self.incident.status
        known = IncidentStatus.RESOLVED if status is IncidentStatus.CLOSED else status
        return f"{known} {self.incident.reopened}" if self.incident.reopened else str(known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question to people, with what they need to answer it.

    `step` is what the step does in the runbook's words. `may` are the names of those who may answer, `calls` their ids
    in this chat. `thread` is the message of the incident there; `in_room`: it is asked in the incident's own channel.
    """

    approval: Approval
    title: str
    runbook: str
    step: str
    link: str
    may: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    place: str = ""
    thread: str = ""
    in_room: bool = False

    @property
    def is_early(self) -> bool:
        """Whether the message of its incident, below which it belongs, is not there yet."""
        return self.approval.incident is not None and not self.place


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Where it stands now; an empty `ref`: somebody removed it. `posted`: a message was written, and not edited.

    `troubles`: what else did not work, as what was not done and why; the rest was. `again_in`: seconds after which it
    is to be shown once more, as the chat was not ready for all of it. `told`: the story stands in its thread.
    """

    place: str
    ref: str
    posted: bool = False
    parts: Mapping[str, str] = field(default_factory=dict)
    troubles: tuple[tuple[str, str], ...] = ()
    again_in: float | None = None
    told: bool = False
