"""Two processes on one PostgreSQL, and a lease that goes to and fro between them: everybody is reminded once."""

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
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.page import Message
from bot.model.setup import Setup
from bot.model.timeline import EntryKind
from bot.ports.store import Store, Tx
from bot.response import incident_moved, reminders_due
from bot.response.world import World
from bot.store.store import open_store
from bot.testing.clock import FakeClock
from tests.servers import Postgres
from tests.soak import many

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
LEASE = "reminding"
SETUP = Setup(people={"ann": Person(name="ann", contacts=(Contact(integration="chat"),))})
INCIDENTS = many(250, 1000)


@dataclass
class Outside:
    """A messenger that nobody takes anything back from: it writes down every time it is handed something."""

    journal: list[tuple[str, str]] = field(default_factory=list)
    all_were_told: asyncio.Event = field(default_factory=asyncio.Event)

    def of(self, owner: str) -> "Door":
        return Door(self, owner)


@dataclass
class Door:
    """The way there of one process."""

    outside: Outside
    owner: str

    async def send(self, message: Message) -> None:
        await asyncio.sleep(0)
        self.outside.journal.append((self.owner, message.id))
        if len({key for _, key in self.outside.journal}) == INCIDENTS:
            self.outside.all_were_told.set()


class NoDrawer:
    async def draw(self, chart: Chart, *, width: int, height: int) -> bytes:
        raise AssertionError("nobody should draw")


def world(store: Store, clock: FakeClock, door: Door, bell: Bell) -> World:
    return World(
        store=store, clock=clock, drawer=NoDrawer(), setup=SETUP, sources={}, actions={}, messengers={"chat": door},
        nudge=bell.ring, writer=door.owner,
    )  # fmt: skip


def opened(tx: Tx) -> None:
    for _ in range(INCIDENTS):
        incident = Incident(
            id=tx.incidents.next_id(), title="it burns", severity=Severity.SEV1, status=IncidentStatus.ACKNOWLEDGED,
            opened_at=NOW, acknowledged_at=NOW, acknowledged_by="ann",
        )  # fmt: skip
        incident_moved.keep(tx, SETUP, TOCSIN, None, incident, NOW)


async def leads_now_and_then(here: World, owner: str, done: asyncio.Event) -> None:
    """Looks whenever it gets the lease, and once more when another may have it by now."""
    while not done.is_set():
        epoch = await here.store.write(lambda tx: tx.leases.acquire(LEASE, owner, timedelta(seconds=30)))
        if epoch is not None:
            await reminders_due.look(here, TOCSIN, lease=LEASE, epoch=epoch)
            await here.store.write(lambda tx: tx.leases.release(LEASE, owner))
            await asyncio.sleep(0.05)
            with suppress(Fenced):
                await reminders_due.look(here, TOCSIN, lease=LEASE, epoch=epoch)
        await asyncio.sleep(0.01)


async def seen_through(outside: Outside, done: asyncio.Event) -> None:
    async with asyncio.timeout(120):
        await outside.all_were_told.wait()
    await asyncio.sleep(1)  # whatever would come twice would come now
    done.set()


async def test_each_reminder_is_told_once_by_one_of_two_processes(postgres: Postgres) -> None:
    url, clock, outside, done = postgres.database(), FakeClock(NOW), Outside(), asyncio.Event()
    async with open_store(url) as one, open_store(url) as other:
        await one.write(opened)
        clock.advance(timedelta(minutes=5))
        bells = {"one": Bell(), "other": Bell()}
        worlds = {
            owner: world(store, clock, outside.of(owner), bells[owner])
            for owner, store in (("one", one), ("other", other))
        }
        errands = [
            asyncio.create_task(Errands(worlds[owner], owner, bells[owner], Telemetry()).run()) for owner in worlds
        ]
        await asyncio.gather(
            seen_through(outside, done), *(leads_now_and_then(here, owner, done) for owner, here in worlds.items())
        )
        for errand in errands:
            errand.cancel()
        story = await one.read(lambda tx: tx.records.timeline_after(0, 10 * INCIDENTS))
    assert Counter(key for _, key in outside.journal).most_common(1)[0][1] == 1
    assert Counter(entry.incident for entry in story if entry.kind is EntryKind.REMINDER).most_common(1)[0][1] == 1
    assert len([entry for entry in story if entry.kind is EntryKind.REMINDER]) == INCIDENTS
