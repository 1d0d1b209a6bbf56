"""What chats show of incidents: which message is due, how many a channel bears, and what is said when it did not work.

A card is written from how things stand when its turn comes: what changed meanwhile is one edit, and what a chat missed
while it was away is made up for.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.errors import IntegrationError, Permanent, Temporary
from bot.model.actor import TOCSIN, Person
from bot.model.board import Asked, Brief, Card, CardKind, Picture, RoomPolicy, Shown
from bot.model.chat_link import ChatLink
from bot.model.evidence import Evidence, EvidenceKind
from bot.model.ids import IncidentId
from bot.model.incident import Incident, Severity
from bot.model.run import Approval
from bot.model.statistics import ChatUse
from bot.model.timeline import EntryKind, TimelineEntry, as_told

BUDGET = 2
"""Messages of one incident in a channel that others share, in each phase of its life."""
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=5)
_EARLY = timedelta(seconds=3)
GIVE_UP = timedelta(hours=24)
"""What could not be shown for so long, of an incident that is over, is not tried again."""
_RECENT = timedelta(hours=1)
_STORY = (EntryKind.STATUS, EntryKind.NOTE, EntryKind.UPDATE, EntryKind.ROLE, EntryKind.ACTION, EntryKind.LINK)
"""What a thread tells. The rest is on the page: a thread that tells everything is read by nobody."""
_MOST_STORY = 10


def first_card(
    integration: str, kind: CardKind, about: str, incident: IncidentId | None, place: str, now: datetime
) -> Card:
    """A card nobody has shown yet."""
    return Card(integration=integration, kind=kind, about=about, incident=incident, place=place, made_at=now)


def is_past(incident: Incident, now: datetime) -> bool:
    """Whether it was over long before there was a chat to show it."""
    ended = incident.resolved_at or incident.closed_at or incident.opened_at
    return not incident.is_open and now - ended > _RECENT


def wanted(card: Card, incident: Incident | None, now: datetime) -> Card:
    """It is to be shown anew; one that waits for its turn keeps its place in the line.

    A channel that waited to be put away waits no longer.
    """
    rests = card.kind is CardKind.ROOM and not card.tries
    return replace(
        card,
        rank=_rank(card, incident),
        wanted_at=now if rests else card.wanted_at or now,
        due_at=None if rests else card.due_at,
    )


def _rank(card: Card, incident: Incident | None) -> int:
    """The gravest first; of equals what is not there at all, then what somebody waits for, then what changed."""
    severity = incident.severity if incident is not None else Severity.SEV3
    is_new = not card.ref and card.kind is not CardKind.APPROVAL
    return 3 * list(Severity).index(severity) + (0 if is_new else 1 if card.kind is CardKind.APPROVAL else 2)


def digest(view: Brief | Asked) -> str:
    """Of all that it shows: what shows the same need not be shown again. What a thread was told is not shown twice."""
    said = replace(view, story=()) if isinstance(view, Brief) and not view.story else view
    return hashlib.sha256(repr(said).encode(errors="surrogatepass")).hexdigest()[:32]


def may_post(card: Card, beside: Iterable[Card], phase: str) -> bool:
    """Whether one more message of this incident may be written in a channel that others share."""
    there = [one for one in beside if one.place == card.place and one.key != card.key]
    return sum(one.posts.get(phase, 0) for one in (*there, card)) < BUDGET


def early(card: Card, now: datetime) -> Card:
    """The message below which it belongs is not there yet."""
    return replace(card, due_at=now + _EARLY)


def held_back(card: Card) -> Card:
    """It would have been one message too many."""
    return replace(card, wanted_at=None, due_at=None, held=card.held + 1)


def as_shown(card: Card, shown: Shown, view: Brief | Asked, now: datetime, *, shared: bool) -> Card:
    """After it was shown. `shared`: in a channel that others share, so that its messages are counted."""
    phase = view.phase if isinstance(view, Brief) else ""
    posts, again = dict(card.posts), shown.again_in
    if shown.posted and shared:
        posts[phase] = posts.get(phase, 0) + 1
    return replace(
        card,
        place=shown.place,
        ref=shown.ref,
        wanted_at=None if again is None else now,
        due_at=None if again is None else now + timedelta(seconds=again),
        begun_at=None,
        shows=digest(view) if again is None else "",
        phase=phase,
        posts=posts,
        edits=card.edits + bool(shown.ref and not shown.posted),
        story=max([card.story, *(entry.seq for entry in _entries(view) if shown.told)]),
        tries=0,
        error="",
        parts=dict(shown.parts),
    )


def _entries(view: Brief | Asked) -> Sequence[TimelineEntry]:
    return view.story if isinstance(view, Brief) else ()


def until_put_away(card: Card, incident: Incident, policy: RoomPolicy) -> Card:
    """A channel of an incident that is over is looked at once more when its time has come."""
    ended = incident.closed_at or incident.resolved_at
    if card.kind is not CardKind.ROOM or card.wanted_at is not None or incident.is_open or "closed" in card.parts:
        return card
    if policy.archive_after is None or ended is None:
        return card
    return replace(card, wanted_at=ended, due_at=ended + policy.archive_after, shows="")


def is_to_be_put_away(card: Card, incident: Incident | None, policy: RoomPolicy, now: datetime) -> bool:
    """Whether its time has come."""
    ended = None if incident is None else incident.closed_at or incident.resolved_at
    if card.kind is not CardKind.ROOM or not card.ref or incident is None or incident.is_open:
        return False
    return policy.archive_after is not None and ended is not None and now >= ended + policy.archive_after


def put_off(card: Card, error: IntegrationError, now: datetime) -> Card:
    """It is tried again, when the chat said so or later each time. What was refused was not written, as all know."""
    wait = error.retry_after if isinstance(error, Temporary) else None
    doubled = min(_FIRST_WAIT * 2 ** min(card.tries, 10), _LONGEST_WAIT)
    again = doubled if wait is None else min(timedelta(seconds=wait), _LONGEST_WAIT)
    waits = error.reason == "rate_limited"
    return replace(
        card,
        due_at=now + again,
        tries=card.tries + (not waits),
        error=card.error if waits else error.message,
        begun_at=None if waits or isinstance(error, Permanent) else card.begun_at,
    )


def behind(card: Card, due: Iterable[Card]) -> Sequence[Card]:
    """What stands behind it in its channel waits as long: the order is kept."""
    return [replace(one, due_at=card.due_at) for one in due if line(one) == line(card) and one.key != card.key]


def line(card: Card) -> tuple[str, str]:
    """Where it stands in line."""
    return card.integration, card.place


def given_up(card: Card, incident: Incident | None, now: datetime) -> bool:
    """Whether it is of no use any more to try."""
    is_over = incident is None or not incident.is_open
    return is_over and card.wanted_at is not None and now - card.wanted_at > GIVE_UP


def is_told(entry: TimelineEntry) -> bool:
    """Whether a change of the timeline is one that chats show. What we say of the chats themselves is none."""
    return entry.kind is not EntryKind.PAGE or entry.actor.name != TOCSIN.name or bool(entry.links)


def story(timeline: Sequence[TimelineEntry], after: int) -> tuple[TimelineEntry, ...]:
    """What a thread is told next: what people said and did."""
    found = [told.read() for told in as_told(timeline) if not told.is_struck]
    return tuple(entry for entry in found if entry.seq > after and entry.kind in _STORY)[-_MOST_STORY:]


def picture(evidence: Sequence[Evidence]) -> Picture | None:
    """The newest chart of the signal."""
    for one in reversed(evidence):
        drawn = [name for name in one.attachment_names if name.endswith(".png")]
        if one.kind is EvidenceKind.SIGNAL and drawn:
            return Picture(evidence=one.id, name=drawn[0], alt=one.alt_text or one.summary)
    return None


def known_as(person: Person, integration: str, links: Iterable[ChatLink]) -> str:
    """Their id in this chat, as tocsin.yaml or a link has it; empty: none is known."""
    ways = [way.address for way in person.contacts if way.integration == integration]
    linked = [link.user for link in links if link.person == person.name]
    return person.chat.get(integration, "") or next(iter([*linked, *ways]), "")


def asks(approvals: Sequence[Approval]) -> tuple[tuple[str, str], ...]:
    """The questions nobody has answered, each with its id."""
    return tuple((str(one.id), one.ask) for one in approvals)


def used(cards: Iterable[Card]) -> Sequence[ChatUse]:
    """What each chat said in channels that others share."""
    by_chat: dict[str, list[Card]] = {}
    for card in cards:
        if card.posts or card.held:
            by_chat.setdefault(card.integration, []).append(card)
    return [_used(integration, those) for integration, those in sorted(by_chat.items())]


def _used(integration: str, cards: Sequence[Card]) -> ChatUse:
    phases: Counter[tuple[str, str, str]] = Counter()
    for card in cards:
        phases.update({(card.incident or card.about, card.place, phase): many for phase, many in card.posts.items()})
    return ChatUse(
        integration=integration,
        incidents=len({card.incident for card in cards}),
        messages=sum(phases.values()),
        edits=sum(card.edits for card in cards),
        most=max(phases.values(), default=0),
        held=sum(card.held for card in cards),
        budget=BUDGET,
    )


# ---- what goes wrong ------------------------------------------------------------------------------------------------


def not_shown(card: Card, error: IntegrationError, now: datetime) -> TimelineEntry | None:
    """It was not shown, and what to do; None: that is said already, or it only waits for its turn."""
    if card.error == error.message or error.reason == "rate_limited":
        return None
    why = f"{error.message}; {error.hint}" if error.hint else error.message
    return _entry(card, f"{card.integration} does not show {_what(card)}", why, now)


def shown_again(card: Card, now: datetime) -> TimelineEntry | None:
    """It was not shown, and that was said; now it is."""
    return _entry(card, f"{card.integration} shows {_what(card)} by now", "", now) if card.error else None


def troubles(card: Card, shown: Shown, now: datetime) -> Sequence[TimelineEntry]:
    """What did not work though the rest did. That its own channel is there, or is gone, is told where people look."""
    said = [_entry(card, f"{card.integration}: {what}", why, now) for what, why in shown.troubles]
    entries = [entry for entry in said if entry is not None]
    if card.kind is not CardKind.ROOM:
        return entries
    if "closed" in shown.parts and "closed" not in card.parts:
        return [replace(entry, kind=EntryKind.LINK) for entry in entries]
    made = None if card.place else _entry(card, f"a channel of its own was made in {card.integration}", "", now)
    return entries if made is None else [replace(made, kind=EntryKind.LINK), *entries]


def _what(card: Card) -> str:
    words = {CardKind.INCIDENT: "how it stands", CardKind.ROOM: "a channel of its own"}
    return words.get(card.kind, f"the question {card.about}")


def _entry(card: Card, text: str, why: str, now: datetime) -> TimelineEntry | None:
    if card.incident is None:
        return None
    return TimelineEntry(
        incident=card.incident, at=now, recorded_at=now, actor=TOCSIN, kind=EntryKind.PAGE, text=text, why=why
    )
