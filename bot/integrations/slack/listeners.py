"""What Slack brings, by slack-bolt: a listener for each thing that people do, whichever door it comes through.

A listener reads, has it written down, and acknowledges: Slack gives it three seconds, whatever else is going on. What
was written down comes back to `Answers` to be followed, also when we are killed meanwhile. What cannot be written down
is not acknowledged: Slack says to whoever typed it that it failed, leaves a form open, and brings an event again.
What is wrong with a form is said with the acknowledgement, so that it stays open; that is known without asking anybody.
A form that only has to be opened is not written down, nor is a mark, which is found again: a task of ours does it at
once, and is waited for at the end.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Coroutine
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from bot.integrations.slack import hearing, modals
from bot.integrations.slack.answers import Answers
from bot.integrations.slack.hearing import Heard
from bot.integrations.slack.letters import ACKNOWLEDGE
from bot.integrations.slack.presses import SAYS
from bot.ports.alert_hook import Call
from bot.ports.chat_hook import Acknowledged

_log = logging.getLogger(__name__)
VENDOR = logging.getLogger(f"{__name__}.vendor")
"""Of Slack's libraries, and silent: they write what people said, and of what fails we say more ourselves."""
VENDOR.disabled = True
VENDOR.setLevel(logging.CRITICAL)

_ANY = re.compile("")
_PRESSED = re.compile(f"^({ACKNOWLEDGE}$|{SAYS})")
_NONE_OF_SLACKS = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
"""What Bolt raises where a post is not built like any of Slack's."""
_NOT_KEPT = 503
_MARKING = ("message", "pin_added", "reaction_added")

Json = dict[str, Any]  # Any: what Slack brings holds any JSON


class Listeners:
    """Those of one workspace. `app` is Bolt's, for Socket Mode; what is posted goes to `take`."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._following: set[asyncio.Task[None]] = set()
        self.app = AsyncApp(
            name=VENDOR.name,
            logger=VENDOR,
            authorize=_as_one_workspace,
            request_verification_enabled=False,  # it was proven at the door, before anything in it was read
            ignoring_self_events_enabled=False,  # that would ask Slack who we are, and let it wait meanwhile
            process_before_response=True,
        )
        self.app.command(_ANY)(self._typed)
        self.app.action(_PRESSED)(self._pressed)
        self.app.shortcut(hearing.DECLARE)(self._chosen)
        self.app.view(modals.CALLBACK)(self._filled)
        self.app.event("app_mention")(self._called)
        self.app.event("app_home_opened")(self._looked)
        self.app.event("member_joined_channel")(self._joined)
        for kind in _MARKING:
            self.app.event(kind)(self._marked)
        for rest in (self.app.action, self.app.view, self.app.shortcut, self.app.event):
            rest(_ANY)(_left_alone)
        self.app.error(_mistaken)

    async def take(self, call: Call) -> Acknowledged:
        """What was posted, and proven."""
        try:
            request = AsyncBoltRequest(body=call.body.decode(), headers={"content-type": call.header("content-type")})
            said = await self.app.async_dispatch(request)
        except _NONE_OF_SLACKS:
            return Acknowledged(broken=True)
        if said.status == _NOT_KEPT:
            return Acknowledged(again=True)
        if said.status != 200:
            return Acknowledged(broken=True)
        return Acknowledged(body=json.loads(said.body) if said.body else None)

    def may_have_missed(self) -> None:
        """A connection was opened: what happened before may not come any more."""
        self._answers.may_have_missed()

    async def close(self) -> None:
        """What is under way is done first."""
        await asyncio.gather(*self._following, return_exceptions=True)

    async def _typed(self, ack: AsyncAck, body: Json) -> BoltResponse | None:
        return await self._take(ack, hearing.command(body))

    async def _pressed(self, ack: AsyncAck, body: Json) -> BoltResponse | None:
        return await self._take(ack, hearing.click(body, self._answers.prefix))

    async def _chosen(self, ack: AsyncAck, body: Json) -> BoltResponse | None:
        return await self._take(ack, hearing.shortcut(body, self._answers.prefix))

    async def _filled(self, ack: AsyncAck, body: Json) -> BoltResponse | None:
        heard = hearing.submission(body, self._answers.prefix)
        wrong = self._answers.objections(heard, body)
        if wrong:
            await ack(response_action="errors", errors=dict(wrong))
            return None
        return await self._take(ack, heard)

    async def _called(self, ack: AsyncAck, body: Json) -> BoltResponse | None:
        return await self._take(ack, hearing.mention(body))

    async def _take(self, ack: AsyncAck, heard: Heard | None) -> BoltResponse | None:
        """Acknowledges it once nothing of it can be lost any more; None was said to us."""
        opens = heard is not None and self._answers.opens(heard)
        if heard is not None and not opens and not await self._answers.write_down(heard):
            self._follow(self._answers.regret(heard))
            return BoltResponse(status=_NOT_KEPT)
        await ack()
        if heard is not None and opens:
            self._follow(self._answers.open(heard))
        return None

    async def _looked(self, ack: AsyncAck, body: Json) -> BoltResponse | None:
        return await self._take(ack, hearing.looked(body))

    async def _joined(self, ack: AsyncAck, body: Json) -> BoltResponse | None:
        return await self._take(ack, hearing.joined(body))

    async def _marked(self, ack: AsyncAck, event: Json) -> None:
        await ack()
        self._follow(self._answers.keep(event))

    def _follow(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._following.add(task)
        task.add_done_callback(self._following.discard)


async def _as_one_workspace(team_id: str) -> AuthorizeResult:
    """Bolt asks on whose behalf it answers: nobody is asked, as we answer with a client of our own."""
    return AuthorizeResult(enterprise_id=None, team_id=team_id)


async def _left_alone(ack: AsyncAck) -> None:
    """A button that leads to a page, an event that says nothing to us."""
    await ack()


async def _mistaken(error: Exception) -> None:
    _log.error("what Slack brought was not understood: %s", type(error).__name__, exc_info=error)
