"""Messages of a chat on a timeline: at their own time, and as they read there until a person changes that here."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime

from bot.model.actor import Actor
from bot.model.evidence import PICTURES, Attachment, Evidence, EvidenceKind
from bot.model.ids import EvidenceId, IncidentId
from bot.model.remark import Remark, Shown
from bot.model.sample import Window
from bot.model.timeline import EntryKind, TimelineEntry, Told
from bot.model.wording import one_line

LINK = "the message"
"""By this name an entry that was a message leads to it."""
_THEN = ": "
_LONGEST_NAME = 100


def kept(incident: IncidentId, remark: Remark, author: str, how: str, actor: Actor, now: datetime) -> TimelineEntry:
    """The entry: who said what, when they said it; `actor` wants it there."""
    name = author.replace(":", " ").strip() or "somebody"
    return TimelineEntry(
        incident=incident, at=min(remark.at, now), recorded_at=now, actor=actor, kind=EntryKind.NOTE,
        text=f"{name}{_THEN}{remark.text}", why=how, links={LINK: remark.link, **remark.files},
    )  # fmt: skip


def picture(entry: TimelineEntry, remark: Remark, author: str, shown: Shown) -> Evidence:
    """An image of the message, still without an id. The file's name is said, and never is one: others chose it."""
    name = one_line(shown.name, _LONGEST_NAME)
    file = Attachment.of(f"picture.{PICTURES[shown.media_type]}", shown.media_type, shown.content)
    return Evidence(
        id=EvidenceId(""), incident=entry.incident, kind=EvidenceKind.PICTURE, question=f"What {author} showed",
        source=remark.integration, query="", window=Window(start=entry.at, end=entry.at),
        collected_at=entry.recorded_at, summary=name, alt_text=f"The image {name}, as {author} showed it",
        link=remark.link, attachments=(file,), attachment_names=(file.name,),
    )  # fmt: skip


def why(how: str, shown: Sequence[Shown]) -> str:
    """Why it stands there, and of which image there is only a link."""
    return "; ".join([how, *(f"{one_line(one.name, _LONGEST_NAME)}: {one.missed}" for one in shown if one.missed)])


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
