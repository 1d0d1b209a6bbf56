"""What Tocsin does for itself while it runs: its heartbeat, its housekeeping, and getting up again after a fall."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.errors import StoreError
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN
from bot.model.retention import Retention
from bot.response import alerts_rebuilt, data_missing
from bot.response.world import World

_log = logging.getLogger(__name__)

PRUNE_EVERY = timedelta(hours=1)
LOOK_FOR_DATA_EVERY = timedelta(minutes=10)
CARRY_EVERY = timedelta(hours=1)
_BEAT_S = 1.0
_BEATS_TO_A_LOOK = 10
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 60.0


async def kept_alive(name: str, work: Callable[[], Awaitable[None]], telemetry: Telemetry) -> None:
    """Runs the work for ever: one that falls over is logged, counted, and begun again after a growing pause."""
    pause = _FIRST_PAUSE_S
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await work()
        except Exception:
            telemetry.task_restarted(name)
            _log.exception("%s fell over; it begins again in %.1f s", name, pause)
        await asyncio.sleep(pause)
        lasted = asyncio.get_running_loop().time() - began
        pause = _FIRST_PAUSE_S if lasted > _LONGEST_PAUSE_S else min(pause * 2, _LONGEST_PAUSE_S)


async def beat(world: World, telemetry: Telemetry, clock_was_set: Callable[[], None]) -> None:
    """How late the loop is, and since when the oldest errand has been due: what the alerts on Tocsin look at.

    `clock_was_set` is called when the clock went on otherwise than time did: it was set, or the machine slept. What
    is waited for by the clock is then due at another time.
    """
    loop = asyncio.get_running_loop()
    beats = 0
    while True:
        began, clock = loop.time(), world.clock.now()
        await asyncio.sleep(_BEAT_S)
        passed = loop.time() - began
        telemetry.loop_lag(max(0.0, passed - _BEAT_S))
        if abs((world.clock.now() - clock).total_seconds() - passed) > _BEAT_S:
            clock_was_set()
        beats += 1
        if beats % _BEATS_TO_A_LOOK == 0:
            await _look_at_the_outbox(world, telemetry)


async def _look_at_the_outbox(world: World, telemetry: Telemetry) -> None:
    now = world.clock.now()
    oldest = await world.store.read(lambda tx: tx.outbox.oldest_due(now))
    telemetry.outbox_oldest((now - oldest).total_seconds() if oldest is not None else 0.0)


async def look_for_data(world: World, telemetry: Telemetry) -> None:
    """Counts the rules that look at series which do not exist."""
    for source, rules in (await data_missing.look(world, TOCSIN)).items():
        telemetry.without_data(source, len(rules))
        if rules:
            _log.debug("rules without data on %s: %s", source, ", ".join(rules))


async def prune(world: World, retention: Retention) -> None:
    """Takes away what has been kept long enough; a store that is away is asked again next time."""
    try:
        gone = await world.store.prune(world.clock.now(), retention)
    except StoreError as error:
        _log.warning("housekeeping was put off: %s; %s", error, error.hint)
    else:
        if any(gone.values()):
            _log.info("housekeeping: %s", ", ".join(f"{count} {kind}" for kind, count in gone.items() if count))


async def carry(world: World) -> None:
    """Writes active alerts anew, so that a start reads hours of the log and not weeks."""
    try:
        await alerts_rebuilt.carry(world, TOCSIN)
    except StoreError as error:
        _log.warning("active alerts are carried on later: %s; %s", error, error.hint)
