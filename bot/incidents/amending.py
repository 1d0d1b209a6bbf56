"""Notes that turn out wrong: what they said stays on record, and something else is read instead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.errors import Conflict, NotAllowed, NotFound
from bot.model.actor import Actor
from bot.model.timeline import EntryKind, TimelineEntry, Told


def amend(told: Told, text: str, reason: str, actor: Actor, now: datetime) -> TimelineEntry:
    """What is read instead of the note; NotAllowed when there is nothing to read, or it is not a note."""
    if not text.strip():
        raise NotAllowed("a note needs a text", hint="strike it out when it should not be read at all")
    return _instead(told, text.strip(), reason, actor, now)


def strike(told: Told, reason: str, actor: Actor, now: datetime) -> TimelineEntry:
    """The note is not read any more; NotAllowed when it is none, Conflict when it is struck out already."""
    if told.is_struck:
        raise Conflict(f"entry {told.entry.seq} is struck out already")
    return _instead(told, "", reason, actor, now)


def meant(story: Sequence[Told], seq: int) -> Told:
    """The entry with this number. NotFound; Conflict when it is the number of a text that has been replaced since."""
    for told in story:
        if seq == told.entry.seq or seq == told.latest.seq:
            return told
        if any(seq == each.seq for each in told.amendments):
            raise Conflict(f"entry {told.entry.seq} has been changed since you read it")
    raise NotFound(f"there is no entry {seq} on this timeline", hint="`tocsin incident show ID` shows their numbers")


def _instead(told: Told, text: str, reason: str, actor: Actor, now: datetime) -> TimelineEntry:
    entry = told.entry
    if entry.kind is not EntryKind.NOTE:
        raise NotAllowed(
            f"entry {entry.seq} is what Tocsin recorded, not what somebody wrote", hint="write a note that says more"
        )
    return TimelineEntry(
        incident=entry.incident, at=entry.at, recorded_at=now, actor=actor, kind=entry.kind, text=text,
        why=reason.strip(), amends=entry.seq,
    )  # fmt: skip
