"""Our people, and who they are in chats."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast

from fastapi import APIRouter, Path, Request
from pydantic import StringConstraints

from bot.api.asked import AskedWorld, Asker
from bot.api.bodies import In
from bot.api.schema import Out
from bot.model.utterance import Utterance
from bot.ports.commands import Commands
from bot.response import chats_linked

router = APIRouter(tags=["people"])

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^\S+$")]
_InPath = Annotated[str, Path(max_length=100)]


class ChatLinkOut(Out):
    """In the chat of `integration` the one with the id `user` is `person`; `by` said so."""

    integration: str
    user: str
    person: str
    at: datetime
    by: str


class PersonOut(Out):
    """Somebody under `people:`. `chat` is what tocsin.yaml says of who they are in chats."""

    name: str
    email: str
    roles: list[str]
    chat: dict[str, str]


class PeopleOut(Out):
    """Everybody by name, and the links that were made beside what tocsin.yaml says."""

    people: list[PersonOut]
    links: list[ChatLinkOut]


class CodeOut(Out):
    """What to type in the chat, and until when."""

    says: str
    headline: str


class ChatLinkIn(In):
    """Who somebody is in a chat."""

    integration: _Word
    user: _Word


@router.get("/people")
async def list_people(world: AskedWorld, asker: Asker) -> PeopleOut:
    """Everybody, with their roles, and who they are in chats."""
    people, links = await chats_linked.seen(world, asker)
    shown = [PersonOut(name=one.name, email=one.email, roles=sorted(one.roles), chat=dict(one.chat)) for one in people]
    return PeopleOut(people=shown, links=[ChatLinkOut.model_validate(one) for one in links])


@router.post("/people/me/code", status_code=201)
async def make_code(request: Request, asker: Asker) -> CodeOut:
    """A code by which whoever asks says in a chat who they are, once, within ten minutes."""
    answer = await cast(Commands, request.app.state.commands).asked(asker, Utterance(text="link"))
    return CodeOut(says=answer.code, headline=answer.headline)


@router.post("/people/{name}/links", status_code=201)
async def link_person(world: AskedWorld, asker: Asker, name: _InPath, body: ChatLinkIn) -> ChatLinkOut:
    """An admin says who somebody is in a chat."""
    return ChatLinkOut.model_validate(await chats_linked.link(world, asker, name, body.integration, body.user))


@router.post("/people/{name}/unlink")
async def unlink_person(world: AskedWorld, asker: Asker, name: _InPath, body: ChatLinkIn) -> ChatLinkOut:
    """They are not that in the chat any more: one's own, or as an admin."""
    return ChatLinkOut.model_validate(await chats_linked.unlink(world, asker, name, body.integration, body.user))
