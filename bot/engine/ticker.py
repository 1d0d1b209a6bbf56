"""Says when: rule groups on their slots, and periodic jobs. The one home of APScheduler, which holds no state for us.

Each group has one date trigger, armed anew with the next slot after every evaluation: an interval trigger cannot give
Prometheus' slots. An evaluation that takes too long makes the next one late; slots that pass whole meanwhile are missed
and counted, not caught up on; but a saved search with a continuous schedule is evaluated for each of them, in order.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.model.rule import RuleGroup
from bot.ports.clock import Clock
from bot.rules import schedule

_log = logging.getLogger(__name__)

Due = Callable[[RuleGroup, datetime, int], Awaitable[None]]
"""Called with the group, its slot, and how many slots were missed before it."""


class Ticker:
    """Calls `due` for each armed group at each of its slots, one evaluation of a group at a time."""

    def __init__(self, clock: Clock, due: Due) -> None:
        self._clock = clock
        self._due = due
        self._scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._armed: dict[str, RuleGroup] = {}

    def start(self) -> None:
        """Begins to tick; needs a running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """No new call begins after this."""
        self._armed = {}
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def every(self, interval: timedelta, job: Callable[[], Awaitable[None]]) -> None:
        """Calls the job again and again; the first time one interval from now."""

        async def once() -> None:
            with suppress(asyncio.CancelledError):  # the scheduler stops
                await job()

        self._scheduler.add_job(once, "interval", seconds=interval.total_seconds())

    def set_groups(self, groups: Sequence[RuleGroup], last: Mapping[str, datetime] | None = None) -> None:
        """These groups and no others. One that has not changed keeps its next slot.

        `last` holds, by key, the slot that each was evaluated for: a saved search goes on from there.
        """
        wanted = {group.key: group for group in groups}
        for key in [key for key in self._armed if self._armed[key] != wanted.get(key)]:
            del self._armed[key]
            if self._scheduler.get_job(key) is not None:
                self._scheduler.remove_job(key)
        for key, group in wanted.items():
            if key not in self._armed:
                self._armed[key] = group
                self._arm(group, schedule.next_slot(group, self._clock.now(), (last or {}).get(key)), 0)

    def _arm(self, group: RuleGroup, slot: datetime, missed: int) -> None:
        when = max(slot, self._clock.now())
        # An evaluation that took too long arms the next, which is due at once, while its own job is about to end.
        self._scheduler.add_job(
            self._tick, "date", run_date=when, args=[group, slot, missed], id=group.key, replace_existing=True,
            max_instances=2,
        )  # fmt: skip

    async def _tick(self, group: RuleGroup, slot: datetime, missed: int) -> None:
        try:
            await self._due(group, slot, missed)
        except asyncio.CancelledError:
            return  # the scheduler stops; nothing of this slot was kept, so whoever comes next begins where we did
        except Exception:
            # a group that fails once must tick again; what went wrong is logged and counted where it happened
            _log.exception("rule group %s: its evaluation at %s failed", group.key, slot.isoformat())
        if self._armed.get(group.key) == group:
            following = schedule.slot_after(group, slot, self._clock.now())
            self._arm(group, following, schedule.missed(group, slot, following))
