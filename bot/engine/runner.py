"""Carries runs over a crash: claims a due run, has its next moves made, and puts it down again.

A claim is a lease with an epoch. Whoever claims later gets a higher epoch, and every write of the earlier carrier is
refused from then on (`Fenced`). The lease is renewed while moves are being made; a process that dies stops renewing.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from bot.engine.bell import Bell
from bot.errors import Fenced, StoreError, StoreUnavailable, TocsinError
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN
from bot.model.run import ENDED, RunbookRun
from bot.response.run_due import advance
from bot.response.world import LEASE, World

_log = logging.getLogger(__name__)

_RENEW_S = LEASE.total_seconds() / 4
_LOOK_S = 1.0
"""How often to look for runs that another process woke, or whose time has come."""
_AGAIN = timedelta(seconds=5)
AT_ONCE = 32


class Runner:
    """Carries up to `AT_ONCE` runs at a time until it is cancelled. `owner` names this process among others."""

    def __init__(self, world: World, owner: str, bell: Bell, telemetry: Telemetry) -> None:
        self._world = world
        self._owner = owner
        self._bell = bell
        self._telemetry = telemetry
        self._places = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Claims and carries, for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._places.acquire()
                run = await self._claim()
                if run is None:
                    self._places.release()
                    await self._bell.wait(_LOOK_S)
                else:
                    group.create_task(self._carry(run), name=f"run {run.id}").add_done_callback(self._make_room)

    def _make_room(self, _: asyncio.Task[None]) -> None:
        self._places.release()

    async def _claim(self) -> RunbookRun | None:
        now = self._world.clock.now()
        try:
            return await self._world.store.write(lambda tx: tx.runs.claim(self._owner, now, LEASE))
        except StoreError as error:
            _log.warning("cannot look for runs: %s; %s", error, error.hint)
            return None

    async def _carry(self, run: RunbookRun) -> None:
        try:
            rested = await self._with_lease(run, lambda: advance(self._world, TOCSIN, run))
        except Fenced:
            _log.info("run %s was taken over by another process", run.id)
        except TocsinError as error:
            _log.warning("run %s rests for %s: %s; %s", run.id, _AGAIN, error, error.hint)
            await self._put_off(run)
        except Exception:
            _log.exception("run %s met a mistake of ours; it is tried again in %s", run.id, _AGAIN)
            await self._put_off(run)
        else:
            if rested.status in ENDED:
                self._telemetry.run_ended(str(rested.status))

    async def _with_lease(self, run: RunbookRun, work: Callable[[], Awaitable[RunbookRun]]) -> RunbookRun:
        carrying = asyncio.ensure_future(work())
        try:
            while True:
                done, _ = await asyncio.wait({carrying}, timeout=_RENEW_S)
                if done:
                    return carrying.result()
                await self._renew(run)
        finally:
            carrying.cancel()

    async def _renew(self, run: RunbookRun) -> None:
        """While the store is away nothing is cut short: if somebody takes the run over, our writes are fenced."""
        try:
            await self._world.store.write(lambda tx: tx.runs.renew(run.id, epoch=run.epoch, lease=LEASE))
        except StoreUnavailable as error:
            _log.warning("the lease of run %s cannot be renewed: %s; %s", run.id, error, error.hint)

    async def _put_off(self, run: RunbookRun) -> None:
        """Leaves the run to be tried again; if even that fails, the lease ends by itself."""
        resting = replace(run, wake_at=self._world.clock.now() + _AGAIN)
        try:
            await self._world.store.write(lambda tx: tx.runs.release(resting, epoch=run.epoch))
        except TocsinError as error:
            _log.info("run %s: %s", run.id, error)
