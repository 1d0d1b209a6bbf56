"""Hostile HTTP at the hooks, over a raw socket: what no client library would send."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from bot.api.hooks import MOST_AT_ONCE, MOST_HELD
from bot.app.server import Protocol
from bot.integrations.alertmanager.hook import AlertmanagerHook
from bot.kit.http_in import MAX_BODY
from tests.integrations.hooks import payloads
from tests.integrations.hooks.conftest import SECRETS, WayIn, serving

PATH = f"/hooks/am/{SECRETS['current']}"
BODY = payloads.alertmanager()


class Hasty(Protocol):
    head_s = 0.5


@dataclass(kw_only=True)
class Line:
    """A server that answers on a port of its own, and how to write to it."""

    port: int
    into: WayIn
    open: list[asyncio.StreamWriter] = field(default_factory=list)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.open.append(writer)
        return reader, writer

    def head(self, *lines: str, path: str = PATH, method: str = "POST") -> bytes:
        given = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", *lines]
        return "\r\n".join([*given, "", ""]).encode("latin-1")

    async def say(self, *pieces: bytes) -> int:
        """The status of the answer to these bytes; 0: they hung up without one."""
        reader, writer = await self.connect()
        with suppress(ConnectionError):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
        try:
            async with asyncio.timeout(10):
                line = await reader.readline()
        except ConnectionError:
            return 0
        return int(line.split()[1]) if line else 0

    async def post(self, body: bytes = BODY, *lines: str) -> int:
        return await self.say(self.head(f"Content-Length: {len(body)}", *lines) + body)


@pytest.fixture
async def line(way_in: Callable[..., WayIn]) -> AsyncIterator[Line]:
    into = way_in(AlertmanagerHook(name="am"), "am", secrets=(SECRETS["current"],))
    async with serving(into, Hasty, patience=1.0) as port:
        opened = Line(port=port, into=into)
        try:
            yield opened
        finally:
            for writer in opened.open:
                writer.transport.abort()


async def test_what_is_well_is_taken(line: Line) -> None:
    assert await line.post() == 200
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    assert await line.say(line.head("Transfer-Encoding: chunked"), chunked) == 200
    assert await line.into.kept() >= 1


async def test_a_body_that_says_it_is_too_large_is_not_waited_for(line: Line) -> None:
    assert await line.say(line.head(f"Content-Length: {MAX_BODY + 1}")) == 413
    assert await line.say(line.head("Content-Length: 99999999999999999999999")) in (400, 413)


async def test_a_body_that_does_not_say_is_cut_at_the_limit(line: Line) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    assert await line.say(line.head("Transfer-Encoding: chunked"), *[chunk] * 20) == 413


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "identity, gzip", "x"])
async def test_nothing_is_unpacked(line: Line, coding: str) -> None:
    assert await line.post(b"\x1f\x8b", f"Content-Encoding: {coding}") == 415


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Transfer-Encoding: chunked, identity",),
        ("Content-Length: -1",),
        ("Content-Length: 0x10",),
        ("Content-Length: 1 2",),
        ("X: a\nb",),
        ("X: a\x00b",),
        (" folded: x",),
        ("no colon",),
    ],
)
async def test_what_two_readers_would_read_differently_is_refused(line: Line, lines: tuple[str, ...]) -> None:
    assert await line.say(line.head(*lines), b"0\r\n\r\nPOST / HTTP/1.1\r\n\r\n") in (400, 0)
    assert await line.into.kept() == 0


@pytest.mark.parametrize(
    "head", [b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"POST  /hooks HTTP/9.9\r\n\r\n", b"\r\n" * 100 + b"\x00"]
)
async def test_what_is_no_http_is_hung_up_on(line: Line, head: bytes) -> None:
    assert await line.say(head) in (400, 0)


async def test_heads_are_of_this_host_and_not_endless(line: Line) -> None:
    raw = f"POST {PATH} HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\n\r\n{{}}".encode()
    assert await line.say(raw) == 421
    assert await line.say(f"POST {PATH} HTTP/1.1\r\nContent-Length: 2\r\n\r\n{{}}".encode()) in (400, 421)
    assert await line.say(line.head("Host: evil.example", "Content-Length: 2"), b"{}") == 421
    assert await line.say(line.head("X: " + "a" * 1_000_000, "Content-Length: 2"), b"{}") in (400, 431, 0, 202)


@pytest.mark.parametrize(
    "path", ["/hooks/../api/v1/about", "/hooks/%00", "/hooks/%2e%2e/x", "/hooks//", "/hooks/am?x=" + PATH]
)
async def test_no_path_leads_elsewhere(line: Line, path: str) -> None:
    assert await line.say(line.head("Content-Length: 2", path=path), b"{}") in (400, 401)


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "PATCH", "TRACE"])
async def test_only_posts_are_read(line: Line, method: str) -> None:
    assert await line.say(line.head("Content-Length: 0", method=method)) == 405


async def test_a_head_that_takes_too_long_is_hung_up_on(line: Line) -> None:
    for sent in (b"", b"P", line.head("Content-Length: 2")[:-2]):
        reader, writer = await line.connect()
        writer.write(sent)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
    reader, writer = await line.connect()
    writer.write(line.head(f"Content-Length: {len(BODY)}") + BODY)
    assert b"200" in await reader.readline()
    writer.write(b"POST /hooks/am HTTP/1.1\r\nHost:")  # a second request on the same connection, never finished
    async with asyncio.timeout(5):
        rest = await reader.read()
    assert b"HTTP/1.1 2" not in rest


async def test_a_body_that_takes_too_long_is_not_waited_for(line: Line) -> None:
    reader, writer = await line.connect()
    writer.write(line.head("Content-Length: 100") + b"{")
    async with asyncio.timeout(5):
        assert b"408" in await reader.readline()


async def test_whoever_hangs_up_in_the_middle_leaves_nothing(line: Line) -> None:
    for _ in range(20):
        _, writer = await line.connect()
        writer.write(line.head("Content-Length: 100") + b"{")
        await writer.drain()
        writer.transport.abort()
    assert await line.post() == 200
    assert await line.into.kept() == 1


async def test_many_who_dawdle_keep_nobody_waiting(line: Line) -> None:
    for _ in range(300):
        _, writer = await line.connect()
        writer.write(line.head("Content-Length: 1000") + b"{")
    longest = 0.0
    for _ in range(20):
        began = time.monotonic()
        assert await line.post() == 200
        longest = max(longest, time.monotonic() - began)
    assert longest < 0.5


async def test_what_strangers_send_is_held_up_to_a_limit(line: Line) -> None:
    """A hundred thousand of them do not fill the memory; who sends little still finds room."""
    strangers = []
    for size in [MAX_BODY] * (MOST_HELD // MAX_BODY - 1) + [MAX_BODY // 2]:
        reader, writer = await line.connect()
        writer.write(line.head(f"Content-Length: {size}", path="/hooks/nobody") + b"{")
        await writer.drain()
        strangers.append(reader.readline())
    assert await line.post(b" " * MAX_BODY) == 503
    assert await line.post() == 200
    assert all(b" 408 " in answer for answer in await asyncio.gather(*strangers))
    assert await line.post(b" " * MAX_BODY) == 202


async def test_what_is_deep_or_strange_is_kept_for_people_at_no_cost(line: Line) -> None:
    bodies = [b"[" * 500_000, b'{"a":' * 100_000, b"1" * 1_000_000, b'{"a": 1' + b"0" * 5000 + b"}"]
    bodies += [b"[" + b"1," * 300_000 + b"1]", b"\xff" * MAX_BODY, b"NaN", b'{"version": "4", "version": "5"}', b"\x00"]
    for body in bodies:
        began = time.monotonic()
        assert await line.post(body, "Content-Type: application/json") == 202, body[:20]
        assert time.monotonic() - began < 2
    assert await line.into.kept() == len(bodies)


async def test_too_many_at_once_are_asked_to_come_again(line: Line) -> None:
    """The store takes its time; whoever does not fit is told so at once."""
    there = line.into.house.world.store
    full, go_on = asyncio.Event(), asyncio.Event()

    class Slow:
        waiting = 0

        async def write(self, work: Callable[..., object], *, first: bool = False) -> object:
            self.waiting += 1
            full.set() if self.waiting == MOST_AT_ONCE else None
            await go_on.wait()
            return await there.write(work, first=first)

    line.into.house.world.store = Slow()  # type: ignore[assignment]  # what a hook asks of a store, and no more
    waiting = [asyncio.create_task(line.post()) for _ in range(MOST_AT_ONCE)]
    await full.wait()
    began = time.monotonic()
    reader, writer = await line.connect()
    writer.write(line.head(f"Content-Length: {len(BODY)}") + BODY)
    answer = (await reader.readuntil(b"\r\n\r\n")).decode()
    assert time.monotonic() - began < 0.1
    assert " 503 " in answer.splitlines()[0]
    assert "retry-after: 5" in answer
    go_on.set()
    assert set(await asyncio.gather(*waiting)) == {200}
