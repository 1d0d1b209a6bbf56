"""Looks at everything that goes by the clock: escalations, handovers, reminders. In the active process alone.

Each look says when it wants to be called again, and rests until then, unless something was written meanwhile: somebody
may have begun one, or made it due sooner.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from bot.engine.bell import IDLE_S, SOON_S, Bell, Bells
from bot.errors import Fenced, IntegrationError, StoreError
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN, Actor
from bot.response import (
    boards_due,
    calendars_due,
    clock_set_back,
    escalations_due,
    handovers_due,
    mirrors_due,
    reminders_due,
    schedules_due,
)
from bot.response.one_by_one import PutOff
from bot.response.rule_due import LEASE
from bot.response.world import World

_log = logging.getLogger(__name__)

_AT_ONCE_S = 0.05
"""Before a look that has more to do goes on: others have their turn."""
_SET_BACK = timedelta(seconds=5)
"""A clock that shows this much less than the time that passed was set back."""
_AGAIN_S, _LONGEST_S = 2.0, 60.0
"""After a look that failed for a reason we know; and at most, where it is a mistake of ours that stays."""


class Look(Protocol):
    """Does what is due."""

    async def __call__(self, world: World, actor: Actor, *, lease: str, epoch: int) -> datetime | None:
        """When it wants to be called again at the latest; None: when something was written."""
        ...


LOOKS: Mapping[str, Look] = {
    "escalations": escalations_due.look,
    "reminders": reminders_due.look,
    "handovers": handovers_due.look,
    "mirrors": mirrors_due.look,
    "chats": boards_due.look,
    "calendars": calendars_due.look,
    "schedules": schedules_due.look,
}


class Timers:
    """`epoch` says under which epoch of the lease this process is the active one; None: it stands by."""

    def __init__(
        self,
        world: World,
        epoch: Callable[[], int | None],
        bells: Bells,
        telemetry: Telemetry,
        looks: Mapping[str, Look] = LOOKS,
    ) -> None:
        self._world = world
        self._epoch = epoch
        self._telemetry = telemetry
        self._last: tuple[float, datetime] | None = None
        """The loop's own time and the clock's, when somebody looked last; None: this process stood by."""
        self._looks = {name: (look, bells.new()) for name, look in looks.items()}

    async def run(self) -> None:
        """For ever; one look that fails holds up no other."""
        async with asyncio.TaskGroup() as group:
            for name, (look, bell) in self._looks.items():
                group.create_task(self._repeat(name, look, bell), name=name)

    async def _repeat(self, name: str, look: Look, bell: Bell) -> None:
        mistakes = 0
        while True:
            try:
                await bell.wait(await self._look(look))
                mistakes = 0
            except PutOff as error:
                for one, mistake in error.mistakes.items():
                    _log.error("%s met a mistake of ours with %s; all others go on", name, one, exc_info=mistake)
                    self._telemetry.look_failed(name)
                await asyncio.sleep(_AT_ONCE_S)
            except Fenced as error:
                _log.info("%s are looked after by another process: %s", name, error)
                await asyncio.sleep(_AGAIN_S)
            except IntegrationError as error:
                _log.warning("%s: what was read before counts: %s; %s", name, error, error.hint)
                self._telemetry.look_failed(name)
                await asyncio.sleep(_AGAIN_S)
            except StoreError as error:
                _log.warning("%s wait: %s; %s", name, error, error.hint)
                self._telemetry.look_failed(name)
                await asyncio.sleep(_AGAIN_S)
            except Exception:
                _log.exception("%s met a mistake of ours; they wait, all else goes on", name)
                self._telemetry.look_failed(name)
                await asyncio.sleep(min(_AGAIN_S * 2**mistakes, _LONGEST_S))
                mistakes += 1

    async def _look(self, look: Look) -> float:
        """Seconds until the next one."""
        epoch = self._epoch()
        if epoch is None:
            self._last = None
            return SOON_S
        await self._mind_the_clock(epoch)
        at = await look(self._world, TOCSIN, lease=LEASE, epoch=epoch)
        if at is None:
            return IDLE_S
        return max(_AT_ONCE_S, (at - self._world.clock.now()).total_seconds())

    async def _mind_the_clock(self, epoch: int) -> None:
        """What is to come stays as far away as it was when the clock is set back. Of several looks one sees to it."""
        before, self._last = self._last, (asyncio.get_running_loop().time(), self._world.clock.now())
        if before is None:
            return
        back = timedelta(seconds=self._last[0] - before[0]) - (self._last[1] - before[1])
        if back <= _SET_BACK:
            return
        try:
            await clock_set_back.follow(self._world, TOCSIN, back, lease=LEASE, epoch=epoch)
        except BaseException:
            self._last = before
            raise
        _log.warning("the clock was set back by %s; what is to come stays as far away as it was", back)
