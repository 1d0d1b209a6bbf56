"""Keeps those who want Tocsin's records up to date: one process at a time, each sink at its own pace."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from bot.errors import IntegrationError, StoreError
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN
from bot.response import records_told
from bot.response.world import World

_log = logging.getLogger(__name__)

LEASE = "records"
_TTL = timedelta(seconds=60)
_LOOK_S = 2.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 2.0, 300.0


class Telling:
    """Looks every other second whether a sink lacks something; one that refuses is asked less and less often."""

    def __init__(self, world: World, owner: str, telemetry: Telemetry) -> None:
        self._world = world
        self._owner = owner
        self._telemetry = telemetry
        self._waits: dict[str, float] = {}
        """Seconds between tries, for each sink that failed last time."""
        self._not_before: dict[str, float] = {}

    async def run(self) -> None:
        """For ever."""
        loop = asyncio.get_running_loop()
        while True:
            due = [sink for sink in self._world.events if self._not_before.get(sink, 0.0) <= loop.time()]
            if due and await self._is_ours():
                await asyncio.gather(*(self._tell(sink) for sink in due))
            await asyncio.sleep(_LOOK_S)

    async def _is_ours(self) -> bool:
        try:
            acquired = await self._world.store.write(lambda tx: tx.leases.acquire(LEASE, self._owner, _TTL))
        except StoreError as error:
            _log.warning("records are not told to others at the moment: %s; %s", error, error.hint)
            return False
        return acquired is not None

    async def _tell(self, sink: str) -> None:
        try:
            while await records_told.tell(self._world, TOCSIN, sink):
                pass
        except (IntegrationError, StoreError) as error:
            wait = min(self._waits.get(sink, _FIRST_WAIT_S / 2) * 2, _LONGEST_WAIT_S)
            if sink not in self._waits:
                _log.warning("%s does not take Tocsin's records: %s; %s", sink, error, error.hint)
            self._waits[sink] = wait
            self._not_before[sink] = asyncio.get_running_loop().time() + wait
            self._telemetry.records_refused(sink)
        else:
            if self._waits.pop(sink, None) is not None:
                _log.info("%s takes Tocsin's records again", sink)
