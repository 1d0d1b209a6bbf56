"""Gets the errands of the outbox done, each at least once, and puts off what fails."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from bot.engine.bell import Bell
from bot.errors import Permanent, StoreError, Temporary, TocsinError
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN, Actor
from bot.model.errand import Errand, ErrandKind
from bot.ports.store import Tx
from bot.response.chat_said import said_due
from bot.response.evidence_wanted import evidence_due
from bot.response.group_told import telling_due
from bot.response.messages import message_due
from bot.response.mirror_told import mirror_due
from bot.response.page_due import page_due
from bot.response.pages_due import pages_due
from bot.response.world import World

_log = logging.getLogger(__name__)

_LEASE = timedelta(seconds=60)
"""Longer than any errand takes: each has its own deadlines."""
AT_ONCE: Mapping[ErrandKind, int] = {
    ErrandKind.PAGE: 16,
    ErrandKind.PAGES: 4,
    ErrandKind.SAID: 32,
    ErrandKind.TELL_FIRST: 16,
    ErrandKind.TELL_GROUP: 32,
    ErrandKind.MESSAGE: 8,
    ErrandKind.MIRROR: 8,
    ErrandKind.EVIDENCE_WANTED: 4,
}
"""Places, by kind, what matters most first: nobody waits to be told because something else takes its time."""
_GRACE_S = 8.0
"""So long whoever said something may wait for us to end, and we for them."""
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=5)

_HOW: Mapping[ErrandKind, Callable[[World, Actor, Errand], Awaitable[None]]] = {
    ErrandKind.EVIDENCE_WANTED: evidence_due,
    ErrandKind.MESSAGE: message_due,
    ErrandKind.MIRROR: mirror_due,
    ErrandKind.PAGE: page_due,
    ErrandKind.PAGES: pages_due,
    ErrandKind.SAID: said_due,
    ErrandKind.TELL_FIRST: telling_due,
    ErrandKind.TELL_GROUP: telling_due,
}


class Errands:
    """Does so many errands of a kind at a time until it is cancelled."""

    def __init__(self, world: World, owner: str, bell: Bell, telemetry: Telemetry) -> None:
        self._world = world
        self._owner = owner
        self._bell = bell
        self._telemetry = telemetry
        self._under_way: Counter[ErrandKind] = Counter()
        self._not_repeated: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Claims and does, for ever. What cannot be begun again is ended before this is."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    claimed = await self._claim()
                    for errand in claimed:
                        self._begin(group, errand)
                    if not claimed:
                        await self._bell.wait_until(await self._next_at(), self._world.clock.now())
        finally:
            if self._not_repeated:
                await asyncio.wait(self._not_repeated, timeout=_GRACE_S)

    def _begin(self, group: asyncio.TaskGroup, errand: Errand) -> None:
        self._under_way[errand.kind] += 1
        if errand.kind is ErrandKind.SAID:
            task = asyncio.create_task(self._do(errand), name=errand.dedup_key)
            self._not_repeated.add(task)
            task.add_done_callback(self._not_repeated.discard)
        else:
            task = group.create_task(self._do(errand), name=errand.dedup_key)
        task.add_done_callback(partial(self._make_room, errand.kind))

    def _make_room(self, kind: ErrandKind, _: asyncio.Task[None]) -> None:
        self._under_way[kind] -= 1
        self._bell.ring()

    async def _claim(self) -> Sequence[Errand]:
        """As many as there are places for, in one transaction: in a storm each commit takes its time."""
        free = {kind: places - self._under_way[kind] for kind, places in AT_ONCE.items()}
        if not any(free.values()):
            return ()
        now = self._world.clock.now()
        try:
            return await self._world.store.write(partial(self._claimed, free=free, now=now))
        except StoreError as error:
            _log.warning("cannot look for errands: %s; %s", error, error.hint)
            return ()

    async def _next_at(self) -> datetime | None:
        """When there is one to claim; now, where nobody knows: it is asked again in a second."""
        try:
            return await self._world.store.read(lambda tx: tx.outbox.next_at())
        except StoreError:
            return self._world.clock.now()

    def _claimed(self, tx: Tx, *, free: Mapping[ErrandKind, int], now: datetime) -> Sequence[Errand]:
        found = []
        for kind, places in free.items():
            for _ in range(places):
                errand = tx.outbox.claim(self._owner, now, _LEASE, [kind])
                if errand is None:
                    break
                found.append(errand)
        return found

    async def _do(self, errand: Errand) -> None:
        try:
            await _HOW[errand.kind](self._world, TOCSIN, errand)
            await self._world.store.write(lambda tx: tx.outbox.done(errand))
        except Permanent as error:
            _log.error("errand %s is given up: %s; %s", errand.dedup_key, error, error.hint)
            await self._give_up(errand)
        except TocsinError as error:
            wait = error.retry_after if isinstance(error, Temporary) else None
            # whoever says when to come back has a reason that is told elsewhere, once and not for every errand
            level = logging.WARNING if wait is None else logging.DEBUG
            _log.log(level, "errand %s is put off: %s; %s", errand.dedup_key, error, error.hint)
            await self._put_off(errand, str(error), wait)
        except Exception as error:
            _log.exception("errand %s met a mistake of ours; it is put off", errand.dedup_key)
            await self._put_off(errand, type(error).__name__)

    async def _give_up(self, errand: Errand) -> None:
        self._telemetry.errand_given_up(str(errand.kind))
        await self._put_down(errand, lambda tx: tx.outbox.done(errand))

    async def _put_off(self, errand: Errand, error: str, wait: float | None = None) -> None:
        """`wait`: seconds, where somebody said how many."""
        self._telemetry.errand_failed(str(errand.kind))
        doubled = (_FIRST_WAIT * 2 ** min(errand.attempts, 10)).total_seconds()
        seconds = min(doubled if wait is None else wait, _LONGEST_WAIT.total_seconds())
        due_at = self._world.clock.now() + timedelta(seconds=seconds)
        await self._put_down(errand, lambda tx: tx.outbox.put_off(errand, due_at, error))

    async def _put_down(self, errand: Errand, how: Callable[[Tx], None]) -> None:
        """Notes what became of it. Where that fails its lease ends, and it is done again."""
        try:
            await self._world.store.write(how)
        except TocsinError as failure:
            _log.info("errand %s: %s", errand.dedup_key, failure)
