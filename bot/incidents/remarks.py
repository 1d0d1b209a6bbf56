"""Messages of a chat on a timeline: at their own time, and as they read there until a person changes that here."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime

from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.remark import Remark
from bot.model.timeline import EntryKind, TimelineEntry, Told

LINK = "the message"
"""By this name an entry that was a message leads to it."""
_THEN = ": "


def kept(incident: IncidentId, remark: Remark, author: str, how: str, actor: Actor, now: datetime) -> TimelineEntry:
    """The entry: who said what, when they said it; `actor` wants it there."""
    name = author.replace(":", " ").strip() or "somebody"
    return TimelineEntry(
        incident=incident, at=min(remark.at, now), recorded_at=now, actor=actor, kind=EntryKind.NOTE,
        text=f"{name}{_THEN}{remark.text}", why=how, links={LINK: remark.link, **remark.files},
    )  # fmt: skip


def found(story: Sequence[Told], link: str) -> Told | None:
    """The entry that was this message."""
    return next((told for told in story if told.entry.links.get(LINK) == link), None)


def links(story: Sequence[Told]) -> Set[str]:
    """Of all that were messages."""
    return {told.entry.links[LINK] for told in story if LINK in told.entry.links}


def followed(told: Told, text: str, actor: Actor, now: datetime) -> TimelineEntry | None:
    """What is read instead, where the message says `text` now; empty: it was deleted.

    None: that is what is read; or a person has changed the entry here, whose word stands.
    """
    entry = told.entry
    if LINK not in told.latest.links:
        return None
    says = f"{entry.text.partition(_THEN)[0]}{_THEN}{text}" if text else ""
    if says == told.text:
        return None
    return TimelineEntry(
        incident=entry.incident, at=entry.at, recorded_at=now, actor=actor, kind=entry.kind, text=says,
        why="edited there" if text else "deleted there", links=entry.links, amends=entry.seq,
    )  # fmt: skip
