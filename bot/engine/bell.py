"""What loops wait for, so that work is found soon, and nobody looks every second where nothing can have happened.

A loop knows when its next work is due. Until then it rests, unless somebody rings (there is work: now) or something
was written to the store (there may be work: within a second). What other processes write is not heard of; where there
may be others, nobody rests for longer than a second.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from bot.ports.store import Store

SOON_S = 1.0
"""Within so long everybody has looked at what was written."""
IDLE_S = 20.0
"""So often everybody looks whatever they know: less than the time after which a loop counts as having been absent."""


class Bell:
    """One loop's. Rung or stirred while nobody waits, it counts for the next wait."""

    def __init__(self, longest: float = SOON_S) -> None:
        """`longest`: seconds after which a wait ends in any case."""
        self._longest = longest
        self._rung = asyncio.Event()
        self._is_stirred = False
        self._waiting: asyncio.Timeout | None = None

    def ring(self) -> None:
        """There is work: whoever waits looks now."""
        self._rung.set()

    def stir(self) -> None:
        """There may be work: whoever waits looks within a second."""
        if self._is_stirred:
            return
        self._is_stirred = True
        if self._waiting is not None and not self._waiting.expired():
            soon = asyncio.get_running_loop().time() + SOON_S
            self._waiting.reschedule(min(soon, self._waiting.when() or soon))

    async def wait(self, seconds: float = IDLE_S) -> None:
        """Until it rings, this long, or for a second after it was stirred."""
        longest = SOON_S if self._is_stirred else self._longest
        try:
            async with asyncio.timeout(max(0.0, min(seconds, longest))) as self._waiting:
                await self._rung.wait()
        except TimeoutError:
            return
        finally:
            self._waiting, self._is_stirred = None, False
        self._rung.clear()

    async def wait_until(self, due_at: datetime | None, now: datetime) -> None:
        """The same, for work that is due then; None: none is known of.

        What has been due and could not be taken is looked at again after a second.
        """
        seconds = IDLE_S if due_at is None else (due_at - now).total_seconds()
        await self.wait(seconds if seconds > 0 else SOON_S)


class Bells:
    """Those of the loops that work on one store."""

    def __init__(self, store: Store) -> None:
        self._bells: list[Bell] = []
        self._longest = IDLE_S if store.watch(self.stir) else SOON_S

    def new(self) -> Bell:
        """One more."""
        bell = Bell(self._longest)
        self._bells.append(bell)
        return bell

    def stir(self) -> None:
        """Something was written, or other documents are in force."""
        for bell in self._bells:
            bell.stir()
