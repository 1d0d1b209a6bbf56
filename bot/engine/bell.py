"""A bell that loops wait for, so that work is found at once; now and then they look by themselves."""

from __future__ import annotations

import asyncio


class Bell:
    """Rings for everybody who waits, and for the next one who comes when nobody does."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """There may be work."""
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Until it rings, or this long."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return
        self._rung.clear()
