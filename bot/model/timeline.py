"""The story of an incident: append-only entries that say who, what, why and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    LINK = "link"
    """Merged, linked, parent and child."""
    ROLE = "role"
    TASK = "task"
    PAGE = "page"
    REMINDER = "reminder"
    UPDATE = "update"
    """People were told how it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One thing that happened. `at` is when it happened, `recorded_at` when we wrote it down; `text` is plain text.

    `amends` is the `seq` of the entry that this one is read instead of; with an empty `text` that one is struck out.
    """

    incident: IncidentId
    at: datetime
    recorded_at: datetime
    actor: Actor
    kind: EntryKind
    text: str
    why: str = ""
    links: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[EvidenceId, ...] = ()
    amends: int = 0
    seq: int = 0
    """Counted by the store when appended; 0 before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An entry as it is read now. `amendments` are the entries that are read instead of it, the latest last."""

    entry: TimelineEntry
    amendments: tuple[TimelineEntry, ...] = ()

    @property
    def latest(self) -> TimelineEntry:
        """Whose words stand."""
        return self.amendments[-1] if self.amendments else self.entry

    @property
    def text(self) -> str:
        """What it says now; empty when it is struck out."""
        return self.latest.text

    @property
    def is_struck(self) -> bool:
        """Whether somebody took it back."""
        return bool(self.amendments) and not self.text

    def read(self) -> TimelineEntry:
        """The same as one entry, for those who read it once: what it says now, and that somebody changed it."""
        if not self.amendments:
            return self.entry
        name, reason = self.latest.actor.name, self.latest.why
        if self.is_struck:
            return replace(self.entry, text=f"struck out by {name}", why=reason)
        return replace(
            self.entry, text=self.text, why=f"changed by {name}; {reason}" if reason else f"changed by {name}"
        )

    @property
    def before(self) -> tuple[TimelineEntry, ...]:
        """What was read before, the first first; without what was not to be read at all."""
        return tuple(each for each in (self.entry, *self.amendments)[:-1] if each.text)


def as_told(entries: Iterable[TimelineEntry]) -> Sequence[Told]:
    """A timeline as it is read, in its order: each entry once, with what amends it.

    What amends an entry of another timeline, or none there is, stands for itself.
    """
    story = list(entries)
    known = {entry.seq for entry in story if not entry.amends} - {0}
    amendments: dict[int, list[TimelineEntry]] = {}
    for entry in sorted(story, key=lambda entry: entry.seq):
        if entry.amends in known:
            amendments.setdefault(entry.amends, []).append(entry)
    return [
        Told(entry=entry, amendments=tuple(amendments.get(entry.seq, ())))
        for entry in story
        if entry.amends not in known
    ]
