"""An event loop whose time passes only while nobody does anything: hours take milliseconds, in the same order."""

import asyncio
import selectors
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bot.ports.store import Store, Tx

T = TypeVar("T")
BEGINNING = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


class _Selector(selectors.DefaultSelector):
    """Instead of waiting for a timer, the loop's time jumps to it, unless a thread is at work for us."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.at_work = 0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or (timeout > 0 and self.at_work):
            return super().select(None)  # a thread will wake us
        events = super().select(0)
        if not events and timeout > 0:
            self.now += timeout
        return events


class VirtualLoop(asyncio.SelectorEventLoop):
    """For anyio's `loop_factory`."""

    def __init__(self) -> None:
        self.selector = _Selector()
        super().__init__(self.selector)

    def time(self) -> float:
        return self.selector.now


class VirtualClock:
    """A `Clock` that goes with the loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._set = timedelta(0)

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=self._loop.time()) + self._set

    def is_set(self, by: timedelta) -> None:
        """Somebody sets the clock; no time passes."""
        self._set += by

    def jumps(self, by: timedelta) -> None:
        """Time passes in which nobody could do anything: the process was stopped."""
        self._loop.selector.now += by.total_seconds()


class StoreAtWork:
    """A `Store` whose threads make the virtual time stand still while they work."""

    def __init__(self, inner: Store, loop: VirtualLoop) -> None:
        self._inner = inner
        self._selector = loop.selector

    async def write(self, work: Callable[[Tx], T], *, first: bool = False) -> T:
        self._selector.at_work += 1
        try:
            return await self._inner.write(work, first=first)
        finally:
            self._selector.at_work -= 1

    def watch(self, changed: Callable[[], None]) -> bool:
        return self._inner.watch(changed)

    async def read(self, work: Callable[[Tx], T]) -> T:
        self._selector.at_work += 1
        try:
            return await self._inner.read(work)
        finally:
            self._selector.at_work -= 1
