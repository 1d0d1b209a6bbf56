"""What is done when somebody says something in Slack: who they are there now, what Tocsin says, and who reads it."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import IntegrationError, Temporary, TocsinError
from bot.integrations.slack import homes, modals, mrkdwn, replies
from bot.integrations.slack.api import Api
from bot.integrations.slack.hearing import Heard
from bot.integrations.slack.keeping import Keeping
from bot.integrations.slack.responding import Responding
from bot.integrations.slack.vouching import Vouching
from bot.integrations.slack.writing import Writing
from bot.model.answer import Answer, Form, Tone
from bot.model.utterance import Filled, Utterance
from bot.ports.commands import Commands

_log = logging.getLogger(__name__)

_LONGEST = 3000
_REMEMBERED = 2000

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
    """Follows what is said in one workspace, once each, through whichever door it comes."""

    def __init__(self, api: Api, responding: Responding, commands: Commands, manner: Manner | None = None) -> None:
        self._api, self._responding, self._commands = api, responding, commands
        self._manner = manner or Manner()
        self._vouching = Vouching(api, trusts=self._manner.trusts)
        emoji = self._manner.emoji
        self.keeping = None if emoji is None else Keeping(Writing(api), self._vouching, commands.remarks, emoji)
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

    async def follow(self, found: Heard | None) -> None:
        """One thing that somebody said, once; None: they said nothing to us."""
        if found is None or not self._is_new(found.key):
            return
        try:
            answer = await self._answered(found)
        except IntegrationError as error:
            answer = _unvouched(error)
        except Exception:  # whoever spoke at night is told, whatever mistake we made; the log says which
            _log.exception("what %s said was not followed", found.user)
            answer = _OURS
        await self._tell(found, answer)
        if found.at_home:
            await self.at_home(found.user)

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

    async def at_home(self, user: str) -> None:
        """Their home tab says what is so now."""
        try:
            who = await self._vouching.of(user)
            if isinstance(who, str):
                return
            answers = [await self._commands.said(who, Utterance(text=one)) for one in homes.ASKED]
            await self._api.call("views.publish", repeatable=True, user_id=user, view=homes.home(answers))
        except IntegrationError as error:
            _log.warning("the home tab of %s was not shown: %s; %s", user, error, error.hint)

    async def welcome(self, event: Payload) -> None:
        """Whoever joins an incident's own channel reads, alone, what happened so far. Whom we invited is told by it."""
        user, channel = str(event.get("user", "")), str(event.get("channel", ""))
        what = Utterance(text="catchup", place=channel)
        try:
            who = await self._vouching.of(user)
            if isinstance(who, str) or event.get("inviter") == self._vouching.bot:
                return
            answer = await self._commands.said(who, what)
            if not answer.refused:  # it is about no incident, or they may not see it
                await self._whisper(Heard(user=user, what=what, channel=channel), answer)
        except IntegrationError as error:
            _log.warning("%s was not told what happened so far: %s; %s", user, error, error.hint)

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
        said = replies.drawn(answer)
        if await self._responded(found.back, said):
            return
        channel = found.channel or await self._direct(found.user)
        where = {"channel": channel, "user": found.user, **({"thread_ts": found.thread} if found.thread else {})}
        try:
            await self._api.call("chat.postEphemeral", repeatable=False, **where, **said)
        except IntegrationError as error:
            if error.reason != "client":
                raise
            _log.warning("an answer is written in words alone: %s", error)
            text = mrkdwn.fitting(replies.plain(answer), _LONGEST)
            await self._api.call("chat.postEphemeral", repeatable=False, **where, text=text)

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


def _unvouched(error: IntegrationError) -> Answer:
    then = "Click again in a moment" if isinstance(error, Temporary) else error.hint
    headline = f"Slack did not say who you are, so nothing was done: {error.message}. {then}."
    return Answer(headline=headline, tone=Tone.CAREFUL, refused=True)
