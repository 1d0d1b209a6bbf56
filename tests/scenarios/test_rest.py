"""Loops rest while nothing is due, hear of what is written, and one that stumbles stops no other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.engine.bell import IDLE_S, SOON_S, Bell, Bells
from bot.engine.timers import Timers
from bot.kit.telemetry import Telemetry
from bot.model.actor import Actor
from bot.model.errand import Errand, ErrandKind
from bot.model.incident import Severity
from bot.ports.store import Tx
from bot.response import incident_declared
from bot.response.rule_due import LEASE
from bot.response.world import World
from tests.scenarios.tocsin import Tocsin, actor, living
from tests.scenarios.virtual import StoreAtWork

SECOND = timedelta(seconds=1)


class Seen:
    """A look that notes when it was called, and what it came to."""

    def __init__(self, next_in: timedelta | None = None, mistakes: int = 0) -> None:
        self.at: list[datetime] = []
        self._next_in = next_in
        self._mistakes = mistakes

    async def __call__(self, world: World, actor: Actor, *, lease: str, epoch: int) -> datetime | None:
        now = world.clock.now()
        self.at.append(now)
        if len(self.at) <= self._mistakes:
            raise ZeroDivisionError("a mistake of ours")
        return None if self._next_in is None else now + self._next_in

    def after(self) -> list[float]:
        """Seconds between one look and the next."""
        return [round((later - one).total_seconds(), 3) for one, later in zip(self.at, self.at[1:], strict=False)]


@asynccontextmanager
async def looking(tocsin: Tocsin, telemetry: Telemetry, **looks: Seen) -> AsyncIterator[None]:
    epoch = await tocsin.world.store.write(lambda tx: tx.leases.acquire(LEASE, "here", timedelta(days=400)))
    timers = Timers(tocsin.world, lambda: epoch, Bells(tocsin.world.store), telemetry, looks)
    task = asyncio.get_running_loop().create_task(timers.run())
    try:
        yield
    finally:
        task.cancel()


@asynccontextmanager
async def quiet(database: Path) -> AsyncIterator[Tocsin]:
    """Without rules, and after the first looks."""
    async with living(database) as tocsin:
        tocsin.world.setup = replace(tocsin.world.setup, groups=())
        await tocsin.passes("1m")
        yield tocsin


async def test_an_hour_in_which_nothing_happens_costs_next_to_nothing(database: Path) -> None:
    async with quiet(database) as tocsin:
        counting = tocsin.world.store = Counting(tocsin.world.store)
        await tocsin.passes("1h")
        assert counting.calls <= 6 * 3600 / IDLE_S, "each of three loops: a claim or two reads"


async def test_what_was_written_without_a_word_to_anybody_is_found_within_a_second(database: Path) -> None:
    async with quiet(database) as tocsin:
        made = await incident_declared.declare(tocsin.world, actor("ann"), title="it burns", severity=Severity.SEV3)
        await tocsin.passes("8s")
        silent = Errand(
            kind=ErrandKind.EVIDENCE_WANTED, dedup_key="e", due_at=tocsin.clock.now(), payload={"incident": "INC-1"}
        )
        await tocsin.world.store.write(lambda tx: tx.outbox.add(silent))
        await asyncio.sleep(1.1)
        assert await tocsin.world.store.read(left) == 0, made.id


async def test_an_errand_that_was_put_off_is_taken_up_when_it_is_due_and_not_at_the_next_look(database: Path) -> None:
    async with quiet(database) as tocsin:
        due_at = tocsin.clock.now() + 13.25 * SECOND
        await incident_declared.declare(tocsin.world, actor("ann"), title="it burns", severity=Severity.SEV3)
        later = Errand(kind=ErrandKind.EVIDENCE_WANTED, dedup_key="e", due_at=due_at, payload={"incident": "INC-1"})
        await tocsin.world.store.write(lambda tx: tx.outbox.add(later))
        await asyncio.sleep(13.2)
        assert await tocsin.world.store.read(left) == 1
        await asyncio.sleep(0.1)
        assert await tocsin.world.store.read(left) == 0


def left(tx: Tx) -> int:
    return int(tx.outbox.next_at() is not None)


async def test_a_look_is_taken_when_it_asked_for_it_and_soon_after_something_was_written(database: Path) -> None:
    async with quiet(database) as tocsin:
        often, idle = Seen(next_in=7 * SECOND), Seen()
        async with looking(tocsin, Telemetry(), often=often, idle=idle):
            await tocsin.passes("41s")
            assert (often.after(), idle.after()) == ([7.0] * 5, [IDLE_S] * 2)
            await tocsin.passes("5s")
            await incident_declared.declare(tocsin.world, actor("ann"), title="it burns", severity=Severity.SEV3)
            await asyncio.sleep(1.5)
            assert (tocsin.clock.now() - idle.at[-1]).total_seconds() == 0.5


async def test_a_look_that_meets_a_mistake_of_ours_is_taken_ever_less_often_and_stops_no_other(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with quiet(database) as tocsin:
        telemetry, broken, well = Telemetry(), Seen(next_in=SECOND, mistakes=7), Seen(next_in=SECOND)
        async with looking(tocsin, telemetry, broken=broken, well=well):
            await tocsin.passes("4m")
        assert broken.after()[:9] == [2, 4, 8, 16, 32, 60, 60, 1, 1]
        assert len(well.at) >= 240
        assert b'tocsin_look_failures_total{look="broken"} 7.0' in telemetry.exposition()[0]
        assert "broken met a mistake of ours" in caplog.text


async def test_a_bell_that_was_rung_while_nobody_waited_is_heard_by_who_comes_next() -> None:
    bell, loop = Bell(longest=100), asyncio.get_running_loop()
    began = loop.time()
    bell.ring()
    await bell.wait(50)
    assert loop.time() - began == 0
    bell.stir()
    await bell.wait(50)
    assert loop.time() - began == SOON_S
    await bell.wait(50)
    assert loop.time() - began == SOON_S + 50


class Counting:
    """A store that counts what it is asked for."""

    def __init__(self, inner: StoreAtWork) -> None:
        self._inner = inner
        self.calls = 0

    def __getattr__(self, name: str) -> object:
        self.calls += 1
        return getattr(self._inner, name)
