"""Who writes to people in Slack: each page and message once, and each page's message as its incident goes on."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime

from bot.errors import Permanent
from bot.integrations.slack import letters, presses
from bot.integrations.slack.api import Refusal
from bot.integrations.slack.config import check_person, is_channel
from bot.integrations.slack.letters import Json, Letter
from bot.integrations.slack.writing import GONE, Writing
from bot.model.answer import Press
from bot.model.ids import IncidentId
from bot.model.mirror import Happening, OurChange, TheirChange
from bot.model.page import Call, Message

_QUIET = 4
"""Messages and edits on their way at once: half of all connections, so that pages stand in no line behind them."""
_REMEMBERED = 2000
_EDITED = (Happening.ACKNOWLEDGED, Happening.RESOLVED)


class Slack:
    """A `Pager`, a `Messenger` and a `Mirror`: one bot in one workspace. A page's ref is `channel/time`."""

    def __init__(self, writing: Writing, *, hears: bool = False) -> None:
        """`hears`: what is clicked is heard, so that there are buttons to click."""
        self._writing, self._hears = writing, hears
        self._quiet = asyncio.Semaphore(_QUIET)
        self._directs: dict[str, str] = {}
        self._had: OrderedDict[str, str] = OrderedDict()
        """By id the ref of each message that was written, empty while nobody knows whether it was."""

    async def page(self, call: Call) -> str:
        """See `Pager`."""
        channel = await self._direct(call.address)
        return await self._write(
            channel, letters.of_page(call, answered=self._hears, more=self._more(call.incident)), again=call.again
        )

    async def send(self, message: Message) -> None:
        """See `Messenger`. To a person, or in a channel."""
        async with self._quiet:
            to = message.address
            clicks = presses.buttons(message.presses) if self._hears else ()
            channel = to if is_channel(to) else await self._direct(to)
            await self._write(channel, letters.of_message(message, clicks), again=message.again)

    async def tell(self, change: OurChange, *, again: bool) -> None:
        """See `Mirror`. The messages of its pages are edited; one that somebody removed is left alone."""
        if change.what not in _EDITED:
            return
        async with self._quiet:
            for ref in change.refs:
                channel, _, ts = ref.partition("/")
                if ts:
                    await self._edit(channel, ts, change)

    async def changes(self, since: datetime) -> Sequence[TheirChange]:
        """See `Mirror`. Slack keeps no incidents: what is done there is told at once."""
        return ()

    async def _direct(self, person: str) -> str:
        """The conversation with somebody."""
        if person not in self._directs:
            try:
                check_person(person)
            except ValueError as error:
                hint = "write `address` for this contact under `people:` in tocsin.yaml"
                raise Permanent(str(error), integration=self._writing.name, reason="client", hint=hint) from None
            self._directs[person] = await self._writing.direct(person)
        return self._directs[person]

    async def _write(self, channel: str, letter: Letter, *, again: bool) -> str:
        """The message's ref; one that is there already is not written again."""
        ref = self._had.get(letter.id, "" if again else None)
        if ref == "":
            ref = await self._found(channel, letter.id)
        if not ref:
            self._remember(letter.id, "")
            ref = f"{channel}/{await self._posted(channel, letter)}"
        self._remember(letter.id, ref)
        return ref

    async def _posted(self, channel: str, letter: Letter) -> str:
        try:
            return await self._writing.post(channel, letter)
        except Permanent:
            self._had.pop(letter.id, None)  # it was not written, and everybody knows
            raise

    async def _found(self, channel: str, id: str) -> str:
        """Its ref, where an attempt whose answer was lost had written it; empty where none had.

        Where the bot may not look, the message is written again: doubled is better than lost.
        """
        try:
            written = await self._writing.newest(channel)
        except Refusal:
            return ""
        found = [one for one in written if letters.is_of(one.get("metadata"), id)]
        return f"{channel}/{self._writing.text(found[0], 'ts')}" if found else ""

    async def _edit(self, channel: str, ts: str, change: OurChange) -> None:
        try:
            for one in await self._writing.at(channel, ts):
                letter = letters.changed(one.get("metadata"), change, self._more(change.incident))
                if letter is not None:
                    await self._writing.edit(channel, ts, letter)
        except Refusal as refusal:
            if refusal.word not in GONE:
                raise

    def _more(self, incident: IncidentId) -> Sequence[Json]:
        """The button that leads to all that may be done, for whoever has nothing but a telephone."""
        return presses.buttons([Press(label="More", says=f"more {incident}")]) if self._hears else ()

    def _remember(self, id: str, ref: str) -> None:
        self._had[id] = ref
        self._had.move_to_end(id)
        while len(self._had) > _REMEMBERED:
            self._had.popitem(last=False)
