"""Pages that stay true while they are open: one stream a page, which sends the parts that have changed.

Somebody who watches costs one look at the store a second, however many watch the same page, and nobody watching costs
nothing. Looking, rather than being told, sees what another replica changed too.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

LOOK_EVERY = 1.0  # seconds
BEAT_EVERY = 15.0  # seconds: some proxies end a connection that is silent for longer
MAX_STREAMS = 10  # a session may hold at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A page as it stands: its parts by the id of their element, its tab's title, and what to say aloud."""

    mark: str
    parts: Mapping[str, str]
    title: str
    news: str


def mark_of(seen: object) -> str:
    """A short text that differs when what was seen does: nouns are plain data, so their text says all of it."""
    return hashlib.sha256(repr(seen).encode(errors="backslashreplace")).hexdigest()[:16]


class Glances:
    """Looks about once every so many seconds for any number of watchers of one thing."""

    def __init__(self, every: float) -> None:
        self._every = every
        self._known: dict[str, tuple[float, str]] = {}
        self._looking: dict[str, asyncio.Lock] = {}

    async def mark(self, key: str, look: Callable[[], Awaitable[object]]) -> str:
        """The mark of what `look` answers, or of what it answered a moment ago."""
        async with self._looking.setdefault(key, asyncio.Lock()):
            clock = asyncio.get_running_loop().time
            at, mark = self._known.get(key, (0.0, ""))
            if not mark or clock() - at >= self._every * 0.9:
                mark = mark_of(await look())
                self._known[key] = (clock(), mark)
            return mark

    def forget(self, key: str) -> None:
        """Nobody watches it any more."""
        self._known.pop(key, None)
        self._looking.pop(key, None)


class Streams:
    """Counts what is open, so that no session holds too many, and ends all of them when Tocsin stops."""

    def __init__(
        self, closing: asyncio.Event, *, look_every: float = LOOK_EVERY, beat_every: float = BEAT_EVERY
    ) -> None:
        self._closing = closing
        self._look_every = look_every
        self._beat_every = beat_every
        self._glances = Glances(look_every)
        self._open: Counter[str] = Counter()
        self._watched: Counter[str] = Counter()

    def full(self, session: str) -> bool:
        """Whether this session holds as many as it may."""
        return self._open[session] >= MAX_STREAMS

    async def follow(
        self,
        *,
        session: str,
        key: str,
        seen: str,
        look: Callable[[], Awaitable[object]],
        paint: Callable[[], Awaitable[Picture]],
        lasts: Callable[[], Awaitable[bool]],
    ) -> AsyncIterator[str]:
        """Server-sent events from the moment `seen` on, until the reader goes, is signed out, or Tocsin stops.

        `look` answers what the page is made of, `paint` renders it for this reader, `lasts` says whether they are
        still signed in: asked before anything is shown, and at every beat.
        """
        shown: Mapping[str, str] = {}
        quiet = 0.0
        with self._held(session, key):
            yield ": you are watching\n\n"
            while not await self._pause():
                quiet += self._look_every
                changed = await self._glances.mark(key, look) != seen
                if not changed and quiet < self._beat_every:
                    continue
                if not await lasts():
                    yield "event: ended\ndata: {}\n\n"
                    return
                quiet = 0.0
                if not changed:
                    yield ": still here\n\n"
                    continue
                picture = await paint()
                news = {name: html for name, html in picture.parts.items() if shown.get(name) != html}
                seen, shown = picture.mark, picture.parts
                yield _event(picture, news)

    async def _pause(self) -> bool:
        """Waits until it is time to look again; whether Tocsin stops meanwhile."""
        try:
            async with asyncio.timeout(self._look_every):
                return await self._closing.wait()
        except TimeoutError:
            return False

    @contextmanager
    def _held(self, session: str, key: str) -> Iterator[None]:
        self._open[session] += 1
        self._watched[key] += 1
        try:
            yield
        finally:
            self._open[session] -= 1
            self._watched[key] -= 1
            if not self._watched[key]:
                del self._watched[key]
                self._glances.forget(key)
            if not self._open[session]:
                del self._open[session]


def _event(picture: Picture, changed: Mapping[str, str]) -> str:
    data = json.dumps({"parts": dict(changed), "title": picture.title, "news": picture.news})
    return f"id: {picture.mark}\nevent: changed\ndata: {data}\n\n"
