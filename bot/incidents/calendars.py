"""Whom the events of a calendar mean, and what changes in what is kept of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.model.actor import Person
from bot.model.ids import OverrideId
from bot.model.schedule import Event, Override

_Span = tuple[str, datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """`gone` are kept and not there any more; `fresh` are there and not kept, still without an id."""

    gone: tuple[OverrideId, ...]
    fresh: tuple[Override, ...]


def people_of(event: Event, people: Mapping[str, Person]) -> tuple[str, ...]:
    """Its attendees; else whose name or address its title is; else whoever is named in it. Nobody of ours: ()."""
    by_address = {person.email.lower(): name for name, person in people.items() if person.email}
    attending = tuple(by_address[address] for address in event.attendees if address in by_address)
    if attending:
        return attending
    title = event.title.strip().lower()
    exact = by_address.get(title) or next((name for name in people if name.lower() == title), "")
    if exact:
        return (exact,)
    return tuple(name for name in people if re.search(rf"(?<!\w){re.escape(name.lower())}(?!\w)", title))


def unknown(events: Sequence[Event], people: Mapping[str, Person]) -> Sequence[str]:
    """The titles of those that mean nobody, each once."""
    return list(dict.fromkeys(event.title for event in events if not people_of(event, people)))


def changes(
    schedule: str, calendar: str, events: Sequence[Event], kept: Sequence[Override], people: Mapping[str, Person]
) -> Changes:
    """From what is kept of this schedule's calendar, none of it over, to what it says now."""
    ours = {(one.person, one.starts_at, one.ends_at): one.id for one in kept if one.calendar == calendar}
    stale = [one.id for one in kept if one.calendar not in ("", calendar)]
    wanted = dict.fromkeys(_spans(events, people))
    return Changes(
        gone=(*stale, *(known for span, known in ours.items() if span not in wanted)),
        fresh=tuple(
            Override(
                id=OverrideId(""), schedule=schedule, person=person, starts_at=start, ends_at=end, calendar=calendar
            )
            for person, start, end in wanted
            if (person, start, end) not in ours
        ),
    )


def _spans(events: Sequence[Event], people: Mapping[str, Person]) -> Iterator[_Span]:
    for event in events:
        for name in people_of(event, people):
            yield name, event.starts_at, event.ends_at
