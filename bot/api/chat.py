"""The commands of the chat, for `tocsin chat` and for programs that bring them from a chat of their own."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints

from bot.api.asked import Asker
from bot.api.bodies import In
from bot.api.schema import Out
from bot.model.answer import BlankKind, Tone
from bot.model.ids import IncidentId
from bot.model.utterance import Filled, Utterance
from bot.ports.commands import Commands

router = APIRouter(tags=["chat"])

_Short = Annotated[str, StringConstraints(max_length=200)]
_Long = Annotated[str, StringConstraints(max_length=8000)]


class ChatIn(In):
    """A line, such as `ack INC-7`; or a `command` with the values that a form asked for.

    `about` is the incident that is meant where the line names none.
    """

    text: _Long = ""
    about: Annotated[str, StringConstraints(max_length=40)] = ""
    command: _Short = ""
    values: dict[_Short, _Long] = Field(default_factory=dict, max_length=50)


class PressOut(Out):
    """A button: clicking it says `says`."""

    label: str
    says: str
    tone: Tone
    confirm: str


class BlankOut(Out):
    """One thing that a form asks for."""

    name: str
    label: str
    kind: BlankKind
    choices: list[str]
    value: str
    needed: bool
    hint: str


class FormOut(Out):
    """What a command wants to know: send `command` with `fixed` and the values of the blanks."""

    command: str
    title: str
    blanks: list[BlankOut]
    submit: str
    fixed: dict[str, str]


class ChatAnswer(Out):
    """What whoever asked reads; all of it plain text. A refusal is an answer too: nothing was done then."""

    headline: str
    tone: Tone
    text: str
    facts: list[tuple[str, str]]
    items: list[str]
    code: str
    presses: list[PressOut]
    link: str
    hint: str
    form: FormOut | None
    refused: bool


@router.post("/chat")
async def chat(request: Request, asker: Asker, body: ChatIn) -> ChatAnswer:
    """Does what a line says, with the rights of whoever asks, and answers as a chat would."""
    commands = cast(Commands, request.app.state.commands)
    what: Utterance | Filled
    if body.command:
        what = Filled(command=body.command, values=body.values)
    else:
        what = Utterance(text=body.text, about=IncidentId(body.about) if body.about else None)
    return ChatAnswer.model_validate(await commands.asked(asker, what))
