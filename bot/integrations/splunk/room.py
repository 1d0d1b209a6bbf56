"""Who searches next, where a server runs only so many searches at once: alerts before evidence before backtests."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.model.search_job import Urgency


class Line:
    """Who waits, and who may go: pure. `most` may go at once; of those, all that are no alert's only `most_others`."""

    def __init__(self, most: int, most_others: int) -> None:
        self._most = most
        self._most_others = most_others
        self._waiting: dict[Urgency, dict[int, None]] = {urgency: {} for urgency in Urgency}  # in order of coming
        self._inside: dict[int, Urgency] = {}
        self._numbers = itertools.count()

    @property
    def inside(self) -> int:
        """How many are inside."""
        return len(self._inside)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    def come(self, urgency: Urgency) -> int:
        """Takes a number, and waits with it."""
        number = next(self._numbers)
        self._waiting[urgency][number] = None
        return number

    def leave(self, number: int) -> None:
        """Goes out, or gives up waiting."""
        self._inside.pop(number, None)
        for waiting in self._waiting.values():
            waiting.pop(number, None)

    def call(self) -> list[int]:
        """The numbers that go in now, in order: the most urgent first, and of those who came first."""
        called = []
        others = sum(urgency is not Urgency.ALERT for urgency in self._inside.values())
        for urgency, waiting in self._waiting.items():
            while waiting and len(self._inside) < self._most:
                if urgency is not Urgency.ALERT:
                    if others >= self._most_others:
                        break
                    others += 1
                number = next(iter(waiting))
                del waiting[number]
                self._inside[number] = urgency
                called.append(number)
        return called


class Room:
    """A place for each search that runs; who has none waits in line, and leaves it when cancelled."""

    def __init__(self, most: int, most_others: int) -> None:
        self.line = Line(most, most_others)
        self._doors: dict[int, asyncio.Event] = {}
        self._nobody_waits = asyncio.Event()
        self._nobody_waits.set()

    @asynccontextmanager
    async def place(self, urgency: Urgency) -> AsyncIterator[None]:
        """Waits for a place, and gives it back at the end."""
        number = self.line.come(urgency)
        door = self._doors[number] = asyncio.Event()
        try:
            self._call()
            await door.wait()
            yield
        finally:
            del self._doors[number]
            self.line.leave(number)
            self._call()

    async def quiet(self) -> None:
        """Returns when nobody waits in line."""
        await self._nobody_waits.wait()

    def _call(self) -> None:
        for number in self.line.call():
            self._doors[number].set()
        if self.line.waiting:
            self._nobody_waits.clear()
        else:
            self._nobody_waits.set()
