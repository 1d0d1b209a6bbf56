"""Streams of changes: what is sent, when, and when they end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from bot.web.live import MAX_STREAMS, Picture, Streams, mark_of


class Desk:
    """Something to watch: parts that change, readers that leave."""

    def __init__(self) -> None:
        self.parts = {"head": "calm", "list": "empty"}
        self.looks = 0
        self.signed_in = True
        self.closing = asyncio.Event()
        self.streams = Streams(self.closing, look_every=0.01, beat_every=0.03)

    async def look(self) -> object:
        self.looks += 1
        return dict(self.parts)

    async def paint(self) -> Picture:
        return Picture(mark=mark_of(self.parts), parts=dict(self.parts), title="t", news="n")

    async def lasts(self) -> bool:
        return self.signed_in

    def follow(self, session: str = "s", seen: str | None = None) -> AsyncIterator[str]:
        return self.streams.follow(
            session=session,
            key="desk",
            seen=mark_of(self.parts) if seen is None else seen,
            look=self.look,
            paint=self.paint,
            lasts=self.lasts,
        )


async def next_event(stream: AsyncIterator[str]) -> tuple[str, dict[str, dict[str, str]]]:
    """The next event that is not a heartbeat: its id line and its data."""
    async for text in stream:
        if not text.startswith(":"):
            lines = dict(line.split(": ", 1) for line in text.strip().splitlines())
            return lines.get("id", ""), json.loads(lines["data"])
    raise AssertionError("the stream ended")


@pytest.fixture
async def desk() -> Desk:
    return Desk()


async def test_who_missed_nothing_is_sent_what_changes_and_only_that(desk: Desk) -> None:
    stream = desk.follow()
    assert await anext(stream) == ": you are watching\n\n"
    desk.parts["list"] = "one"
    mark, event = await next_event(stream)
    assert mark == mark_of(desk.parts)
    assert event["parts"] == {"head": "calm", "list": "one"}  # the first time it cannot know what the reader holds
    desk.parts["list"] = "two"
    assert (await next_event(stream))[1]["parts"] == {"list": "two"}


async def test_who_comes_back_is_sent_what_they_missed(desk: Desk) -> None:
    stream = desk.follow(seen="something older")
    assert (await next_event(stream))[1]["parts"] == desk.parts


async def test_nothing_is_sent_while_nothing_changes_but_a_beat(desk: Desk) -> None:
    stream = desk.follow()
    await anext(stream)
    assert await anext(stream) == ": still here\n\n"


async def test_who_is_signed_out_is_shown_nothing_more(desk: Desk) -> None:
    stream = desk.follow()
    await anext(stream)
    desk.signed_in = False
    desk.parts["list"] = "secret"
    assert [text async for text in stream] == ["event: ended\ndata: {}\n\n"]


async def test_streams_end_when_tocsin_stops(desk: Desk) -> None:
    stream = desk.follow()
    await anext(stream)
    desk.closing.set()
    assert [text async for text in stream] == []


async def test_many_watchers_cost_one_look(desk: Desk) -> None:
    desk.streams = Streams(desk.closing, look_every=0.2, beat_every=9)
    streams = [desk.follow(session=str(number)) for number in range(30)]
    for stream in streams:
        await anext(stream)
    desk.parts["list"] = "one"
    events = await asyncio.gather(*(next_event(stream) for stream in streams))
    assert len({mark for mark, _ in events}) == 1
    assert desk.looks <= 2


async def test_a_session_holds_so_many_streams_and_no_more_and_gives_them_back(desk: Desk) -> None:
    streams = [desk.follow() for _ in range(MAX_STREAMS)]
    for stream in streams:
        await anext(stream)
    assert desk.streams.full("s")
    assert not desk.streams.full("another")
    desk.closing.set()
    for stream in streams:
        assert [text async for text in stream] == []
    assert not desk.streams.full("s")
