"""Incidents that a pager knows too: what it is told of ours, and what of theirs is news to us.

Nothing goes round in circles: what was done here is done here already when they tell us of it, what they tell us is
weighed against what the incident looked like when it happened there, and a note of ours is known as such by its reader.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.incidents import lifecycle
from bot.model.actor import TOCSIN, Actor, ActorKind, Person
from bot.model.errand import Errand, ErrandKind
from bot.model.ids import IncidentId
from bot.model.incident import OPEN, Incident, IncidentStatus
from bot.model.mirror import Happening, OurChange, TheirChange
from bot.model.timeline import EntryKind, TimelineEntry

_SAME = timedelta(seconds=5)
"""What is said twice in this time, in the same words, was said once: a webhook and a log tell times apart a little."""
_AT_WORK = (IncidentStatus.ACKNOWLEDGED, IncidentStatus.MITIGATED)


# ---- ours, told to them ---------------------------------------------------------------------------------------------


def to_tell(before: Incident | None, after: Incident) -> Happening | None:
    """What a change of an incident is in words that both sides have; None: nothing that they would know."""
    if before is None or before.status is after.status:
        return None
    if after.status not in OPEN:
        return Happening.RESOLVED if before.is_open else None
    if after.status in _AT_WORK and before.status is IncidentStatus.TRIGGERED:
        return Happening.ACKNOWLEDGED
    return None


def as_it_stands(incident: Incident) -> Happening | None:
    """What somebody who hears of an incident only now has missed of it."""
    if not incident.is_open:
        return Happening.RESOLVED
    return Happening.ACKNOWLEDGED if incident.status in _AT_WORK else None


def must_hear(integration: str, what: Happening, actor: Actor) -> bool:
    """Whether they are told: what was done there they know.

    That it is over they hear even so: they may have been paged for it once more since.
    """
    return what is Happening.RESOLVED or actor.via != integration


def errand(integration: str, change: OurChange) -> Errand:
    """What tells them. What becomes of one incident is told to one integration in the order in which it happened."""
    return Errand(
        kind=ErrandKind.MIRROR,
        dedup_key=f"mirror {integration} {change.id}",
        due_at=change.at,
        payload={"integration": integration, "change": _written(change)},
        lane=f"mirror {integration} {change.incident}",
    )


def read(errand: Errand) -> tuple[str, OurChange]:
    """The integration, and what it is to be told: what `errand` wrote."""
    written = json.loads(errand.payload["change"])
    return errand.payload["integration"], OurChange(
        **{
            **written,
            "what": Happening(written["what"]),
            "incident": IncidentId(written["incident"]),
            "at": datetime.fromisoformat(written["at"]),
        }
    )


def _written(change: OurChange) -> str:
    return json.dumps(
        {
            "id": change.id,
            "what": change.what,
            "incident": change.incident,
            "key": change.key,
            "by": change.by,
            "text": change.text,
            "at": change.at.isoformat(),
        }
    )


# ---- theirs, told to us ---------------------------------------------------------------------------------------------


def by_whom(people: Iterable[Person], integration: str, change: TheirChange) -> Actor:
    """Who did it: one of our people where a contact of theirs or their e-mail says so, else a stranger, named as such.

    A name that somebody gave themselves there makes nobody one of our people.
    """
    if not change.by:
        return replace(TOCSIN, via=integration)
    name = _known_as(people, integration, change.who) or f"{change.by} ({integration})"
    return Actor(kind=ActorKind.PERSON, name=name, via=integration)


def for_whom(people: Sequence[Person], integration: str, change: TheirChange) -> Sequence[str]:
    """Our names for those whom it is for now; a stranger's is what they are called there."""
    return [_known_as(people, integration, ids) or f"{ids[-1]} ({integration})" for ids in change.to if ids]


def _known_as(people: Iterable[Person], integration: str, ids: Sequence[str]) -> str:
    shown = {one.casefold() for one in ids if one}
    for person in people:
        theirs = {contact.address for contact in person.contacts if contact.integration == integration}
        if shown & {one.casefold() for one in (*theirs, person.email) if one}:
            return person.name
    return ""


