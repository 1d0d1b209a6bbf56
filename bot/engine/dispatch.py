"""Tells groups of alerts when they are due, and incidents of alerts that are over: in the active process alone.

It sleeps until the next group is due or something came in. In a storm the gravest of those that wait go first.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections.abc import Callable, Mapping

from bot.alerts.groups import Group
from bot.alerts.table import Entry
from bot.engine.bell import SOON_S, Bell
from bot.errors import Fenced, StoreError
from bot.incidents import severity
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN
from bot.model.alert import Alert
from bot.model.ids import Fingerprint
from bot.model.incident import Severity
from bot.response import alerts_over, alerts_rebuilt, alerts_taken, group_ready, silences_cleared, silences_followed
from bot.response.rule_due import LEASE
from bot.response.world import World

_log = logging.getLogger(__name__)

_LOOK_S = 1.0
_AGAIN_S, _AGAIN_AFTER_A_MISTAKE_S = 2.0, 60.0
_ABSENT_S = 30.0
"""Without a look for so long (stopped, the store away) nobody was heard either, and being absent resolves nothing."""
_AT_A_TIME = 1000
"""Alerts that are over and are looked at before others have their turn."""
AT_ONCE = 8
"""Groups told at a time: they share a commit, and none waits long behind a large one."""


class Dispatch:
    """`epoch` says under which epoch of the lease this process is the active one; None: it stands by."""

    def __init__(self, world: World, bell: Bell, telemetry: Telemetry, epoch: Callable[[], int | None]) -> None:
        self._world = world
        self._bell = bell
        self._telemetry = telemetry
        self._epoch = epoch
        self._count = 0
        self._looked_at = self._now()

    async def run(self) -> None:
        """Looks, for ever."""
        while True:
            epoch = self._epoch()
            try:
                await alerts_rebuilt.follow(self._world, TOCSIN, leads=epoch is not None)
                await silences_followed.follow(self._world, TOCSIN)
                if epoch is not None and self._world.alerts.table.leads:
                    await self.look(epoch)
            except Fenced as error:
                _log.info("groups are told by another process: %s", error)
                await asyncio.sleep(_AGAIN_S)
                continue
            except StoreError as error:
                _log.warning("groups of alerts wait: %s; %s", error, error.hint)
                await asyncio.sleep(_AGAIN_S)
                continue
            await self._bell.wait(self._until_next())

    async def look(self, epoch: int) -> None:
        """Tells what is due, for a second at most: the gravest first, and what becomes due meanwhile takes its place.

        Fenced when another process tells by now; StoreUnavailable: what is due stays due.
        """
        table, now = self._world.alerts.table, self._now()
        if now - self._looked_at > _ABSENT_S:
            table.settle(now + table.resolve_timeout)
        await alerts_taken.time_passed(self._world, TOCSIN, lease=LEASE, epoch=epoch)
        self._looked_at = self._now()
        if self._world.alerts.over:
            await self._clear(epoch)
        await silences_cleared.look(self._world, TOCSIN)
        waiting: list[tuple[Severity, float, int, Group]] = []
        until = self._now() + _LOOK_S  # in a storm there is always more, and what is over wants to be told too
        while self._add_due(waiting) and self._now() < until:
            part = [heapq.heappop(waiting)[-1] for _ in range(min(AT_ONCE, len(waiting)))]
            await asyncio.gather(*(self._flush(group, epoch) for group in part))
        for *_, group in waiting:
            self._world.alerts.groups.put_back(group, self._now())

    def _add_due(self, waiting: list[tuple[Severity, float, int, Group]]) -> bool:
        """Whether there is any."""
        for group in self._world.alerts.groups.due(self._now()):
            self._count += 1
            heapq.heappush(waiting, (_gravity(group), group.next_at, self._count, group))
        return bool(waiting)

    async def _clear(self, epoch: int) -> None:
        pipeline = self._world.alerts
        over = pipeline.takes_over()
        try:
            found = await _seen_last(over)
            await alerts_over.clear(self._world, TOCSIN, found, lease=LEASE, epoch=epoch)
        except (StoreError, Fenced, asyncio.CancelledError):
            pipeline.not_taken(over)
            raise
        except Exception:  # groups are told all the same
            _log.exception("alerts that are over met a mistake of ours; their incidents wait")
            pipeline.not_taken(over)

    async def _flush(self, group: Group, epoch: int) -> None:
        """Tells one group. One that could not be told is due again soon, whatever the reason, and holds up no other."""
        if self._world.alerts.groups.get(group.key) is not group:
            return  # other documents came into force while it waited, and another group has its alerts now
        try:
            telling = await group_ready.flush(self._world, TOCSIN, group, lease=LEASE, epoch=epoch)
        except (StoreError, Fenced) as error:
            _log.warning("group %s waits: %s; %s", group.key, error, error.hint)
            self._world.alerts.groups.put_off(group, self._now() + _AGAIN_S)
        except Exception:
            _log.exception("group %s met a mistake of ours; it waits", group.key)
            self._world.alerts.groups.put_off(group, self._now() + _AGAIN_AFTER_A_MISTAKE_S)
        else:
            self._world.counts.flushed(telling.kept_back)
            if telling.news:
                self._world.nudge()

    def _now(self) -> float:
        return self._world.clock.now().timestamp()

    def _until_next(self) -> float:
        """Seconds until a group is due, or the end of an alert has come."""
        table, groups = self._world.alerts.table, self._world.alerts.groups
        if not table.leads:
            return SOON_S  # what is due here is told elsewhere
        now = self._now()
        return min(groups.next_at(), table.next_end(now)) - now


async def _seen_last(over: Mapping[Fingerprint, Entry]) -> Mapping[Fingerprint, Alert]:
    """These alerts as they were seen last, so many at a time; without those that fire again by now."""
    found, keys = dict[Fingerprint, Alert](), list(over)
    for first in range(0, len(keys), _AT_A_TIME):
        part = ((key, over[key]) for key in keys[first : first + _AT_A_TIME])
        found |= {key: entry.alert() for key, entry in part if entry.over}
        await asyncio.sleep(0)
    return found


def _gravity(group: Group) -> Severity:
    """By the severity that its alerts share, or that of the first."""
    labels = group.labels if "severity" in group.labels else next(iter(group.entries.values())).label_set()
    return severity.of_word(labels.get("severity", ""))
