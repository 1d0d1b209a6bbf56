"""The table of alerts over a real store: after a restart, behind another process, and when the store is away."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.alerts.groups import Group
from bot.alerts.wire import Received, canonical
from bot.engine.evaluation import Evaluation
from bot.errors import Fenced, StoreUnavailable
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN, Actor, ActorKind
from bot.model.incident import Incident, IncidentStatus
from bot.model.route import Occurrences, Route
from bot.model.setup import Setup
from bot.ports.alert_store import LogKind
from bot.ports.store import Store, Tx
from bot.response import alerts_over, alerts_rebuilt, alerts_taken, group_ready, incident_changed
from bot.response.world import World
from bot.store.store import open_store
from bot.testing.clock import FakeClock
from tests.servers import Postgres

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEASE = "rules"


class NoDrawer:
    """Nothing here asks for a picture."""

    async def draw(self, chart: object, *, width: int, height: int) -> bytes:
        raise AssertionError("nobody should draw")


class Away:
    """A store that cannot write for a while."""

    def __init__(self, store: Store) -> None:
        self.store, self.away = store, False

    async def write(self, work: Callable[[Tx], object], *, first: bool = False) -> object:
        if self.away:
            raise StoreUnavailable("the disk is full")
        return await self.store.write(work, first=first)

    async def read(self, work: Callable[[Tx], object]) -> object:
        return await self.store.read(work)


def world_on(store: Store | Away, clock: FakeClock, writer: str, setup: Setup | None = None) -> World:
    return World(
        store=store,
        clock=clock,
        drawer=NoDrawer(),
        setup=setup or Setup(),
        sources={},
        actions={},
        nudge=lambda: None,
        writer=writer,
    )


@asynccontextmanager
async def leading(folder: Path, clock: FakeClock, writer: str = "one") -> AsyncIterator[World]:
    """A process that leads, on the store in this folder; it ends without a word."""
    async with open_store(f"sqlite:///{folder / 'tocsin.db'}") as store:
        world = world_on(store, clock, writer)
        await alerts_rebuilt.rebuild(world, TOCSIN)
        yield world


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tocsin.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(START)


def said(name: str, clock: FakeClock, *, ends: timedelta = 4 * MINUTE, starts: timedelta = -MINUTE) -> Received:
    return Received(
        labels=canonical({"alertname": name}),
        starts_at=(START + starts).timestamp(),
        ends_at=(clock.now() + ends).timestamp(),
    )


def firing(world: World) -> set[str]:
    return {entry.label_set()["alertname"] for entry in world.alerts.table._entries.values() if not entry.over}


async def rows(world: World) -> list[LogKind]:
    return [row.kind for row in await world.store.read(lambda tx: tx.log.after(0, 1000))]


async def epoch(world: World) -> int:
    taken = await world.store.write(lambda tx: tx.leases.acquire(LEASE, world.writer, timedelta(hours=9)))
    assert taken is not None
    return taken


async def test_what_was_answered_is_there_after_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    async with leading(tmp_path, clock) as world:
        await alerts_taken.take(world, TOCSIN, [said("A", clock), said("B", clock)])
        await alerts_taken.take(world, TOCSIN, [said("B", clock, ends=timedelta(0))])
        await alerts_taken.take(world, TOCSIN, [said("A", clock)])
        assert await rows(world) == [LogKind.RECEIVED] * 2
    clock.advance(MINUTE)
    async with leading(tmp_path, clock, "two") as world:
        assert firing(world) == {"A"}
        assert len(world.alerts.groups) == 1
        await alerts_taken.take(world, TOCSIN, [said("A", clock)])
        assert len(await rows(world)) == 2, "it is known, and costs the log nothing"


async def test_being_down_for_long_resolves_nothing(tmp_path: Path, clock: FakeClock) -> None:
    async with leading(tmp_path, clock) as world:
        await alerts_taken.take(world, TOCSIN, [said("A", clock), said("B", clock)])
    clock.advance(600 * MINUTE)
    async with leading(tmp_path, clock, "two") as world:
        here = await epoch(world)
        await alerts_taken.time_passed(world, TOCSIN, lease=LEASE, epoch=here)
        assert firing(world) == {"A", "B"}
        clock.advance(4 * MINUTE)
        await alerts_taken.take(world, TOCSIN, [said("A", clock)])
        clock.advance(MINUTE)
        await alerts_taken.time_passed(world, TOCSIN, lease=LEASE, epoch=here)
        assert firing(world) == {"A"}, "B was given its time, and nobody spoke of it"


class Slow(Away):
    """A store whose second answer comes late to all but `other`: once that one is done, or waits itself."""

    other: asyncio.Task[None]
    answers = 0

    async def read(self, work: Callable[[Tx], object]) -> object:
        found = await self.store.read(work)
        if asyncio.current_task() is not self.other:
            self.answers += 1
            await asyncio.wait({self.other}, timeout=1 if self.answers == 2 else 0)
        return found


async def test_a_start_while_the_log_is_being_read_anyway_resolves_nothing(tmp_path: Path, clock: FakeClock) -> None:
    """As soon as it is there it follows what others write, and takes over in the middle of that."""
    names = {f"A{number}" for number in range(25)}
    async with leading(tmp_path, clock) as world:
        for name in sorted(names):
            await alerts_taken.take(world, TOCSIN, [said(name, clock)])
    clock.advance(600 * MINUTE)
    async with open_store(f"sqlite:///{tmp_path / 'tocsin.db'}") as store:
        slow = Slow(store)
        world = world_on(slow, clock, "two")
        following = asyncio.create_task(alerts_rebuilt.follow(world, TOCSIN, leads=False))
        slow.other = asyncio.create_task(alerts_rebuilt.rebuild(world, TOCSIN))
        await asyncio.gather(following, slow.other)
        await alerts_taken.time_passed(world, TOCSIN, lease=LEASE, epoch=await epoch(world))
        assert firing(world) == names


async def test_what_ended_by_itself_stays_over_after_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    async with leading(tmp_path, clock) as world:
        await alerts_taken.take(world, TOCSIN, [said("A", clock)])
        clock.advance(5 * MINUTE)
        await alerts_taken.time_passed(world, TOCSIN, lease=LEASE, epoch=await epoch(world))
        assert firing(world) == set()
        assert len(world.alerts.over) == 1
    async with leading(tmp_path, clock, "two") as world:
        assert firing(world) == set()


async def test_an_end_that_cannot_be_kept_has_not_come(tmp_path: Path, clock: FakeClock) -> None:
    async with leading(tmp_path, clock) as world:
        await alerts_taken.take(world, TOCSIN, [said("A", clock)])
        here = await epoch(world)
        clock.advance(5 * MINUTE)
        store = world.store
        away = Away(store)
        away.away = True
        world.store = away
        with pytest.raises(StoreUnavailable):
            await alerts_taken.time_passed(world, TOCSIN, lease=LEASE, epoch=here)
        assert firing(world) == {"A"}
        assert not world.alerts.over
        with pytest.raises(StoreUnavailable):
            await alerts_taken.take(world, TOCSIN, [said("B", clock)])
        assert firing(world) == {"A"}, "what was refused is not known"
        await alerts_taken.take(world, TOCSIN, [said("A", clock)])  # needs no store
        away.away = False
        clock.advance(5 * MINUTE)
        await alerts_taken.time_passed(world, TOCSIN, lease=LEASE, epoch=here)
        assert firing(world) == set()
        await alerts_taken.take(world, TOCSIN, [said("C", clock)])
        clock.advance(5 * MINUTE)
        with pytest.raises(Fenced):
            await alerts_taken.time_passed(world, TOCSIN, lease=LEASE, epoch=here - 1)
        assert firing(world) == {"C"}


async def test_a_start_reads_no_more_than_what_was_carried_on(tmp_path: Path, clock: FakeClock) -> None:
    async with leading(tmp_path, clock) as world:
        many = [said(f"A{number}", clock) for number in range(2500)]
        await alerts_taken.take(world, TOCSIN, many)
        await alerts_taken.take(world, TOCSIN, [said("A0", clock, ends=timedelta(0))])
        clock.advance(MINUTE)
        await alerts_rebuilt.carry(world, TOCSIN)
        await alerts_taken.take(world, TOCSIN, [said("A1", clock, ends=timedelta(0)), said("Late", clock)])
        begins = await world.store.read(lambda tx: tx.log.begins())
        kinds = await rows(world)
        assert kinds == [LogKind.RECEIVED] * 2 + [LogKind.CARRIED] * 4 + [LogKind.MARK, LogKind.RECEIVED]
        assert begins == 3
    async with leading(tmp_path, clock, "two") as world:
        assert firing(world) == {f"A{number}" for number in range(2, 2500)} | {"Late"}


async def test_what_waits_for_the_log_while_alerts_are_carried_on_is_not_lost(tmp_path: Path, clock: FakeClock) -> None:
    async with leading(tmp_path, clock) as world:
        await alerts_taken.take(world, TOCSIN, [said("A", clock), said("B", clock)])
        clock.advance(MINUTE)
        store = world.store

        class Racing(Away):
            """Before each write of what is carried, somebody else is heard."""

            heard = False

            async def write(self, work: Callable[[Tx], object], *, first: bool = False) -> object:
                if not self.heard:
                    self.heard = True
                    await alerts_taken.take(world, TOCSIN, [said("A", clock, ends=timedelta(0))])
                return await self.store.write(work, first=first)

        world.store = Racing(store)
        await alerts_rebuilt.carry(world, TOCSIN)
        world.store = store
    async with leading(tmp_path, clock, "two") as world:
        assert firing(world) == {"B"}


async def test_one_that_stands_by_knows_what_the_others_took(store_url: str, clock: FakeClock) -> None:
    async with open_store(store_url) as store:
        leader, standby = world_on(store, clock, "leader"), world_on(store, clock, "standby")
        await alerts_rebuilt.rebuild(leader, TOCSIN)
        await alerts_taken.take(leader, TOCSIN, [said("A", clock)])
        await alerts_rebuilt.follow(standby, TOCSIN, leads=False)
        assert firing(standby) == {"A"}
        assert len(standby.alerts.groups) == 0, "it tells nobody"
        await alerts_taken.take(standby, TOCSIN, [said("B", clock)])
        await alerts_rebuilt.follow(leader, TOCSIN, leads=True)
        assert firing(leader) == {"A", "B"}
        assert len(leader.alerts.groups) == 1
        clock.advance(MINUTE)
        await alerts_taken.take(standby, TOCSIN, [said("B", clock)])  # moved by a minute: the leader must see it
        await alerts_rebuilt.follow(leader, TOCSIN, leads=True)
        clock.advance(3 * MINUTE + timedelta(seconds=30))
        await alerts_taken.time_passed(leader, TOCSIN, lease=LEASE, epoch=await epoch(leader))
        assert firing(leader) == {"B"}
        await alerts_rebuilt.follow(leader, TOCSIN, leads=False)
        await alerts_rebuilt.rebuild(standby, TOCSIN)
        assert firing(standby) == {"B"}
        assert len(standby.alerts.groups) == 1


async def test_what_others_took_is_told_though_it_is_read_while_alerts_are_carried_on(
    store_url: str, clock: FakeClock
) -> None:
    """Whoever reads the log on, for whatever reason, reads it for all: nobody reads those rows again."""
    async with open_store(store_url) as store:
        leader, standby = world_on(store, clock, "leader"), world_on(store, clock, "standby")
        await alerts_rebuilt.rebuild(leader, TOCSIN)
        await alerts_taken.take(leader, TOCSIN, [said("A", clock)])
        await alerts_rebuilt.follow(standby, TOCSIN, leads=False)
        await alerts_taken.take(standby, TOCSIN, [said("A", clock, ends=timedelta(0)), said("B", clock)])
        await alerts_rebuilt.carry(leader, TOCSIN)
        await alerts_rebuilt.follow(leader, TOCSIN, leads=True)
        assert {entry.label_set()["alertname"] for entry in leader.alerts.over.values()} == {"A"}
        assert {name for group in leader.alerts.groups for name in names_of(group)} == {"A", "B"}


async def test_what_is_heard_between_two_pages_of_the_log_is_not_undone_by_the_first(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with open_store(f"sqlite:///{tmp_path / 'tocsin.db'}") as store:
        leader, standby = world_on(store, clock, "leader"), world_on(store, clock, "standby")
        await alerts_rebuilt.rebuild(leader, TOCSIN)
        for name in ["A", *(f"B{number}" for number in range(12))]:
            await alerts_taken.take(standby, TOCSIN, [said(name, clock)])

        class Between(Away):
            """Between the first page and the second, A ends here."""

            pages = 0

            async def read(self, work: Callable[[Tx], object]) -> object:
                self.pages += 1
                if self.pages == 2:
                    clock.advance(timedelta(seconds=1))
                    await alerts_taken.take(leader, TOCSIN, [said("A", clock, ends=timedelta(0))])
                return await self.store.read(work)

        leader.store = Between(store)
        await alerts_rebuilt.follow(leader, TOCSIN, leads=True)
        assert "A" not in firing(leader)
        assert {entry.label_set()["alertname"] for entry in leader.alerts.over.values()} == {"A"}


async def test_a_webhook_hears_of_what_ended_during_a_take_over(tmp_path: Path, clock: FakeClock) -> None:
    async with leading(tmp_path, clock) as world:
        await alerts_taken.take(world, TOCSIN, [said("A", clock), said("B", clock)])
    clock.advance(600 * MINUTE)
    async with open_store(f"sqlite:///{tmp_path / 'tocsin.db'}") as store:
        world = world_on(store, clock, "two")

        class Meanwhile(Away):
            """While the rest is read, A is said to be over."""

            reads = 0

            async def read(self, work: Callable[[Tx], object]) -> object:
                found = await self.store.read(work)
                self.reads += 1
                if self.reads == 3:
                    await alerts_taken.take(world, TOCSIN, [said("A", clock, ends=timedelta(0))])
                return found

        world.store = Meanwhile(store)
        await alerts_rebuilt.rebuild(world, TOCSIN)
        assert firing(world) == {"B"}
        assert {name for group in world.alerts.groups for name in names_of(group)} == {"A", "B"}


async def test_what_a_person_ended_is_over_for_one_that_stands_by(tmp_path: Path, clock: FakeClock) -> None:
    """Also where that one heard of it last, and wrote nothing of it."""
    without_end = Received(labels=canonical({"alertname": "A"}), starts_at=START.timestamp())
    async with open_store(f"sqlite:///{tmp_path / 'tocsin.db'}") as store:
        leader, standby = world_on(store, clock, "leader"), world_on(store, clock, "standby")
        await alerts_rebuilt.rebuild(leader, TOCSIN)
        await alerts_taken.take(leader, TOCSIN, [without_end])
        await alerts_rebuilt.follow(standby, TOCSIN, leads=False)
        clock.advance(MINUTE)
        await alerts_taken.take(standby, TOCSIN, [without_end])
        clock.advance(MINUTE)
        [entry] = leader.alerts.table.active(clock.now().timestamp())
        await alerts_taken.end(leader, TOCSIN, [entry.fingerprint()])
        await alerts_rebuilt.follow(standby, TOCSIN, leads=False)
        assert firing(standby) == set()


async def test_firings_before_a_restart_count_as_occurrences_each_once(tmp_path: Path, clock: FakeClock) -> None:
    """A route that waits for `2 within 10m` has seen one before the restart, and one long before that."""
    setup = Setup(route=Route(receiver="sre", occurrences=Occurrences(count=5, within=10 * MINUTE)))

    async def flaps(world: World) -> None:
        starts = clock.now() - START
        await alerts_taken.take(world, TOCSIN, [said("A", clock, starts=starts)])
        clock.advance(MINUTE)
        await alerts_taken.take(world, TOCSIN, [said("A", clock, starts=starts, ends=timedelta(0))])
        clock.advance(MINUTE)

    async with leading(tmp_path, clock) as world:
        await flaps(world)
        clock.advance(20 * MINUTE)
        await flaps(world)
        await alerts_taken.take(world, TOCSIN, [said("B", clock, starts=clock.now() - START)])
    async with open_store(f"sqlite:///{tmp_path / 'tocsin.db'}") as store:
        world = world_on(store, clock, "two", setup)
        await alerts_rebuilt.rebuild(world, TOCSIN)
        await flaps(world)
        [group] = world.alerts.groups
        assert world.alerts.groups.begun_within(group, clock.now().timestamp()) == 3


async def told_of(world: World) -> list[Incident]:
    """All incidents, once every group was told."""
    here = await epoch(world)
    over = {key: entry.alert() for key, entry in world.alerts.takes_over().items()}
    await alerts_over.clear(world, TOCSIN, over, lease=LEASE, epoch=here)
    for group in world.alerts.groups:
        await group_ready.flush(world, TOCSIN, group, lease=LEASE, epoch=here)
    return list(await world.store.read(lambda tx: tx.incidents.list()))


async def test_a_restart_after_an_alert_ended_that_nobody_followed_does_not_hide_its_next_firing(
    tmp_path: Path, clock: FakeClock
) -> None:
    """Somebody resolved its incident while it fired, and so no incident heard that it was over."""
    ann = Actor(kind=ActorKind.PERSON, name="ann", roles=frozenset({"admin"}))
    async with leading(tmp_path, clock) as world:
        await alerts_taken.take(world, TOCSIN, [said("A", clock)])
        [incident] = await told_of(world)
        await incident_changed.resolve(world, ann, incident.id)
        clock.advance(MINUTE)
        await alerts_taken.take(world, TOCSIN, [said("A", clock, ends=timedelta(0))])
        over = {key: entry.alert() for key, entry in world.alerts.takes_over().items()}
        await alerts_over.clear(world, TOCSIN, over, lease=LEASE, epoch=await epoch(world))
        await world.store.write(lambda tx: tx.leases.release(LEASE, world.writer))
    clock.advance(MINUTE)
    async with leading(tmp_path, clock, "two") as world:
        [quiet] = await told_of(world)
        assert quiet.status is IncidentStatus.RESOLVED
        clock.advance(600 * MINUTE)
        await alerts_taken.take(world, TOCSIN, [said("A", clock, starts=clock.now() - START)])
        assert [one.status for one in await told_of(world)] == [IncidentStatus.TRIGGERED, IncidentStatus.RESOLVED]


@pytest.mark.parametrize("error", [StoreUnavailable("the disk is full"), ValueError("a mistake of ours")])
async def test_whoever_could_not_take_over_has_not_and_tries_again(
    error: Exception, tmp_path: Path, clock: FakeClock
) -> None:
    async with open_store(f"sqlite:///{tmp_path / 'tocsin.db'}") as store:
        world = world_on(store, clock, "one")

        class Broken(Away):
            async def read(self, work: Callable[[Tx], object]) -> object:
                raise error

        world.store = Broken(store)
        evaluation = Evaluation(world, "one", Telemetry())
        with contextlib.suppress(ValueError):
            await evaluation.keep_lease()
        assert not evaluation.active
        world.store = store
        await evaluation.keep_lease()
        assert evaluation.active
        assert world.alerts.table.leads


def names_of(group: Group) -> set[str]:
    return {entry.label_set()["alertname"] for entry in group.entries.values()}
