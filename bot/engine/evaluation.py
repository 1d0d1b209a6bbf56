"""Evaluates rule groups on their slots while this process is the active one.

The active process holds the lease `rules`. A standby tries to get it every few seconds; when the active one dies, its
lease ends and the standby reads the state of every group from the store and goes on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.engine.ticker import Ticker
from bot.errors import Conflict, Fenced, IntegrationError, StoreError
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN
from bot.model.evaluation import LATE
from bot.model.rule import GroupStatus, Restore, RuleGroup
from bot.response import alerts_rebuilt, rule_due, search_due, source_seen
from bot.response.world import World
from bot.rules import evaluator, restore, schedule

_log = logging.getLogger(__name__)

TTL = timedelta(seconds=8)
KEEP_EVERY = timedelta(seconds=2)
_OVERDUE, _OVERDUE_SLOTS = timedelta(seconds=30), 2
"""How late an evaluation is before it is taken for one that does not come."""


class Evaluation:
    """The state of the groups between slots, and whether it is ours to move on."""

    def __init__(self, world: World, owner: str, telemetry: Telemetry) -> None:
        self._world = world
        self._owner = owner
        self._telemetry = telemetry
        self._epoch: int | None = None
        self._active_since = world.clock.now()
        self._groups: dict[str, RuleGroup] = {}
        self._statuses: dict[str, GroupStatus] = {}
        self._unsure: dict[str, datetime] = {}
        """By group, the first slot of which nobody knows whether it was kept."""
        self._written: dict[str, evaluator.Written] = {}
        self._unrestored: dict[str, int] = {}
        """Groups to be restored as Prometheus does it, and how often they were evaluated since the start."""
        self._ending: set[asyncio.Task[None]] = set()
        self.ticker = Ticker(world.clock, self._due)

    @property
    def active(self) -> bool:
        """Whether this process evaluates."""
        return self._epoch is not None

    @property
    def epoch(self) -> int | None:
        """Under which epoch of its lease this process is the active one; None: it stands by."""
        return self._epoch

    def on_time(self, now: datetime) -> bool:
        """Whether rules are evaluated: some group is not long overdue, or there is none to evaluate."""
        if not self.active or not self._groups:
            return self.active
        return any(now <= self._expected(group) for group in self._groups.values())

    async def keep_lease(self) -> None:
        """Takes the lease when it is free and keeps it; steps back when another process has it."""
        try:
            epoch = await self._world.store.write(lambda tx: tx.leases.acquire(rule_due.LEASE, self._owner, TTL))
        except StoreError as error:
            _log.warning("cannot keep the lease to evaluate rules: %s; %s", error, error.hint)
            return
        if epoch != self._epoch:
            self._epoch = epoch
            try:
                await self._changed_hands()
            except Exception as error:
                self._epoch = None  # whoever has taken over by half would keep the lease and do nothing for ever
                if not isinstance(error, StoreError):
                    raise
                _log.warning("cannot take the rules over yet: %s; %s", error, error.hint)

    async def set_groups(self, groups: Sequence[RuleGroup]) -> None:
        """After a reload: these groups from now on; those that stay keep their state."""
        if self.active:
            await self._drop_all_but({group.key for group in groups})
            for key in self._written.keys() - {group.key for group in groups}:
                self._end_later(self._groups[key], self._written.pop(key))
            self._groups = {group.key: group for group in groups}
            self.ticker.set_groups(groups, {key: status.slot for key, status in self._statuses.items()})

    async def give_up(self) -> None:
        """Hands the lease back, so that a standby need not wait for its end."""
        self.ticker.stop()
        for task in self._ending:
            task.cancel()
        if self.active:
            await self._world.store.write(lambda tx: tx.leases.release(rule_due.LEASE, self._owner))

    def _expected(self, group: RuleGroup) -> datetime:
        """By when the group must have been evaluated again."""
        status = self._statuses.get(group.key)
        following = schedule.next_slot(group, status.slot if status else self._active_since)
        return following + _OVERDUE_SLOTS * group.interval + _OVERDUE

    async def _changed_hands(self) -> None:
        self._active_since = self._world.clock.now()
        if self._epoch is None:
            _log.info("another process evaluates the rules; this one stands by")
            self.ticker.set_groups(())
            return
        await alerts_rebuilt.rebuild(self._world, TOCSIN)
        statuses = await self._world.store.read(lambda tx: tx.rules.statuses())
        anew = {group.key for group in self._world.setup.groups if group.restore is Restore.PROMETHEUS}
        self._statuses = {status.key: status for status in statuses if status.key not in anew}
        self._unrestored, self._written, self._unsure = dict.fromkeys(anew, 0), {}, {}
        await self.set_groups(self._world.setup.groups)

    async def _drop_all_but(self, wanted: set[str]) -> None:
        gone = [status for key, status in self._statuses.items() if key not in wanted]
        if gone:
            await source_seen.groups_gone(self._world, TOCSIN, gone)
        for status in gone:
            del self._statuses[status.key]

    async def _due(self, group: RuleGroup, slot: datetime, missed: int) -> None:
        if self._epoch is None:
            return
        self._telemetry.slots_missed(group.source, missed)
        try:
            before = await self._before(group)
            made = await self._evaluated(group, before, slot, self._epoch)
        except (Fenced, Conflict) as error:
            _log.info("rule group %s: %s", group.key, error)
            self._epoch = None
            await self._changed_hands()
        except StoreError as error:
            # the next slot starts from the same state, or from what was kept all the same: late, never wrong
            self._unsure.setdefault(group.key, slot)
            _log.warning("rule group %s: %s; %s", group.key, error, error.hint)
        else:
            self._statuses[group.key] = await self._restored(group, made.status)
            if group.search is None:
                self._written[group.key] = made.written
            self._count(group, made)

    async def _before(self, group: RuleGroup) -> GroupStatus | None:
        """The state to start from."""
        since = self._unsure.get(group.key)
        if since is not None:
            kept = await rule_due.kept_since(self._world, TOCSIN, group, since)
            if kept is not None:
                self._statuses[group.key] = kept
            self._unsure.pop(group.key, None)
        return self._statuses.get(group.key)

    async def _evaluated(
        self, group: RuleGroup, before: GroupStatus | None, slot: datetime, epoch: int
    ) -> evaluator.Evaluation:
        if group.search is not None:
            return await search_due.search_due(self._world, TOCSIN, group, before, slot=slot, epoch=epoch)
        written = self._written_by(group)
        return await rule_due.rule_due(self._world, TOCSIN, group, before, slot=slot, epoch=epoch, written=written)

    def _written_by(self, group: RuleGroup) -> evaluator.Written | None:
        return None if group.key in self._unrestored else self._written.get(group.key, {})

    async def _restored(self, group: RuleGroup, status: GroupStatus) -> GroupStatus:
        """After the second evaluation since the start, where `restore: prometheus` is wanted."""
        evaluations = self._unrestored.get(group.key)
        if evaluations is None:
            return status
        if evaluations == 0:
            self._unrestored[group.key] = 1
            return status
        del self._unrestored[group.key]
        return await restore.restore(group, status, self._world.sources[group.source], self._world.clock.now())

    def _end_later(self, group: RuleGroup, written: evaluator.Written) -> None:
        """What a group that is gone had written ends now; that is written two intervals later, as Prometheus does it.

        Another group may have taken it over until then, and what that has written stands.
        """
        gone_at = self._world.clock.now()

        async def end() -> None:
            await asyncio.sleep(2 * group.interval.total_seconds())
            try:
                await rule_due.end_series(self._world, TOCSIN, group, written, gone_at)
            except IntegrationError as error:
                _log.warning("what rule group %s had recorded could not be ended: %s", group.key, error)

        task = asyncio.get_running_loop().create_task(end())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def _count(self, group: RuleGroup, made: evaluator.Evaluation) -> None:
        began = made.status.evaluated_at
        if began is not None and began - made.status.slot >= LATE:
            self._telemetry.late(group.source)
        self._telemetry.evaluated(group.source, made.status.took.total_seconds())
        for failure in made.failures:
            self._telemetry.evaluation_failed(group.source, failure.reason)
        unseen = [failure for failure in made.failures if failure.reason != "rule"]
        self._telemetry.blind(group.source, bool(unseen))
