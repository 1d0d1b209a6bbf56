"""Whoever is to be heard of and is not has an incident; it closes when they are heard again."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from bot.alerts.wire import Received
from bot.engine.watch import Life, Watch
from bot.errors import NotFound, StoreUnavailable, Temporary
from bot.kit.telemetry import Telemetry
from bot.model.actor import Actor, ActorKind
from bot.model.alert import Alert
from bot.model.deadman import Deadman, LifeSign
from bot.model.incident import IncidentStatus
from bot.model.labels import LabelSet
from bot.model.matchers import parse_matcher
from bot.model.retention import Retention
from bot.ports.alert_store import Heartbeat
from bot.ports.store import Store, Tx
from bot.response import alerts_taken, deadman_heard
from bot.response.rule_due import LEASE
from bot.testing.clock import FakeClock
from tests.scenarios.tocsin import Tocsin, living

T = TypeVar("T")
MINUTE = timedelta(minutes=1)
BACKUP = Deadman(name="backup", interval=2 * MINUTE, grace=MINUTE)
WATCHDOG = Deadman(
    name="prometheus", interval=2 * MINUTE, grace=MINUTE, matchers=(parse_matcher('alertname="Watchdog"'),)
)
CRON = Actor(kind=ActorKind.SOURCE, name="backup", via="ping")


@asynccontextmanager
async def watching(database: Path, *deadmen: Deadman) -> AsyncIterator[Tocsin]:
    """A Tocsin without rules that waits for these."""
    async with living(database) as tocsin:
        tocsin.world.writer = "here"
        tocsin.world.setup = replace(tocsin.world.setup, groups=(), deadmen=deadmen)
        tocsin.world.alerts.become(tocsin.world.setup, tocsin.clock.now().timestamp())
        epoch = await tocsin.world.store.write(lambda tx: tx.leases.acquire(LEASE, "here", timedelta(days=400)))
        watch = asyncio.get_running_loop().create_task(Watch(tocsin.world, lambda: epoch, Telemetry()).run())
        await tocsin.passes("1s")
        yield tocsin
        watch.cancel()


async def pinged(tocsin: Tocsin, times: int = 1, every: str = "1m") -> None:
    for _ in range(times):
        await deadman_heard.hear(tocsin.world, CRON, "backup")
        await tocsin.passes(every)


async def statuses(tocsin: Tocsin) -> Sequence[IncidentStatus]:
    return [(await tocsin.case(number)).incident.status for number in await tocsin.incidents()]


async def test_nobody_hears_of_one_that_is_heard_in_time(database: Path) -> None:
    async with watching(database, BACKUP) as tocsin:
        await pinged(tocsin, times=3, every="170s")
        assert await statuses(tocsin) == []


async def test_it_is_missed_after_interval_and_grace_and_its_incident_ends_when_it_is_heard(database: Path) -> None:
    async with watching(database, BACKUP) as tocsin:
        await pinged(tocsin, every="170s")
        assert await statuses(tocsin) == []
        await tocsin.passes("20s")
        assert await statuses(tocsin) == [IncidentStatus.TRIGGERED]
        case = await tocsin.case()
        assert case.incident.title == "nothing is heard of backup"
        await tocsin.passes("6m")
        assert await statuses(tocsin) == [IncidentStatus.TRIGGERED], "it is told once, and stays until it is heard"
        await pinged(tocsin, every="20s")
        assert await statuses(tocsin) == [IncidentStatus.RESOLVED]
        await tocsin.passes("180s")
        assert await statuses(tocsin) == [IncidentStatus.TRIGGERED], "so soon it is the same one, reopened"


class LateWord:
    """A store through which a ping, heard in time, is committed right after somebody has looked."""

    def __init__(self, tocsin: Tocsin) -> None:
        self.inner, self.tocsin, self.pings = tocsin.world.store, tocsin, 1

    async def write(self, work: Callable[[Tx], T], *, first: bool = False) -> T:
        return await self.inner.write(work, first=first)

    async def read(self, work: Callable[[Tx], T]) -> T:
        found = await self.inner.read(work)
        if self.pings and isinstance(found, list | tuple) and any(isinstance(one, Heartbeat) for one in found):
            self.pings -= 1
            earlier = self.tocsin.clock.now() - timedelta(milliseconds=5)
            await self.inner.write(
                lambda tx: tx.heartbeats.put(Heartbeat(name="backup", seen_at=earlier, missing_since=None))
            )
        return found


async def test_a_ping_that_is_kept_while_somebody_looks_is_not_lost(database: Path) -> None:
    async with watching(database, BACKUP) as tocsin:
        await pinged(tocsin, every="175s")
        tocsin.clock.jumps(timedelta(seconds=10))
        tocsin.world.store = late = LateWord(tocsin)
        await tocsin.passes("1m")
        assert not late.pings
        assert await statuses(tocsin) == []


async def test_a_ping_heard_by_another_whose_clock_is_behind_ends_it_too(database: Path) -> None:
    async with watching(database, BACKUP) as tocsin:
        await tocsin.passes("190s")
        assert await statuses(tocsin) == [IncidentStatus.TRIGGERED]
        behind = FakeClock(tocsin.clock.now() - timedelta(seconds=30))
        await deadman_heard.hear(replace(tocsin.world, clock=behind), CRON, "backup")
        await tocsin.passes("20s")
        assert await statuses(tocsin) == [IncidentStatus.RESOLVED]


async def test_one_that_was_never_heard_is_missed_too(database: Path) -> None:
    async with watching(database, BACKUP) as tocsin:
        await tocsin.passes("170s")
        assert await statuses(tocsin) == []
        await tocsin.passes("20s")
        assert await statuses(tocsin) == [IncidentStatus.TRIGGERED]


async def test_after_our_own_absence_nobody_is_blamed_for_what_we_could_not_hear(database: Path) -> None:
    async with watching(database, BACKUP) as tocsin:
        await pinged(tocsin)
    await asyncio.sleep(3600)
    async with watching(database, BACKUP) as tocsin:
        await tocsin.passes("170s")
        assert await statuses(tocsin) == []
        await tocsin.passes("20s")
        assert await statuses(tocsin) == [IncidentStatus.TRIGGERED]


async def test_a_machine_that_slept_heard_nobody(database: Path) -> None:
    async with watching(database, BACKUP) as tocsin:
        await pinged(tocsin)
        tocsin.clock.jumps(timedelta(hours=9))
        await tocsin.passes("170s")
        assert await statuses(tocsin) == []
        await tocsin.passes("20s")
        assert await statuses(tocsin) == [IncidentStatus.TRIGGERED]


async def test_a_restart_forgets_nobody_who_is_missing_and_says_nothing_twice(database: Path) -> None:
    async with watching(database, BACKUP) as tocsin:
        await tocsin.passes("190s")
        assert await statuses(tocsin) == [IncidentStatus.TRIGGERED]
    await asyncio.sleep(3600)
    async with watching(database, BACKUP) as tocsin:
        await tocsin.passes("1m")
        assert await statuses(tocsin) == [IncidentStatus.TRIGGERED]
        await pinged(tocsin, every="20s")
        assert await statuses(tocsin) == [IncidentStatus.RESOLVED]


async def test_whoever_is_taken_out_of_the_configuration_is_not_missed_any_more(database: Path) -> None:
    async with watching(database, BACKUP) as tocsin:
        await tocsin.passes("190s")
        tocsin.world.setup = replace(tocsin.world.setup, deadmen=())
        await tocsin.passes("5m")
        assert await statuses(tocsin) == [IncidentStatus.RESOLVED]
        tocsin.world.setup = replace(tocsin.world.setup, deadmen=(BACKUP,))
        await tocsin.passes("170s")
        assert len(await statuses(tocsin)) == 1, "it begins anew"


async def test_nobody_is_heard_under_a_name_that_is_not_configured(database: Path) -> None:
    async with watching(database, BACKUP) as tocsin:
        with pytest.raises(NotFound, match="no deadman is called 'bakcup'"):
            await deadman_heard.hear(tocsin.world, CRON, "bakcup")


async def barks(tocsin: Tocsin, times: int) -> None:
    """A Prometheus sends its Watchdog every minute, as it does."""
    for _ in range(times):
        now = tocsin.clock.now()
        alert = Alert(
            labels=LabelSet({"alertname": "Watchdog"}), annotations={}, starts_at=now - MINUTE, ends_at=now + 4 * MINUTE
        )
        await alerts_taken.take(tocsin.world, CRON, [Received.of(alert)])
        await tocsin.passes("1m")


async def test_a_watchdog_is_no_incident_while_it_comes_and_one_when_it_stops(database: Path) -> None:
    async with watching(database, WATCHDOG) as tocsin:
        await barks(tocsin, 6)
        assert await statuses(tocsin) == []
        await tocsin.passes("110s")
        assert await statuses(tocsin) == []
        await tocsin.passes("20s")
        assert await statuses(tocsin) == [IncidentStatus.TRIGGERED]
        await barks(tocsin, 2)
        assert await statuses(tocsin) == [IncidentStatus.RESOLVED]


@dataclass
class Outside:
    """A `Watcher` that keeps when it heard of us."""

    heard: list[datetime] = field(default_factory=list)
    is_deaf: bool = False

    async def lives(self, at: datetime) -> None:
        if self.is_deaf:
            raise Temporary("nobody is there", integration="outside", reason="connection")
        self.heard.append(at)


@asynccontextmanager
async def showing(tocsin: Tocsin, outside: Outside, evaluates: list[bool]) -> AsyncIterator[None]:
    tocsin.world.watchers = {"outside": outside}
    sign = LifeSign(integration="outside", every=MINUTE)
    tocsin.world.setup = replace(tocsin.world.setup, groups=(), life_sign=sign)
    life = asyncio.get_running_loop().create_task(Life(tocsin.world, "here", lambda _: evaluates[0]).run())
    yield
    life.cancel()


async def test_the_outside_hears_of_us_every_minute_while_we_evaluate(database: Path) -> None:
    outside, evaluates = Outside(), [True]
    async with living(database) as tocsin, showing(tocsin, outside, evaluates):
        await tocsin.passes("4m30s")
        assert len(outside.heard) == 5
        evaluates[0] = False
        await tocsin.passes("3m")
        assert len(outside.heard) == 5
        evaluates[0] = True
        await tocsin.passes("90s")
        assert len(outside.heard) == 7


async def test_the_outside_does_not_hear_of_us_while_the_store_takes_no_writes(database: Path) -> None:
    outside = Outside()
    async with living(database) as tocsin:
        store = Full(tocsin.world.store)
        tocsin.world.store = store
        async with showing(tocsin, outside, [True]):
            await tocsin.passes("3m30s")
            before = len(outside.heard)
            store.is_full = True
            await tocsin.passes("3m")
            assert len(outside.heard) == before == 4
            store.is_full = False
            await tocsin.passes("2m")
            assert len(outside.heard) > before


async def test_one_that_does_not_hear_is_told_again_a_minute_later(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    outside = Outside(is_deaf=True)
    async with living(database) as tocsin, showing(tocsin, outside, [True]):
        await tocsin.passes("3m")
        outside.is_deaf = False
        await tocsin.passes("2m")
    assert len(outside.heard) == 2
    assert [record.message for record in caplog.records if "told" in record.message] == [
        "outside is not told that Tocsin lives: nobody is there; Tocsin tries again by itself; if it lasts, run"
        " `tocsin doctor`",
        "outside is told again that Tocsin lives",
    ]


class Full:
    """A `Store` whose disk may be full."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self.is_full = False

    async def write(self, work: Callable[[Tx], T], *, first: bool = False) -> T:
        if self.is_full:
            raise StoreUnavailable("the disk is full")
        return await self._inner.write(work, first=first)

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self._inner.read(work)

    async def prune(self, now: datetime, retention: Retention) -> Mapping[str, int]:
        return await self._inner.prune(now, retention)


async def test_one_that_cannot_be_judged_keeps_no_other_from_being_missed(
    database: Path, caplog: pytest.LogCaptureFixture
) -> None:
    odd = replace(BACKUP, name="odd", interval=timedelta.max)
    async with watching(database, odd, BACKUP) as tocsin:
        await pinged(tocsin, every="190s")
        assert await statuses(tocsin) == [IncidentStatus.TRIGGERED]
        assert (await tocsin.case()).incident.title == "nothing is heard of backup"
        assert caplog.text.count("deadman odd: a mistake of ours") == 4, "once a minute"
