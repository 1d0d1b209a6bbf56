"""Who of our people somebody in a chat is: whom tocsin.yaml or a link names, and nobody by their name alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.model.actor import Actor, ActorKind, Person, person
from bot.model.answer import Answer, Tone
from bot.model.chat_link import ChatLink
from bot.model.utterance import Speaker
from bot.response import chats_linked
from bot.response.world import World

_SHORTEST_CODE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One of our people; `known` says of everybody in that chat which of our people they are, by their id there."""

    actor: Actor
    known: Mapping[str, str]


class Identity:
    """Asks what the documents and the store say at the moment."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def of(self, speaker: Speaker) -> Known | Answer:
        """Who they are, or what they read who are nobody of ours."""
        people, integration = self._world.setup.people, speaker.integration
        links = await self._world.store.read(lambda tx: tx.chat_links.of(integration))
        known = linked(people, links, integration, speaker.user)
        if not known and speaker.trusted:
            known = [one for one in people.values() if _is_theirs(speaker.email, one)]
        if len(known) != 1:
            return _stranger(self._world, speaker, known)
        return Known(actor=person(known[0], f"chat in {integration}"), known=names(people, links, integration))

    async def link(self, speaker: Speaker, code: str) -> Answer:
        """Makes them whose code it is; NotAllowed."""
        chat = Actor(kind=ActorKind.SOURCE, name=speaker.integration, via="chat")
        made = await chats_linked.typed(self._world, chat, speaker.integration, speaker.user, code_hash(code))
        return Answer(
            headline=f"You are {made.person} here from now on",
            tone=Tone.GOOD,
            hint="`help` says what you can do; what you do stands under that name",
        )


def code_hash(code: str) -> str:
    """Under this a code is kept; how it is written does not matter."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(f"chat code {plain if len(plain) >= _SHORTEST_CODE else ''}".encode()).hexdigest()


def linked(people: Mapping[str, Person], links: Sequence[ChatLink], integration: str, user: str) -> Sequence[Person]:
    """Those of our people whose `chat`, contact or link names this user. An equal name or e-mail links nobody."""
    by_link = {one.person for one in links if one.user == user}
    return [one for one in people.values() if user in _known_as(one, integration) or one.name in by_link]


def names(people: Mapping[str, Person], links: Sequence[ChatLink], integration: str) -> Mapping[str, str]:
    """By the id in that chat, who it is; those that are several of our people are nobody."""
    found: dict[str, set[str]] = {}
    for one in people.values():
        for user in _known_as(one, integration) - {None}:
            found.setdefault(str(user), set()).add(one.name)
    for link in links:
        if link.person in people:
            found.setdefault(link.user, set()).add(link.person)
    return {user: next(iter(each)) for user, each in found.items() if len(each) == 1}


def _known_as(one: Person, integration: str) -> set[str | None]:
    ways = {way.address for way in one.contacts if way.integration == integration}
    return {*ways, one.chat.get(integration)}


def _is_theirs(email: str, one: Person) -> bool:
    return bool(email) and one.email.lower() == email.lower()


def _stranger(world: World, speaker: Speaker, known: Sequence[Person]) -> Answer:
    if known:
        both = ", ".join(one.name for one in known)
        return Answer(
            headline=f"{speaker.user} is several people for Tocsin ({both}), so nothing was done",
            tone=Tone.CAREFUL,
            refused=True,
            hint="leave it with one of them under `people:` in tocsin.yaml, or end a link: `tocsin people list`",
        )
    near = [one.name for one in world.setup.people.values() if _is_theirs(speaker.email, one)]
    guess = f"you may be {' or '.join(near)}, by your e-mail address; " if near else ""
    who = near[0] if len(near) == 1 else "NAME"
    return Answer(
        headline="Tocsin does not know who you are here, so nothing was done",
        tone=Tone.CAREFUL,
        refused=True,
        text=(f"{guess}sign in to Tocsin, make a code there (`tocsin people code`), and type here: link CODE"),
        hint=(
            f"or ask an admin: `tocsin people link {who} {speaker.integration} {speaker.user}`, or"
            f" `chat: {{{speaker.integration}: {speaker.user}}}` under `people:` in tocsin.yaml"
        ),
        link=f"{world.setup.public_url}/" if world.setup.public_url else "",
    )
