"""What is done when somebody says something in Slack: who they are there now, what Tocsin says, and who reads it."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.errors import IntegrationError, StoreError, Temporary, TocsinError
from bot.integrations.slack import homes, modals, mrkdwn, remembered, replies
from bot.integrations.slack.api import Api, Refusal
from bot.integrations.slack.hearing import Heard
from bot.integrations.slack.images import Images
from bot.integrations.slack.keeping import Keeping
from bot.integrations.slack.responding import Responding
from bot.integrations.slack.vouching import Vouching
from bot.integrations.slack.writing import Writing
from bot.model.answer import Answer, Form, Tone
from bot.model.utterance import Filled, Missed, Utterance
from bot.ports.commands import Commands

_log = logging.getLogger(__name__)

_LONGEST = 3000
_REMEMBERED = 2000
_NOT_THERE = frozenset({"channel_not_found", "is_archived", "not_in_channel", "user_not_in_channel"})
_LOOKS = timedelta(minutes=30)
"""For so long somebody may look where they said something; what only they see there is gone when they come later."""
_PATIENCE_S = 2.0
"""Slack waits for three seconds."""

# Any: what Slack brings holds any JSON.
Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How people speak to Tocsin there: `command` is what they type, `trusts` says that an e-mail there is proof.

    `emoji` are those by which a message is put on a timeline, as by a pin; None: none is.
    """

    command: str = "/tocsin"
    trusts: bool = False
    emoji: frozenset[str] | None = None


