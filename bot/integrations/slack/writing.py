"""How messages are written in Slack, found again and edited; what is asked for more than it can bear waits a little."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

from bot.errors import Temporary
from bot.integrations.slack.api import Api, Json, Refusal
from bot.integrations.slack.letters import Letter

_log = logging.getLogger(__name__)

_SHORT_S, _WAITS = 5.0, 3
"""For so long it is waited where Slack says that it has had enough: nothing was done, so nothing is doubled."""
GONE = frozenset({"message_not_found", "channel_not_found", "is_archived", "cant_update_message", "edit_window_closed"})
"""How Slack says that there is nothing to edit."""
_ILL_FORMED = frozenset(
    {
        "invalid_attachments",
        "invalid_blocks",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_too_large",
        "msg_blocks_too_long",
    }
)
"""Not all limits of Slack are written down, and somebody has to be woken all the same."""
_PAGE, _MOST_PAGES = 200, 20
SOME = 100
"""Messages of a conversation in which one of ours is looked for."""


class Writing:
    """Conversations, as one bot writes in them."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.name = api.name

    async def direct(self, person: str) -> str:
        """The conversation with somebody."""
        said = await self._api.call("conversations.open", repeatable=True, users=person)
        return self.text(said.get("channel"), "id")

    async def post(self, channel: str, letter: Letter, *, thread: str = "") -> str:
        """The time of the message, which is its name there. What Slack finds ill-formed is said in words alone.

        `thread`: the time of the message below which it is written.
        """
        below = {"thread_ts": thread} if thread else {}
        said = await self._said(letter, lambda arguments: self._post(channel, {**arguments, **below}))
        return self.text(said, "ts")

    async def _post(self, channel: str, arguments: Mapping[str, object]) -> Json:
        for attempt in range(_WAITS):
            try:
                return await self._api.call(
                    "chat.postMessage",
                    repeatable=False,
                    channel=channel,
                    unfurl_links=False,
                    unfurl_media=False,
                    **arguments,
                )
            except Temporary as error:
                wait = error.retry_after
                if error.reason != "rate_limited" or wait is None or wait > _SHORT_S or attempt + 1 == _WAITS:
                    raise
            await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    async def edit(self, channel: str, ts: str, letter: Letter) -> None:
        """It says this from now on, in words alone where Slack finds the rest ill-formed."""
        await self._said(
            letter,
            lambda arguments: self._api.call("chat.update", repeatable=True, channel=channel, ts=ts, **arguments),
        )

    async def _said(self, letter: Letter, say: Callable[[Mapping[str, object]], Awaitable[Json]]) -> Json:
        try:
            return await say(letter.arguments)
        except Refusal as refusal:
            if refusal.word not in _ILL_FORMED:
                raise
            if letter.lesser is not None:
                return await self._said(letter.lesser, say)
            _log.warning("a message is written in words alone: %s", refusal)
            return await say(letter.plain)

    async def newest(self, channel: str) -> Sequence[Json]:
        """What was said there last, the newest first, with its metadata."""
        return await self._history(channel, limit=SOME)

    async def replies(self, channel: str, ts: str) -> Sequence[Json]:
        """What was said below a message, with its metadata, the message itself first."""
        return await self._read("conversations.replies", channel, ts=ts, limit=SOME)

    async def at(self, channel: str, ts: str) -> Sequence[Json]:
        """The message of this time, or nothing."""
        return await self._history(channel, limit=1, oldest=ts, latest=ts, inclusive=True)

    async def all(self, channel: str) -> AsyncIterator[Json]:
        """What was said there and below no other message, the newest first; of very much, the newest part."""
        async for one in self._pages("conversations.history", channel):
            yield one

    async def all_below(self, channel: str, ts: str) -> AsyncIterator[Json]:
        """What was said below a message, without it."""
        async for one in self._pages("conversations.replies", channel, ts=ts):
            if one.get("ts") != ts:
                yield one

    async def _pages(self, method: str, channel: str, **which: object) -> AsyncIterator[Json]:
        cursor = ""
        for _ in range(_MOST_PAGES):
            said = await self._api.call(method, repeatable=True, channel=channel, limit=_PAGE, cursor=cursor, **which)
            for one in said.get("messages") or ():
                yield one
            cursor = str((said.get("response_metadata") or {}).get("next_cursor", ""))
            if not cursor:
                return

    async def pinned(self, channel: str) -> Sequence[Json]:
        """The messages that are pinned there, each with who pinned it."""
        said = await self._api.call("pins.list", repeatable=True, channel=channel)
        return [one for one in said.get("items") or () if isinstance(one, dict) and one.get("type") == "message"]

    def text(self, said: object, name: str) -> str:
        """A text that has to be there."""
        found = said.get(name) if isinstance(said, dict) else None
        if not isinstance(found, str) or not found:
            raise Temporary(f"{self.name} answered without {name!r}", integration=self.name, reason="server")
        return found

    async def _history(self, channel: str, **which: object) -> Sequence[Json]:
        return await self._read("conversations.history", channel, **which)

    async def _read(self, method: str, channel: str, **which: object) -> Sequence[Json]:
        said = await self._api.call(method, repeatable=True, channel=channel, include_all_metadata=True, **which)
        found = said.get("messages")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
