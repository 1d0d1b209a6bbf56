"""Carries runs over a crash: claims a due run, has its next moves made, and puts it down again.

A claim is a lease with an epoch. Whoever claims later gets a higher epoch, and every write of the earlier carrier is
refused from then on (`Fenced`). The lease is renewed while moves are being made; a process that dies stops renewing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.engine.bell import Bell
from bot.errors import Fenced, StoreError, StoreUnavailable, TocsinError
from bot.kit.telemetry import Telemetry, about
from bot.model.actor import TOCSIN
from bot.model.ids import RunId
from bot.model.run import ENDED, JournalEntry, RunbookRun
from bot.ports.store import Tx
from bot.response import run_given_up
from bot.response.run_due import advance
from bot.response.world import RUN_LEASE, World

_log = logging.getLogger(__name__)

_RENEW_S = RUN_LEASE.total_seconds() / 4
_AGAIN = timedelta(seconds=5)
AT_ONCE = 256
_AT_A_TIME = 32
"""Runs claimed in one commit: few enough that their leases are young when they are carried."""
_Claimed = tuple[RunbookRun, Sequence[JournalEntry] | None]
"""None: its journal cannot be read. Whoever carries it meets that by itself, and holds up no other run."""


class Runner:
    """Carries up to `AT_ONCE` runs at a time until it is cancelled. `owner` names this process among others."""

    def __init__(self, world: World, owner: str, bell: Bell, telemetry: Telemetry) -> None:
        self._world = world
        self._owner = owner
        self._bell = bell
        self._telemetry = telemetry
        self._carried = 0
        self._mistakes: Counter[RunId] = Counter()
        """Of ours, in a row, by the run they were made with."""
        self._room = asyncio.Event()
        self._room.set()

    async def run(self) -> None:
        """Claims and carries, for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                await self._room.wait()
                claimed = await self._claim()
                for run, journal in claimed:
                    self._carried += 1
                    with about(run=run.id, incident=run.incident or ""):
                        carrying = group.create_task(self._carry(run, journal), name=f"run {run.id}")
                    carrying.add_done_callback(self._make_room)
                if self._carried >= AT_ONCE:
                    self._room.clear()
                elif len(claimed) < _AT_A_TIME:
                    await self._bell.wait_until(await self._next_at(), self._world.clock.now())

    def _make_room(self, _: asyncio.Task[None]) -> None:
        self._carried -= 1
        self._room.set()

    async def _claim(self) -> Sequence[_Claimed]:
        """Some of those that are due, in one commit. What cannot be read is left for as long as its lease lasts."""
        now, most = self._world.clock.now(), min(_AT_A_TIME, AT_ONCE - self._carried)

        def claim(tx: Tx) -> tuple[Sequence[_Claimed], Mapping[RunId, Exception]]:
            runs, unread = tx.runs.claim(self._owner, now, RUN_LEASE, most)
            return [(run, _journal(tx, run)) for run in runs], unread

        try:
            claimed, unread = await self._world.store.write(claim)
        except StoreError as error:
            _log.warning("cannot look for runs: %s; %s", error, error.hint)
            return ()
        for run, mistake in unread.items():
            _log.error("run %s cannot be read, and waits; all others go on", run, exc_info=mistake)
            self._telemetry.look_failed("runs")
        return claimed

    async def _next_at(self) -> datetime | None:
        """When there is one to claim; now, where nobody knows: it is asked again in a second."""
        try:
            return await self._world.store.read(lambda tx: tx.runs.next_at())
        except StoreError:
            return self._world.clock.now()

    async def _carry(self, run: RunbookRun, journal: Sequence[JournalEntry] | None) -> None:
        try:
            if journal is None:
                journal = await self._world.store.read(lambda tx: tx.runs.journal(run.id))
            known = journal
            rested = await self._with_lease(run, lambda: advance(self._world, TOCSIN, run, known))
        except Fenced:
            _log.info("run %s was taken over by another process", run.id)
        except TocsinError as error:
            _log.warning("run %s rests for %s: %s; %s", run.id, _AGAIN, error, error.hint)
            await self._put_off(run)
        except Exception as error:
            _log.exception("run %s met a mistake of ours", run.id)
            self._mistakes[run.id] += 1
            await self._try_again(run, type(error).__name__)
        else:
            self._mistakes.pop(run.id, None)
            if rested.status in ENDED:
                self._telemetry.run_ended(str(rested.status))

    async def _try_again(self, run: RunbookRun, mistake: str) -> None:
        """A few times; then it is given up."""
        if self._mistakes[run.id] < run_given_up.AFTER:
            await self._put_off(run)
            return
        try:
            over = await run_given_up.give_up(self._world, TOCSIN, run, mistake)
        except TocsinError as error:
            _log.warning("run %s cannot be given up yet: %s; %s", run.id, error, error.hint)
            await self._put_off(run)
        else:
            del self._mistakes[run.id]
            self._telemetry.run_ended(str(over.status))

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
            await self._world.store.write(lambda tx: tx.runs.renew(run.id, epoch=run.epoch, lease=RUN_LEASE))
        except StoreUnavailable as error:
            _log.warning("the lease of run %s cannot be renewed: %s; %s", run.id, error, error.hint)

    async def _put_off(self, run: RunbookRun) -> None:
        """Leaves the run to be tried again; if even that fails, the lease ends by itself."""
        resting = replace(run, wake_at=self._world.clock.now() + _AGAIN)

        def put_off(tx: Tx) -> None:
            if tx.runs.get(run.id).ended_at is None:  # its end may be on the disk, though nobody could say so
                tx.runs.release(resting, epoch=run.epoch)

        try:
            await self._world.store.write(put_off)
        except TocsinError as error:
            _log.info("run %s: %s", run.id, error)


def _journal(tx: Tx, run: RunbookRun) -> Sequence[JournalEntry] | None:
    found: list[JournalEntry] = []
    return None if tx.mistake_in(lambda: found.extend(tx.runs.journal(run.id))) else found
