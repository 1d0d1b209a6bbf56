"""Evaluates rule groups on their slots while this process is the active one.

The active process holds the lease `rules`. A standby tries to get it every few seconds; when the active one dies, its
lease ends and the standby reads the state of every group from the store and goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.engine.ticker import Ticker
from bot.errors import Conflict, Fenced, StoreError
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN
from bot.model.rule import GroupStatus, RuleGroup
from bot.response import rule_due
from bot.response.world import World

_log = logging.getLogger(__name__)

TTL = timedelta(seconds=8)
KEEP_EVERY = timedelta(seconds=2)


class Evaluation:
    """The state of the groups between slots, and whether it is ours to move on."""

    def __init__(self, world: World, owner: str, telemetry: Telemetry) -> None:
        self._world = world
        self._owner = owner
        self._telemetry = telemetry
        self._epoch: int | None = None
        self._statuses: dict[str, GroupStatus] = {}
        self.ticker = Ticker(world.clock, self._due)

    @property
    def active(self) -> bool:
        """Whether this process evaluates."""
        return self._epoch is not None

    async def keep_lease(self) -> None:
        """Takes the lease when it is free and keeps it; steps back when another process has it."""
        try:
            epoch = await self._world.store.write(lambda tx: tx.leases.acquire(rule_due.LEASE, self._owner, TTL))
        except StoreError as error:
            _log.warning("cannot keep the lease to evaluate rules: %s; %s", error, error.hint)
            return
        if epoch != self._epoch:
            self._epoch = epoch
            await self._changed_hands()

    async def set_groups(self, groups: Sequence[RuleGroup]) -> None:
        """After a reload: these groups from now on; those that stay keep their state."""
        gone = self._statuses.keys() - {group.key for group in groups}
        if self.active:
            await self._world.store.write(lambda tx: tx.rules.forget(sorted(gone)))
            for key in gone:
                del self._statuses[key]
            self.ticker.set_groups(groups)

    async def give_up(self) -> None:
        """Hands the lease back, so that a standby need not wait for its end."""
        self.ticker.stop()
        if self.active:
            await self._world.store.write(lambda tx: tx.leases.release(rule_due.LEASE, self._owner))

    async def _changed_hands(self) -> None:
        if self._epoch is None:
            _log.info("another process evaluates the rules; this one stands by")
            self.ticker.set_groups(())
            return
        statuses = await self._world.store.read(lambda tx: tx.rules.statuses())
        self._statuses = {status.key: status for status in statuses}
        self.ticker.set_groups(self._world.setup.groups)

    async def _due(self, group: RuleGroup, slot: datetime, missed: int) -> None:
        if self._epoch is None:
            return
        before = self._statuses.get(group.key)
        if before is not None:
            before = replace(before, missed=before.missed + missed)
        try:
            after = await rule_due.rule_due(self._world, TOCSIN, group, before, slot=slot, epoch=self._epoch)
        except (Fenced, Conflict) as error:
            _log.info("rule group %s: %s", group.key, error)
            self._epoch = None
            await self._changed_hands()
        except StoreError as error:
            # nothing was kept, so the next slot starts from the same state: late, never wrong
            _log.warning("rule group %s: %s; %s", group.key, error, error.hint)
            self._telemetry.store_write_failed("unavailable")
        else:
            self._statuses[group.key] = after
            self._count(group, after, missed)

    def _count(self, group: RuleGroup, after: GroupStatus, missed: int) -> None:
        unknown = [status for status in after.rules if status.unknown_since is not None]
        self._telemetry.evaluated(group.source, after.took.total_seconds())
        self._telemetry.slots_missed(group.source, missed)
        self._telemetry.blind(group.source, bool(unknown) and len(unknown) == len(after.rules))
        for _ in unknown:
            self._telemetry.evaluation_failed(group.source, "unknown")