class Answers:
    """Follows what is said in one workspace, once each, through whichever door it comes. It is a `ChatListener`."""

    def __init__(self, api: Api, responding: Responding, commands: Commands, manner: Manner | None = None) -> None:
        self._api, self._responding, self._commands = api, responding, commands
        self._manner = manner or Manner()
        self._vouching = Vouching(api, trusts=self._manner.trusts)
        emoji = self._manner.emoji
        self.keeping = (
            None if emoji is None else Keeping(Writing(api), Images(api), self._vouching, commands.remarks, emoji)
        )
        """Puts messages on timelines, where that is wanted."""
        self._had: OrderedDict[str, None] = OrderedDict()

    def may_have_missed(self) -> None:
        """A connection was opened: what happened before may not come any more."""
        if self.keeping is not None:
            self.keeping.wake()

    @property
    def prefix(self) -> str:
        """What stands before a command there."""
        return self._manner.command

    def objections(self, found: Heard | None, payload: Payload) -> Mapping[str, str]:
        """What is wrong with a form and can be corrected in it, by the name of the blank; at once."""
        if found is None or not isinstance(found.what, Filled):
            return {}
        wrong, shown = self._commands.objections(found.what), modals.shown(payload)
        return {name: why[:_LONGEST] for name, why in wrong.items() if name in shown or name not in found.what.values}

    def opens(self, found: Heard) -> bool:
        """Whether it only opens a form: Slack lets that be done within three seconds, and nothing is lost but that."""
        return bool(found.trigger) and self._commands.asks(found.what)

    async def write_down(self, found: Heard) -> bool:
        """Whether it is on the disk, so that it may be acknowledged: it is followed then, whatever happens to us."""
        key = found.key or secrets.token_hex(16)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._commands.keep(self._api.name, key, remembered.written(found))
        except StoreError as error:
            _log.warning("what %s said was not written down: %s; %s", found.user, error, error.hint)
            return False
        except TimeoutError:
            _log.warning("what %s said was not written down within %s s", found.user, _PATIENCE_S)
            return False
        return True

    async def regret(self, found: Heard) -> None:
        """It could not be written down: whoever typed or clicked reads so. An event comes again, a form stays open."""
        if found.back and isinstance(found.what, Utterance):
            await self._tell(found, _NOT_WRITTEN)

    async def follow(self, heard: Mapping[str, str]) -> None:
        """See `ChatListener`."""
        found = remembered.read(heard)
        if not await self._shown(found):
            await self._follow(found)

    async def excuse(self, heard: Mapping[str, str], missed: Missed) -> None:
        """See `ChatListener`. How things stand is worth reading late, too, and twice."""
        found = remembered.read(heard)
        if await self._shown(found):
            return
        who = await self._vouching.of(found.user)
        if isinstance(who, str):  # they could not have done anything
            return
        answer = self._commands.missed(found.to(self._vouching.bot), missed)
        if missed.age < _LOOKS:
            await self._whisper(found, answer)
        else:
            await self._write_to(found.user, answer)

    async def open(self, found: Heard) -> None:
        """The form that is asked for, once."""
        if self._is_new(found.key):
            await self._follow(found)

    async def _follow(self, found: Heard) -> None:
        try:
            answer = await self._answered(found)
        except IntegrationError as error:
            answer = _unvouched(error)
        except Exception:  # whoever spoke at night is told, whatever mistake we made; the log says which
            _log.exception("what %s said was not followed", found.user)
            answer = _OURS
        await self._tell(found, answer)
        if found.at_home:
            await self._at_home(found.user)

    async def keep(self, event: Payload) -> None:
        """What was marked for the timeline, or is there and was changed; whoever may not is told so, alone."""
        if self.keeping is None:
            return
        try:
            refused = await self.keeping.follow(event)
            if refused is not None:
                await self._whisper(*refused)
        except TocsinError as error:
            _log.warning("what happened to a message is made up for later: %s; %s", error, error.hint)

    async def _shown(self, found: Heard) -> bool:
        """Whether they said nothing, and are shown how things stand."""
        if found.joined:
            await self._welcome(found)
        elif found.looked:
            await self._at_home(found.user)
        return found.joined or found.looked

    async def _at_home(self, user: str) -> None:
        """Their home tab says what is so now; to whom nothing is shown, why."""
        try:
            who = await self._vouching.of(user)
            if isinstance(who, str):
                answers = [Answer(headline=who, tone=Tone.CAREFUL, refused=True)]
            else:
                answers = [await self._commands.said(who, Utterance(text=one)) for one in homes.ASKED]
            await self._api.call("views.publish", repeatable=True, user_id=user, view=homes.home(answers))
        except IntegrationError as error:
            _log.warning("the home tab of %s was not shown: %s; %s", user, error, error.hint)

    async def _welcome(self, found: Heard) -> None:
        """Whoever joins an incident's own channel reads, alone, what happened so far. Whom we invited is told by it."""
        try:
            who = await self._vouching.of(found.user)
            if isinstance(who, str) or found.inviter == self._vouching.bot:
                return
            answer = await self._commands.said(who, found.what)
            if not answer.refused:  # it is about no incident, or they may not see it
                await self._whisper(found, answer)
        except IntegrationError as error:
            _log.warning("%s was not told what happened so far: %s; %s", found.user, error, error.hint)

    def _is_new(self, key: str) -> bool:
        """Whether this was not brought before."""
        if key and key in self._had:
            return False
        self._had[key] = None
        while len(self._had) > _REMEMBERED:
            self._had.popitem(last=False)
        return True

    async def _answered(self, found: Heard) -> Answer:
        who = await self._vouching.of(found.user)
        if isinstance(who, str):
            return Answer(headline=who, tone=Tone.CAREFUL, refused=True)
        return await self._commands.said(who, found.to(self._vouching.bot))

    # ---- who reads it -----------------------------------------------------------------------------------------------

    async def _tell(self, found: Heard, answer: Answer) -> None:
        """Only they read it; and nothing is said where what they did is seen by itself."""
        if answer.seen and found.quiet and not answer.refused:
            return
        if answer.form is not None and found.trigger and await self._opened(found, answer.form):
            return
        try:
            await self._whisper(found, answer)
        except IntegrationError as error:
            _log.warning("%s could not be answered: %s; %s", found.user, error, error.hint)

    async def _opened(self, found: Heard, form: Form) -> bool:
        """Whether the form stands before them."""
        view = modals.view(form, found.back)
        try:
            await self._api.call("views.open", repeatable=False, trigger_id=found.trigger, view=view)
        except IntegrationError as error:
            _log.warning("a form could not be opened for %s: %s; %s", found.user, error, error.hint)
            return False
        return True

    async def _whisper(self, found: Heard, answer: Answer) -> None:
        """Where they said it. Where that is no channel, or cannot be any more, in the conversation with them.

        There it is a message: what only they see is marked by nothing, and is gone when they come to look.
        """
        if await self._responded(found.back, replies.drawn(answer)):
            return
        thread = {"thread_ts": found.thread} if found.thread else {}
        try:
            if found.channel:
                await self._post("chat.postEphemeral", answer, channel=found.channel, user=found.user, **thread)
                return
        except Refusal as refusal:
            if refusal.word not in _NOT_THERE:
                raise
        await self._write_to(found.user, answer)

    async def _write_to(self, user: str, answer: Answer) -> None:
        await self._post("chat.postMessage", answer, channel=await self._direct(user))

    async def _post(self, method: str, answer: Answer, **where: str) -> None:
        """In words alone, where Slack finds the rest ill-formed."""
        try:
            await self._api.call(method, repeatable=False, **where, **replies.drawn(answer))
        except Refusal as refusal:
            if refusal.reason != "client" or refusal.word in _NOT_THERE:
                raise
            _log.warning("an answer is written in words alone: %s", refusal)
            text = mrkdwn.fitting(replies.plain(answer), _LONGEST)
            await self._api.call(method, repeatable=False, **where, text=text)

    async def _direct(self, user: str) -> str:
        said = await self._api.call("conversations.open", repeatable=True, users=user)
        channel = said.get("channel")
        return str(channel.get("id", "")) if isinstance(channel, dict) else ""

    async def _responded(self, back: str, said: Mapping[str, object]) -> bool:
        """At the address that came with what they said, if it is Slack's: it is good five times and half an hour."""
        if not self._responding.is_theirs(back):
            return False
        try:
            await self._responding.answer(back, said)
        except IntegrationError as error:
            _log.info("%s; answered in another way", error)
            return False
        return True


_OURS = Answer(
    headline="Tocsin met a mistake of its own, and nobody knows whether it was done: see the incident's page.",
    tone=Tone.BAD,
    refused=True,
)
_NOT_WRITTEN = Answer(
    headline="Tocsin could not write down what you said, so do not count on it.",
    tone=Tone.BAD,
    refused=True,
    hint="look how it stands, and say it again in a moment; Tocsin's log says why",
)


def _unvouched(error: IntegrationError) -> Answer:
    then = "Click again in a moment" if isinstance(error, Temporary) else error.hint
    headline = f"Slack did not say who you are, so nothing was done: {error.message}. {then}."
    return Answer(headline=headline, tone=Tone.CAREFUL, refused=True)
