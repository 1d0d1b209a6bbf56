"""Somebody in a chat is said to be one of our people: by themselves with a code, or by an admin; or is not any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.errors import Conflict, NotAllowed, NotFound
from bot.model.actor import Actor, Person
from bot.model.chat_link import ChatLink
from bot.ports.store import Tx
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require

CODE_LIFE = timedelta(minutes=10)
_AGAIN = "make another one where you are signed in, with `tocsin people code`"


async def code(world: World, actor: Actor, secret_hash: str) -> datetime:
    """Keeps a code of theirs, to be typed once in a chat; when it stops to be good."""
    now = world.clock.now()
    require(actor, Act.LINK_CHAT, actor.name, now)
    _named(world, actor.name)
    until = now + CODE_LIFE

    def keep(tx: Tx) -> None:
        record(tx, actor, Act.LINK_CHAT, actor.name, now, made="a code")
        tx.chat_links.add_code(secret_hash, actor.name, now, until)

    await world.store.write(keep)
    return until


async def typed(world: World, actor: Actor, integration: str, user: str, secret_hash: str) -> ChatLink:
    """Uses a code up: this user of a chat is whose code it is. `actor` is the chat, which says who typed it.

    NotAllowed for a code that is not good, or not any more.
    """
    now = world.clock.now()
    require(actor, Act.RECEIVE_ALERTS, integration, now)

    def keep(tx: Tx) -> ChatLink:
        name = tx.chat_links.use_code(secret_hash, now)
        if name is None or name not in world.setup.people:
            raise NotAllowed("this code is no good, or not any more", hint=_AGAIN)
        link = ChatLink(integration=integration, user=user, person=name, at=now, by=name)
        record(tx, actor, Act.LINK_CHAT, name, now, chat=integration, user=user)
        tx.chat_links.put(link)
        return link

    return await world.store.write(keep)


async def link(world: World, actor: Actor, name: str, integration: str, user: str) -> ChatLink:
    """An admin says who it is. Conflict where somebody else is said to be that already."""
    now = world.clock.now()
    require(actor, Act.LINK_OTHERS, name, now)
    _named(world, name)

    def keep(tx: Tx) -> ChatLink:
        standing = {one.user: one.person for one in tx.chat_links.of(integration)}
        if standing.get(user, name) != name:
            hint = f"`tocsin people unlink {standing[user]} {integration} {user}` before"
            raise Conflict(f"{user} is {standing[user]} in {integration}", hint=hint)
        made = ChatLink(integration=integration, user=user, person=name, at=now, by=actor.name)
        record(tx, actor, Act.LINK_OTHERS, name, now, chat=integration, user=user)
        tx.chat_links.put(made)
        return made

    return await world.store.write(keep)


async def unlink(world: World, actor: Actor, name: str, integration: str, user: str) -> ChatLink:
    """They are not that in the chat any more: one's own, or as an admin. NotFound."""
    now, act = world.clock.now(), Act.LINK_CHAT if name == actor.name else Act.LINK_OTHERS
    require(actor, act, name, now)

    def drop(tx: Tx) -> ChatLink:
        standing = {one.user: one for one in tx.chat_links.of(integration) if one.person == name}
        if user not in standing:
            hint = "`tocsin people list` has them all; what tocsin.yaml says is changed there"
            raise NotFound(f"{name} was not linked to {user!r} of {integration!r}", hint=hint)
        record(tx, actor, act, name, now, chat=integration, user=user, dropped="yes")
        tx.chat_links.drop(integration, user)
        return standing[user]

    return await world.store.write(drop)


async def seen(world: World, actor: Actor) -> tuple[Sequence[Person], Sequence[ChatLink]]:
    """Our people by name, and who they are in chats beside what the documents say."""
    require(actor, Act.LOOK, "people", world.clock.now())
    links = await world.store.read(lambda tx: tx.chat_links.all())
    return [world.setup.people[name] for name in sorted(world.setup.people)], links


def _named(world: World, name: str) -> Person:
    if name not in world.setup.people:
        known = ", ".join(sorted(world.setup.people))
        raise NotFound(f"nobody is called {name!r}; there are: {known}", hint="see `people:` in tocsin.yaml")
    return world.setup.people[name]
