"""The page about our people, and its forms: who somebody is in a chat, said by themselves or by an admin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.errors import NotAllowed
from bot.kit.who_asks import asker
from bot.model.actor import Actor, Person
from bot.model.chat_link import ChatLink
from bot.model.utterance import Utterance
from bot.ports.commands import Commands
from bot.response import chats_linked
from bot.response.world import World
from bot.rights import Act, Yes, may
from bot.web.forms import fields, text, to
from bot.web.pages import Page, Pages

_Seen = tuple[Sequence[Person], Sequence[ChatLink]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView:
    """Somebody, and who they are in chats: by `person.chat` in tocsin.yaml, and by these links."""

    person: Person
    links: tuple[ChatLink, ...]
    may_unlink: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleView:
    """Everybody by name, whoever looks among them. `chats` are the names that a chat may have."""

    people: tuple[PersonView, ...]
    may_link: bool
    chats: tuple[str, ...]

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return "People"

    @property
    def news(self) -> str:
        """What a screen reader says when something has changed."""
        return f"{sum(len(one.links) for one in self.people)} people are linked to chats"


async def _see(world: World, actor: Actor, _key: str) -> _Seen:
    return await chats_linked.seen(world, actor)


def _view(seen: _Seen, world: World, actor: Actor) -> PeopleView:
    people, links = seen
    may_link = isinstance(may(actor, Act.LINK_OTHERS, "people", world.clock.now()), Yes)
    return PeopleView(
        people=tuple(
            PersonView(
                person=one,
                links=tuple(link for link in links if link.person == one.name),
                may_unlink=may_link or one.name == actor.name,
            )
            for one in people
        ),
        may_link=may_link,
        chats=tuple(sorted({*world.boards, *world.chats})),
    )


PEOPLE = Page(template="people.html.jinja", nav="people", parts={"people": "_people.html.jinja"}, see=_see, view=_view)


class PeopleChanges:
    """The forms' endpoints. The door has checked session, token, Origin and Host before any of them is asked."""

    def __init__(self, world: World, pages: Pages, commands: Commands) -> None:
        self._world = world
        self._pages = pages
        self._commands = commands

    @property
    def routes(self) -> list[Route]:
        """Their paths."""
        return [
            Route("/people/me/code", self.code, methods=["POST"]),
            Route("/people/links", self.link, methods=["POST"]),
            Route("/people/unlink", self.unlink, methods=["POST"]),
        ]

    async def code(self, request: Request) -> Response:
        """A code to type in a chat. It stands in this answer and nowhere else."""
        await fields(request)
        made = await self._commands.asked(asker(request.scope).actor, Utterance(text="link"))
        if made.refused:
            raise NotAllowed(made.headline, hint=made.hint or made.text)
        return await self._pages.whole(PEOPLE, request, made)

    async def link(self, request: Request) -> Response:
        """An admin says who somebody is in a chat."""
        form, actor = await fields(request), asker(request.scope).actor
        chat, user = text(form, "chat"), text(form, "user")
        if not chat or not user or len((chat + user).split()) > 1:
            raise NotAllowed("a chat and an id are one word each", hint="go back, correct it and send it again")
        await chats_linked.link(self._world, actor, text(form, "person"), chat, user)
        return to("/people")

    async def unlink(self, request: Request) -> Response:
        """They are not that any more."""
        form, actor = await fields(request), asker(request.scope).actor
        await chats_linked.unlink(self._world, actor, text(form, "person"), text(form, "chat"), text(form, "user"))
        return to("/people")
