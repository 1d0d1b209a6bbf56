"""Messages that people mark for the timeline, with an emoji or a pin; and what becomes of them afterwards.

What is brought while we listen is followed at once. What was missed is made up for: where people talk about incidents
is read from time to time, and whenever a socket opens, and what stands there is compared with what is kept. However
often that is done, it has one effect.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.errors import IntegrationError, TocsinError
from bot.integrations.slack.api import Json, Refusal
from bot.integrations.slack.hearing import Heard, said
from bot.integrations.slack.images import Images
from bot.integrations.slack.vouching import Vouching
from bot.integrations.slack.writing import Writing
from bot.kit.posted import web_link
from bot.model.answer import Answer, Tone
from bot.model.remark import Remark, Spot
from bot.model.utterance import Utterance
from bot.ports.remarks import Remarks

_log = logging.getLogger(__name__)

_FIRST_S, _EVERY_S = 5.0, 600.0
_NO_WORDS = "(no words)"
_LONGEST = 8000
_NOT_THERE = frozenset({"message_not_found", "thread_not_found"})
_TOMBSTONE = "tombstone"
"""What is left of a message that was deleted, where others stand below it."""

# Any: what Slack brings holds any JSON.
Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Mark:
    """Somebody wants a message on the timeline."""

    user: str
    channel: str
    ts: str
    how: str


class Keeping:
    """Follows one workspace. `emoji` are the names of those that mark a message."""

    def __init__(
        self, writing: Writing, images: Images, vouching: Vouching, remarks: Remarks, emoji: frozenset[str]
    ) -> None:
        self._writing, self._images, self._vouching = writing, images, vouching
        self._remarks, self._emoji = remarks, emoji
        self._wanted = asyncio.Event()

    def wake(self) -> None:
        """Something may have been missed."""
        self._wanted.set()

    async def follow(self, event: Payload) -> tuple[Heard, Answer] | None:
        """One thing that happened; whom to tell why nothing was kept. Raises IntegrationError."""
        mark = self._marked(event)
        if mark is not None:
            return await self._mark(mark)
        if event.get("type") == "message":
            await self._changed(event)
        return None

    async def catch_up(self) -> None:
        """Reads where people talk about incidents, and makes up for what was missed there."""
        for spot in await self._remarks.spots(self._writing.name):
            try:
                await self._compare(spot)
            except IntegrationError as error:
                where = f"{spot.place} {spot.thread}".strip()
                _log.warning("what was said in %s was not read again: %s; %s", where, error, error.hint)

    async def run(self) -> None:
        """Catches up whenever it is woken, and from time to time, for ever."""
        wait = _FIRST_S
        while True:
            try:
                async with asyncio.timeout(wait):
                    await self._wanted.wait()
            except TimeoutError:
                pass
            self._wanted.clear()
            wait = _EVERY_S
            try:
                await self.catch_up()
            except TocsinError as error:
                _log.warning("what was missed in Slack is made up for later: %s; %s", error, error.hint)
                wait = _FIRST_S

    # ---- while we listen ------------------------------------------------------------------------------------------

    def _marked(self, event: Payload) -> _Mark | None:
        item, user = _held(event, "item"), str(event.get("user", ""))
        if event.get("type") == "reaction_added" and event.get("reaction") in self._emoji:
            return _Mark(user, str(item.get("channel", "")), str(item.get("ts", "")), _with(event["reaction"]))
        if event.get("type") == "pin_added" and item.get("type") == "message":
            return _Mark(user, str(event.get("channel_id", "")), str(_held(item, "message").get("ts", "")), _PINNED)
        return None

    async def _mark(self, mark: _Mark) -> tuple[Heard, Answer] | None:
        message = await self._read(mark.channel, mark.ts)
        if message is None:
            return None
        answer = await self._keep(mark, message)
        if answer is None or not answer.refused:
            return None
        heard = Heard(user=mark.user, what=Utterance(text=""), channel=mark.channel, thread=_thread(message) or "")
        return heard, answer

    async def _keep(self, mark: _Mark, message: Payload) -> Answer | None:
        """None: it is no message of a person, or was not said where people talk about an incident."""
        await self._vouching.introduce()
        if not _is_of_a_person(message) or mark.user == self._vouching.bot:
            return None
        who = await self._vouching.of(mark.user)
        if isinstance(who, str):
            return Answer(headline=who, tone=Tone.CAREFUL, refused=True)
        remark = await self._remark(mark.channel, message)
        return await self._remarks.keep(who, remark, mark.how, lambda: self._images.of(_all(message)))

    async def _remark(self, channel: str, message: Payload) -> Remark:
        author = str(message.get("user", ""))
        return Remark(
            integration=self._writing.name,
            place=channel,
            thread=_thread(message),
            at=datetime.fromtimestamp(float(message["ts"]), UTC),
            link=self._link(channel, str(message["ts"])),
            text=_words(message),
            author=author,
            called=await self._vouching.name(author),
            files=_files(message),
        )

    async def _changed(self, event: Payload) -> None:
        """A message was edited or deleted, if that is what happened."""
        deleted = event.get("subtype") == "message_deleted"
        message = _held(event, "previous_message" if deleted else "message")
        if event.get("subtype") not in ("message_changed", "message_deleted") or not _is_of_a_person(message):
            return
        await self._vouching.introduce()
        channel = str(event.get("channel", ""))
        now = "" if deleted else _words(message)
        spot = Spot(place=channel, thread=_thread(message))
        await self._remarks.follow(self._writing.name, spot, {self._link(channel, str(message["ts"])): now})

    # ---- what was missed ------------------------------------------------------------------------------------------

    async def _compare(self, spot: Spot) -> None:
        await self._vouching.introduce()
        known = await self._remarks.kept(self._writing.name, spot)
        kept = {link for link in known if link.startswith(self._channel(spot.place))}  # people talk elsewhere too
        says: dict[str, str] = {}
        pins = await self._pins(spot.place)
        async for message in self._written(spot):
            link = self._link(spot.place, str(message["ts"]))
            if link in kept:
                says[link] = _words(message)
            else:
                await self._keep_any(spot.place, message, pins)
        for link in kept - says.keys():
            found = await self._read(spot.place, _ts(link))
            says[link] = "" if found is None else _words(found)
        await self._remarks.follow(self._writing.name, spot, says)

    async def _keep_any(self, channel: str, message: Payload, pins: Mapping[str, str]) -> None:
        """As the first of those who marked it and may."""
        for mark in self._marks(channel, message, pins):
            answer = await self._keep(mark, message)
            if answer is not None and not answer.refused:
                return

    def _marks(self, channel: str, message: Payload, pins: Mapping[str, str]) -> list[_Mark]:
        ts = str(message["ts"])
        found = [
            _Mark(str(user), channel, ts, _with(one["name"]))
            for one in message.get("reactions") or ()
            if one.get("name") in self._emoji
            for user in one.get("users") or ()
        ]
        return [*found, *([_Mark(pins[ts], channel, ts, _PINNED)] if ts in pins else [])]

    async def _pins(self, channel: str) -> Mapping[str, str]:
        """By the time of each message that is pinned there, who pinned it."""
        items = await self._writing.pinned(channel)
        return {str(_held(one, "message").get("ts", "")): str(one.get("created_by", "")) for one in items}

    async def _written(self, spot: Spot) -> AsyncIterator[Json]:
        """All that people wrote there, in threads too."""
        if spot.thread:
            async for message in self._writing.all_below(spot.place, spot.thread):
                yield message
            return
        async for message in self._writing.all(spot.place):
            yield message
            if message.get("reply_count"):
                async for reply in self._writing.all_below(spot.place, str(message["ts"])):
                    yield reply

    async def _read(self, channel: str, ts: str) -> Json | None:
        """The message of this time; None: there is none, or not any more."""
        try:
            found = await self._writing.replies(channel, ts)
        except Refusal as refusal:
            if refusal.word in _NOT_THERE:
                return None
            raise
        return next((one for one in found if one.get("ts") == ts and _is_of_a_person(one)), None)

    def _link(self, channel: str, ts: str) -> str:
        return f"{self._channel(channel)}p{ts.replace('.', '')}"

    def _channel(self, channel: str) -> str:
        return f"{self._vouching.url}/archives/{channel}/"


@asynccontextmanager
async def catching_up(keeping: Keeping | None) -> AsyncIterator[None]:
    """Inside `with` what was missed is made up for."""
    if keeping is None:
        yield
        return
    task = asyncio.create_task(keeping.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


_PINNED = "pinned there"


def _with(emoji: str) -> str:
    return f"marked there with :{emoji}:"


def _ts(link: str) -> str:
    """The time of the message that a link of ours leads to."""
    digits = link.rpartition("/p")[2]
    return f"{digits[:-6]}.{digits[-6:]}"


def _is_of_a_person(message: Payload) -> bool:
    return bool(message.get("ts")) and not message.get("bot_id") and message.get("subtype") != _TOMBSTONE


def _thread(message: Payload) -> str:
    thread = str(message.get("thread_ts") or "")
    return "" if thread == message.get("ts") else thread


def _words(message: Payload) -> str:
    """What it says, never empty."""
    names = ", ".join(str(one.get("name", "")) for one in message.get("files") or ())
    return (said(str(message.get("text") or "")).strip() or names or _NO_WORDS)[:_LONGEST]


def _files(message: Payload) -> Mapping[str, str]:
    found = ((str(one.get("name") or "a file"), web_link(str(one.get("permalink") or ""))) for one in _all(message))
    return {name[:100]: link for name, link in found if link}


def _all(message: Payload) -> list[Payload]:
    return [one for one in message.get("files") or () if isinstance(one, dict)]


def _held(event: Payload, name: str) -> Payload:
    found = event.get(name)
    return found if isinstance(found, dict) else {}