def is_news(incident: Incident, change: TheirChange) -> bool:
    """Whether what happened there says something of the incident as it stands here, and not of how it stood."""
    if change.what is Happening.TRIGGERED:
        return not incident.is_open  # a page that was long on its way: they do not know that it is over
    if change.at < _began(incident) or incident.merged_into is not None:
        return False
    match change.what:
        case Happening.ACKNOWLEDGED:
            return incident.status is IncidentStatus.TRIGGERED
        case Happening.RESOLVED:
            return incident.is_open
        case Happening.REOPENED:
            return incident.resolved_at is not None and change.at > incident.resolved_at
        case Happening.UNACKNOWLEDGED:
            return incident.status is IncidentStatus.ACKNOWLEDGED
        case Happening.ASSIGNED:
            return incident.is_open
        case Happening.NOTED:
            return bool(change.by)


def is_told(entry: TimelineEntry, timeline: Sequence[TimelineEntry]) -> bool:
    """Whether the timeline says this already, as the webhook and the log both tell of it."""
    return any(
        one.text == entry.text and one.actor.via == entry.actor.via and abs(one.at - entry.at) <= _SAME
        for one in timeline
    )


def _began(incident: Incident) -> datetime:
    """Clocks of others may be a little slow, and what opens an incident is told to them at once."""
    return incident.reopened_at or incident.opened_at - _SAME


def entry(
    incident: Incident, integration: str, change: TheirChange, to: Sequence[str], actor: Actor, now: datetime
) -> TimelineEntry | None:
    """What the timeline says of it, where it changes nothing here; None: nothing. `to`: whom it is for now."""
    kind, text, person = EntryKind.STATUS, "", actor.name if actor.kind is ActorKind.PERSON else ""
    match change.what:
        case Happening.NOTED:
            kind, text = EntryKind.NOTE, change.text.strip()
        case Happening.UNACKNOWLEDGED:
            text = f"not acknowledged at {integration} any more, by {person or 'itself after a while'}"
        case Happening.RESOLVED:
            text = f"resolved at {integration}, by nobody; here it goes on"
        case Happening.ASSIGNED if to:
            text = f"assigned to {', '.join(to)} at {integration}" + (f", by {person}" if person else "")
    if not text:
        return None
    at = min(change.at, now)
    return TimelineEntry(incident=incident.id, at=at, recorded_at=now, actor=actor, kind=kind, text=text)


def passed_on(incident: Incident, change: TheirChange, to: Sequence[str], actor: Actor, now: datetime) -> Incident:
    """The incident after a person passed it on there: whoever it is for now has it, where somebody had it.

    While nobody has it, being asked is not having it: here people go on to be paged until somebody says so.
    """
    is_passed = change.what is Happening.ASSIGNED and actor.kind is ActorKind.PERSON and to
    if not is_passed or incident.status not in _AT_WORK or to[0] == incident.acknowledged_by:
        return incident
    return lifecycle.assign(incident, to[0], now)


# ---- what goes wrong ------------------------------------------------------------------------------------------------


def delayed(integration: str, change: OurChange, error: str, now: datetime) -> TimelineEntry:
    """They do not answer; they will be told."""
    text = f"{integration} does not know yet that it was {change.what}: it is told as soon as it answers"
    return _telling(change, text, error, now)


def caught_up(integration: str, change: OurChange, now: datetime) -> TimelineEntry:
    """They did not answer, and have been told since."""
    return _telling(change, f"{integration} knows by now that it was {change.what}", "", now)


def lost(integration: str, change: OurChange, error: str, now: datetime) -> TimelineEntry:
    """They will not be told."""
    return _telling(change, f"{integration} was not told that it was {change.what}: do it there by hand", error, now)


def _telling(change: OurChange, text: str, why: str, now: datetime) -> TimelineEntry:
    return TimelineEntry(
        incident=change.incident, at=now, recorded_at=now, actor=TOCSIN, kind=EntryKind.PAGE, text=text, why=why
    )
