"""Two processes on one PostgreSQL, and a lease that goes to and fro between them: each handover is told once."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.engine.bell import Bell
from bot.engine.errands import Errands
from bot.errors import Fenced
from bot.kit.telemetry import Telemetry
from bot.model.actor import TOCSIN, Contact, Person
from bot.model.chart import Chart
from bot.model.page import Message
from bot.model.schedule import Layer, Schedule, Turn
from bot.model.setup import Setup
from bot.ports.store import Store
from bot.response import handovers_due
from bot.response.world import World
from bot.store.store import open_store
from bot.testing.clock import FakeClock
from tests.servers import Postgres
from tests.soak import many

NOW = datetime(2026, 11, 22, 3, 30, tzinfo=UTC)
LEASE = "handing over"
HOUR = timedelta(hours=1)
HANDOVERS = many(3, 48)
PEOPLE = {name: Person(name=name, contacts=(Contact(integration="chat"),)) for name in ("ann", "ben")}
TURNS = Layer(name="hours", people=(("ann",), ("ben",)), starts=datetime(2026, 1, 1), turn=Turn.HOUR)  # noqa: DTZ001 - local by meaning
SETUP = Setup(
    people=PEOPLE,
    schedules={name: Schedule(name=name, time_zone="UTC", layers=(TURNS,)) for name in ("shop", "search", "money")},
)
NOTES = 2 * len(SETUP.schedules)
"""At each hour: one to whoever comes and one to whoever goes, of each schedule."""


@dataclass
class Door:
    """A messenger that nobody takes anything back from: it writes down every time it is handed something."""

    journal: list[str] = field(default_factory=list)
    wanted: int = 0
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Message) -> None:
        await asyncio.sleep(0)
        self.journal.append(message.id)
        if len(set(self.journal)) >= self.wanted:
            self.heard.set()


class NoDrawer:
    async def draw(self, chart: Chart, *, width: int, height: int) -> bytes:
        raise AssertionError("nobody should draw")


def world(store: Store, clock: FakeClock, door: Door, bell: Bell, owner: str) -> World:
    return World(
        store=store, clock=clock, drawer=NoDrawer(), setup=SETUP, sources={}, actions={}, writer=owner,
        messengers={"chat": door}, nudge=bell.ring,
    )  # fmt: skip


async def leads_now_and_then(here: World, owner: str, looked: asyncio.Event, done: asyncio.Event) -> None:
    """Looks whenever it gets the lease, and once more when another may have it by now."""
    while not done.is_set():
        epoch = await here.store.write(lambda tx: tx.leases.acquire(LEASE, owner, timedelta(seconds=30)))
        if epoch is not None:
            await handovers_due.look(here, TOCSIN, lease=LEASE, epoch=epoch)
            looked.set()
            await here.store.write(lambda tx: tx.leases.release(LEASE, owner))
            await asyncio.sleep(0.05)
            with suppress(Fenced):
                await handovers_due.look(here, TOCSIN, lease=LEASE, epoch=epoch)
        await asyncio.sleep(0.05)


async def each_is_told(clock: FakeClock, door: Door, looked: asyncio.Event) -> None:
    """Hour after hour, each as soon as somebody heard of the one before; whatever came twice would come meanwhile.

    The first look tells of nothing: it only remembers since when handovers are told.
    """
    async with asyncio.timeout(60):
        await looked.wait()
    for passed in range(1, HANDOVERS + 1):
        door.wanted = passed * NOTES
        door.heard.clear()
        clock.advance(HOUR)
        async with asyncio.timeout(60):
            await door.heard.wait()
    await asyncio.sleep(0.3)


async def test_each_handover_is_told_once_by_one_of_two_processes(postgres: Postgres) -> None:
    url, clock, looked, done = postgres.database(), FakeClock(NOW), asyncio.Event(), asyncio.Event()
    door = Door()
    async with open_store(url) as one, open_store(url) as other:
        bells = {"one": Bell(), "other": Bell()}
        stores = {"one": one, "other": other}
        worlds = {owner: world(stores[owner], clock, door, bells[owner], owner) for owner in stores}
        async with asyncio.TaskGroup() as group:
            errands = [
                group.create_task(Errands(here, owner, bells[owner], Telemetry()).run())
                for owner, here in worlds.items()
            ]
            looking = [
                group.create_task(leads_now_and_then(here, owner, looked, done)) for owner, here in worlds.items()
            ]
            await each_is_told(clock, door, looked)
            done.set()
            await asyncio.gather(*looking)
            for errand in errands:
                errand.cancel()
    assert Counter(door.journal).most_common(1)[0][1] == 1
    assert len(door.journal) == HANDOVERS * NOTES
