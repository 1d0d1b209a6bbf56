"""Whoever does what is asked in a chat: understands it, asks who it is, does it, and says what came of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.chat import (
    alerts,
    excusing,
    filling,
    incidents,
    linking,
    people,
    places,
    planned,
    running,
    teaching,
    telling,
    working,
)
from bot.chat.asked import Asked, Deed, mistaken
from bot.chat.grammar import Command, Grammar, Mistake
from bot.chat.identity import Identity, Known
from bot.chat.remarks import Kept
from bot.errors import DocumentError, TocsinError
from bot.model.actor import TOCSIN, Actor
from bot.model.answer import Answer, Form, Tone
from bot.model.ids import IncidentId
from bot.model.remark import Spot
from bot.model.utterance import Filled, Missed, Speaker, Utterance
from bot.model.wording import one_line
from bot.ports.remarks import Remarks
from bot.response import chat_said
from bot.response.world import World

_log = logging.getLogger(__name__)

_BUT_HELP: Sequence[Deed] = (
    *incidents.DEEDS,
    *working.DEEDS,
    *alerts.DEEDS,
    *planned.DEEDS,
    *people.DEEDS,
    *running.DEEDS,
    *telling.DEEDS,
    *linking.DEEDS,
    filling.MORE,
)
_FILL = filling.filling(_BUT_HELP)
_HELP = teaching.helping([one.verb for one in (*_BUT_HELP, _FILL)])
DEEDS: Mapping[str, Deed] = {one.verb.name: one for one in (*_BUT_HELP, _HELP, _FILL)}
"""Every command there is, by its name."""
_SOME = IncidentId("INC-1")
"""Whichever incident a place may be about."""
GRAMMAR = Grammar([one.verb for one in DEEDS.values()])


class Chat:
    """`Commands`. People, their links and their roles are those of the moment."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._identity = Identity(world)
        self.remarks: Remarks = Kept(world, self._identity)

    async def keep(self, integration: str, key: str, heard: Mapping[str, str]) -> bool:
        """See `Commands`."""
        return await chat_said.keep(self._world, TOCSIN, integration, key, heard)

    async def said(self, speaker: Speaker, what: Utterance | Filled) -> Answer:
        """See `Commands`."""
        try:
            who = await self._identity.of(speaker)
            if isinstance(who, Answer):
                code = _code(what)
                return await self._identity.link(speaker, code) if code else who
            return await self._done(who.actor, await self._placed(speaker, what), who)
        except TocsinError as error:
            return refused(error, what)
        except Exception:  # whoever asked at night is told, whatever mistake we made; the log says which
            _log.exception("what %s asked was not done", speaker.user)
            return _OURS

    async def _placed(self, speaker: Speaker, what: Utterance | Filled) -> Utterance | Filled:
        """With the incident in whose own channel, or below whose message, it was said."""
        if isinstance(what, Filled) or not what.place or what.about is not None:
            return what
        integration, spot = speaker.integration, Spot(place=what.place, thread=what.thread)
        return replace(what, about=await self._world.store.read(lambda tx: places.about(tx, integration, spot)))

    async def asked(self, actor: Actor, what: Utterance | Filled) -> Answer:
        """See `Commands`."""
        try:
            return await self._done(actor, what)
        except TocsinError as error:
            return refused(error, what)

    def asks(self, what: Utterance | Filled) -> bool:
        """See `Commands`."""
        if isinstance(what, Filled):
            return False
        try:
            command = GRAMMAR.parse(what.text, what.about or (_SOME if what.place else None))
        except Mistake:
            return False
        deed = DEEDS[command.verb]
        return deed is _FILL or (deed.form is not None and bool(deed.lacks(command.values)))

    def missed(self, what: Utterance | Filled, missed: Missed) -> Answer:
        """See `Commands`."""
        return excusing.excuse(what, missed)

    def objections(self, filled: Filled) -> Mapping[str, str]:
        """See `Commands`."""
        try:
            return GRAMMAR.fit(filled.command, filled.values)[1]
        except Mistake:
            return {}

    async def _done(self, actor: Actor, what: Utterance | Filled, who: Known | None = None) -> Answer:
        command = _understood(what)
        deed = DEEDS[command.verb]
        known = who.known if who is not None else {}
        asked = Asked(world=self._world, actor=actor, values=command.values, known=known, known_here=who is not None)
        try:
            if lacking := deed.lacks(command.values):
                raise mistaken(deed.verb, lacking)
            answer = await deed.do(asked)
        except Mistake as mistake:
            form = None if deed.form is None or isinstance(what, Filled) else deed.form(asked)
            return _with_form(teaching.mistaken(mistake, what.prefix), form)
        self._world.nudge()
        return answer


_OURS = Answer(
    headline="Tocsin met a mistake of its own, and nobody knows whether it was done",
    tone=Tone.BAD,
    refused=True,
    hint="see the incident's page; Tocsin's log says more",
)


_TYPED = {"tocsin incident list": "list", "tocsin incident tasks": "task list"}
"""What hints name for a terminal, and what is typed in a chat instead."""


def _understood(what: Utterance | Filled) -> Command:
    """The command; Mistake."""
    if isinstance(what, Utterance):
        return GRAMMAR.parse(what.text, what.about)
    command, wrong = GRAMMAR.fit(what.command, what.values)
    if wrong:
        name, why = next(iter(wrong.items()))
        raise Mistake(f"{name}: {why}", hint="fill it in again", verb=GRAMMAR.verb(what.command))
    return command


def _code(what: Utterance | Filled) -> str:
    """The code with which somebody says who they are: all that a stranger may do."""
    try:
        command = _understood(what)
    except Mistake:
        return ""
    return command.values.get("code", "") if command.verb == linking.LINK.name else ""


def _with_form(answer: Answer, form: Form | None) -> Answer:
    return answer if form is None else replace(answer, form=form)


def refused(error: TocsinError, what: Utterance | Filled) -> Answer:
    """What was not done, why, and what to do about it."""
    if isinstance(error, Mistake):
        return teaching.mistaken(error, what.prefix)
    message = error.complaints[0].message if isinstance(error, DocumentError) else error.message
    hint = error.hint
    for typed, here in _TYPED.items():
        hint = hint.replace(f"`{typed}`", f"`{here}`")
    return Answer(headline=one_line(message, 500), tone=Tone.CAREFUL, hint=one_line(hint, 500), refused=True)
