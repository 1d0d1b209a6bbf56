"""Looks whether anybody's sign of life is missing, and shows Tocsin's own, in the active process alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import Fenced, IntegrationError, StoreError
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN
from bot.model.deadman import LifeSign
from bot.response import deadmen_due, life_shown
from bot.response.one_by_one import AGAIN, PutOff
from bot.response.rule_due import LEASE
from bot.response.world import World

_log = logging.getLogger(__name__)

LOOK_S = 5.0
_SECOND = 1.0
_ASLEEP = timedelta(seconds=30)
"""A look that comes this much later than the one before: the machine slept, and heard nobody."""


class Watch:
    """`epoch` says under which epoch of the lease this process is the active one; None: it stands by."""

    def __init__(self, world: World, epoch: Callable[[], int | None], telemetry: Telemetry) -> None:
        self._world = world
        self._epoch = epoch
        self._telemetry = telemetry
        self._stumbled: dict[str, datetime] = {}
        """When a mistake of ours was told last, by deadman."""
        self._looked_at: datetime | None = None
        self._up_since = world.clock.now()
        self._may_be_some = True
        """Whether signs of life may be kept: without, and without anybody to wait for, nothing has to be read."""

    async def run(self) -> None:
        """Looks for ever."""
        while True:
            epoch = self._epoch()
            if epoch is None:
                self._looked_at = None
            elif self._world.setup.deadmen or self._may_be_some:
                await self._look(epoch)
            await asyncio.sleep(LOOK_S)

    async def _look(self, epoch: int) -> None:
        now = self._world.clock.now()
        if self._looked_at is None or now - self._looked_at > _ASLEEP:
            self._up_since = now
        try:
            await self._look_at_each(epoch, now)
        except (Fenced, StoreError) as error:
            # nobody's ping was kept either, so that nobody is to blame for the time until it works again
            if self._looked_at is not None:
                _log.warning("signs of life are not looked at: %s; %s", error, error.hint)
            self._looked_at = None
        else:
            self._looked_at, self._may_be_some = now, bool(self._world.setup.deadmen)

    async def _look_at_each(self, epoch: int, now: datetime) -> None:
        """A mistake of ours with one is told."""
        try:
            await deadmen_due.look(self._world, TOCSIN, up_since=self._up_since, lease=LEASE, epoch=epoch)
        except PutOff as error:
            for name, mistake in error.mistakes.items():
                self._stumble(name, mistake, now)

    def _stumble(self, deadman: str, mistake: Exception, now: datetime) -> None:
        """Once a minute, however often it is looked at."""
        told_at = self._stumbled.get(deadman)
        if told_at is None or not timedelta() <= now - told_at < AGAIN:
            self._stumbled[deadman] = now
            self._telemetry.look_failed("deadmen")
            _log.error("deadman %s: a mistake of ours keeps it from being missed", deadman, exc_info=mistake)


class Life:
    """`evaluates` says whether this process evaluates the rules, and on time: without that it does not count as alive.

    What goes wrong is said once, until it is well again.
    """

    def __init__(self, world: World, owner: str, evaluates: Callable[[datetime], bool]) -> None:
        self._world = world
        self._owner = owner
        self._evaluates = evaluates
        self._shown_at: datetime | None = None
        self._is_unheard = False

    async def run(self) -> None:
        """Shows it for ever."""
        while True:
            sign, now = self._world.setup.life_sign, self._world.clock.now()
            if sign is not None and (self._shown_at is None or now - self._shown_at >= sign.every):
                await self._show(sign, now)
            await asyncio.sleep(_SECOND)

    async def _show(self, sign: LifeSign, now: datetime) -> None:
        if not self._evaluates(now):
            return  # one that only stands by is silent too: another speaks for all
        self._shown_at = now
        try:
            await life_shown.show(self._world, TOCSIN, sign, self._owner)
        except (IntegrationError, StoreError) as error:
            if not self._is_unheard:
                _log.warning("%s is not told that Tocsin lives: %s; %s", sign.integration, error, error.hint)
            self._is_unheard = True
        else:
            if self._is_unheard:
                _log.info("%s is told again that Tocsin lives", sign.integration)
            self._is_unheard = False
