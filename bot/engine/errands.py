"""Gets the errands of the outbox done, each at least once, and puts off what fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from bot.engine.bell import Bell
from bot.errors import StoreError, TocsinError
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN, Actor
from bot.model.errand import Errand, ErrandKind
from bot.response.evidence_wanted import evidence_due
from bot.response.group_ready import group_due
from bot.response.world import World

_log = logging.getLogger(__name__)

_LEASE = timedelta(seconds=60)
"""Longer than any errand takes: collecting has its own deadlines."""
_LOOK_S = 1.0
AT_ONCE = 4
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=5)

_HOW: Mapping[ErrandKind, Callable[[World, Actor, Errand], Awaitable[None]]] = {
    ErrandKind.GROUP_READY: group_due,
    ErrandKind.EVIDENCE_WANTED: evidence_due,
}


class Errands:
    """Does up to `AT_ONCE` errands at a time until it is cancelled."""

    def __init__(self, world: World, owner: str, bell: Bell, telemetry: Telemetry) -> None:
        self._world = world
        self._owner = owner
        self._bell = bell
        self._telemetry = telemetry
        self._places = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Claims and does, for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._places.acquire()
                errand = await self._claim()
                if errand is None:
                    self._places.release()
                    await self._bell.wait(_LOOK_S)
                else:
                    group.create_task(self._do(errand), name=errand.dedup_key).add_done_callback(self._make_room)

    def _make_room(self, _: asyncio.Task[None]) -> None:
        self._places.release()

    async def _claim(self) -> Errand | None:
        now = self._world.clock.now()
        try:
            return await self._world.store.write(lambda tx: tx.outbox.claim(self._owner, now, _LEASE))
        except StoreError as error:
            _log.warning("cannot look for errands: %s; %s", error, error.hint)
            return None

    async def _do(self, errand: Errand) -> None:
        try:
            await _HOW[errand.kind](self._world, TOCSIN, errand)
            await self._world.store.write(lambda tx: tx.outbox.done(errand))
        except TocsinError as error:
            _log.warning("errand %s is put off: %s; %s", errand.dedup_key, error, error.hint)
            await self._put_off(errand, str(error))
        except Exception as error:
            _log.exception("errand %s met a mistake of ours; it is put off", errand.dedup_key)
            await self._put_off(errand, type(error).__name__)

    async def _put_off(self, errand: Errand, error: str) -> None:
        self._telemetry.errand_failed(str(errand.kind))
        due_at = self._world.clock.now() + min(_FIRST_WAIT * 2 ** min(errand.attempts, 10), _LONGEST_WAIT)
        try:
            await self._world.store.write(lambda tx: tx.outbox.put_off(errand, due_at, error))
        except TocsinError as failure:
            _log.info("errand %s: %s", errand.dedup_key, failure)
