"""A Tocsin at work here, on the machine's clock, and a pager in a process of its own: both ways are open."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.api.hooks import make_hooks
from bot.app.server import Server, bind
from bot.chat.commands import Chat
from bot.engine.bell import Bell, Bells
from bot.engine.errands import Errands
from bot.engine.timers import Timers
from bot.kit.http_in import Origins
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Capabilities, Integration, Tools
from bot.kit.redaction import Redactor
from bot.kit.telemetry import Telemetry
from bot.kit.who_asks import Door, secret_hash
from bot.model.actor import Actor, Contact, Person, person
from bot.model.escalation import EscalationPolicy, Level, Target, TargetKind
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.setup import Setup
from bot.model.timeline import TimelineEntry
from bot.response import boards_due, escalations_due, incident_changed, incident_declared, mirrors_due, person_paged
from bot.response.rule_due import LEASE
from bot.response.world import World
from bot.store.store import open_store
from bot.testing.pagers import FakePager
from tests.integrations.web.house import NoDrawer

PAGER = "pager"
SECRET = "a-secret-of-our-own"
PATIENCE_S = 60.0


class WallClock:
    """The machine's."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Tocsin:
    """What a test holds of it. `hook` is where the pager posts; `phone` is the way to reach ann beside the pager."""

    world: World
    hook: str
    phone: FakePager

    async def declares(self, title: str = "The cart is empty", by: str = "ann") -> IncidentId:
        """A person declares an incident, and so somebody is paged."""
        made = await incident_declared.declare(self.world, who(by), title=title, severity=Severity.SEV2)
        self.world.nudge()
        return made.id

    async def incident(self, id: IncidentId) -> Incident:
        """How it stands."""
        return await self.world.store.read(lambda tx: tx.incidents.get(id))

    async def timeline(self, id: IncidentId) -> Sequence[TimelineEntry]:
        """Its story."""
        return await self.world.store.read(lambda tx: tx.incidents.timeline(id))

    async def said(self, id: IncidentId) -> list[str]:
        """The same, sentence by sentence."""
        return [entry.text for entry in await self.timeline(id)]

    async def acknowledges(self, id: IncidentId, by: str = "ann") -> None:
        """A person has it."""
        await incident_changed.acknowledge(self.world, who(by), id)
        self.world.nudge()

    async def resolves(self, id: IncidentId, by: str = "ann", reason: str = "") -> None:
        """A person says it is over."""
        await incident_changed.resolve(self.world, who(by), id, reason)
        self.world.nudge()

    async def notes(self, id: IncidentId, text: str, by: str = "ann") -> None:
        """A person writes something down."""
        await incident_changed.note(self.world, who(by), id, text)
        self.world.nudge()

    async def pages(self, id: IncidentId, whom: str, by: str = "ann") -> None:
        """A person asks for somebody."""
        await person_paged.page(self.world, who(by), id, whom)
        self.world.nudge()

    async def reopens(self, id: IncidentId, by: str = "ann") -> None:
        """A person says it goes on."""
        await incident_changed.reopen(self.world, who(by), id)
        self.world.nudge()

    async def hears_later(self) -> None:
        """The time has come to ask the pager what was done there, since it was asked last."""
        long_ago = datetime.now(UTC) - timedelta(minutes=5)
        await self.world.store.write(lambda tx: tx.marks.put(f"mirror {PAGER} tried", long_ago))

    async def looked(self) -> None:
        """Waits until it was asked, and what it said was followed."""
        now = datetime.now(UTC)

        async def has() -> bool:
            at = await self.world.store.read(lambda tx: tx.marks.at(f"mirror {PAGER} asked"))
            return at is not None and at >= now

        await self.hears_later()
        await until(has)

    async def newest(self) -> Sequence[IncidentId]:
        """All incidents, the newest first."""
        found = await self.world.store.read(lambda tx: tx.incidents.list())
        return [one.id for one in found]

    async def becomes(self, id: IncidentId, status: IncidentStatus) -> Incident:
        """Waits until it has this status."""

        async def has() -> bool:
            return (await self.incident(id)).status is status

        await until(has)
        return await self.incident(id)

    async def says(self, id: IncidentId, text: str) -> TimelineEntry:
        """Waits until its timeline says this."""

        async def has() -> bool:
            return any(text in said for said in await self.said(id))

        await until(has)
        return next(entry for entry in await self.timeline(id) if text in entry.text)

    async def all_told(self) -> None:
        """Waits until nothing is left to be told to anybody."""

        async def has() -> bool:
            far = datetime.now(UTC) + timedelta(days=1)
            return await self.world.store.read(lambda tx: tx.outbox.oldest_due(far)) is None

        await until(has)


def who(name: str) -> Actor:
    """Somebody at the command line."""
    return person(Person(name=name), "cli")


async def until(seen: Callable[[], Awaitable[bool]], within: float = PATIENCE_S) -> None:
    """Waits for what another process does; there is nothing here that could tell."""
    async with asyncio.timeout(within):
        while not await seen():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.02)


def setup(people: Sequence[Person]) -> Setup:
    """Ann is woken, and when she does not answer so is Ben."""
    levels = tuple(
        Level(targets=(Target(kind=TargetKind.PERSON, name=one.name),), wait=timedelta(minutes=5)) for one in people
    )
    policy = EscalationPolicy(name="all", levels=levels)
    return Setup(
        people={one.name: one for one in people},
        escalations={policy.name: policy},
        default_escalation=policy.name,
        public_url="https://tocsin.example.net",
    )


@asynccontextmanager
async def at_work(
    database: Path, integration: Integration, config: dict[str, object], people: Sequence[Person]
) -> AsyncIterator[Tocsin]:
    """A Tocsin that pages through this integration, called `pager`, and through a `phone`."""
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(f"sqlite:///{database}"))
        http = await stack.enter_async_context(HttpOut())
        clock, phone = WallClock(), FakePager()
        world = World(
            store=store, clock=clock, drawer=NoDrawer(), setup=setup(people), sources={}, actions={}, nudge=lambda: None
        )
        tools = Tools(name=PAGER, clock=clock, http=http, redactor=Redactor(), commands=Chat(world))
        opened = await stack.enter_async_context(integration.open(integration.config.model_validate(config), tools))
        _put(world, opened, phone)
        epoch = await store.write(lambda tx: tx.leases.acquire(LEASE, "here", timedelta(days=1)))
        port = await hooks_of(stack, world)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        bell = Bell()
        world.nudge = bell.ring
        works = [
            group.create_task(Errands(world, "here", bell, Telemetry()).run()),
            group.create_task(_timers(world, epoch).run()),
        ]
        try:
            yield Tocsin(world=world, hook=f"http://127.0.0.1:{port}/hooks/{PAGER}", phone=phone)
        finally:
            for work in works:
                work.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*works)


@asynccontextmanager
async def followed(world: World) -> AsyncIterator[None]:
    """Inside `with` its errands are done, what people say in a chat among them."""
    bell = Bell()
    world.nudge = bell.ring
    work = asyncio.create_task(Errands(world, "here", bell, Telemetry()).run())
    try:
        yield
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


def _timers(world: World, epoch: int | None) -> Timers:
    looks = {"escalations": escalations_due.look, "mirrors": mirrors_due.look, "chats": boards_due.look}
    return Timers(world, lambda: epoch, Bells(world.store), Telemetry(), looks)


def _put(world: World, opened: Capabilities, phone: FakePager) -> None:
    assert opened.pager is not None
    assert opened.mirror is not None
    world.pagers = {PAGER: opened.pager, "phone": phone}
    world.chats = {PAGER: opened.chat} if opened.chat is not None else {}
    world.messengers = {PAGER: opened.messenger} if opened.messenger is not None else {}
    world.listeners = {PAGER: opened.listener} if opened.listener is not None else {}
    world.boards = {PAGER: opened.board} if opened.board is not None else {}
    world.mirrors, world.hooks = {PAGER: opened.mirror}, {PAGER: opened.hook} if opened.hook is not None else {}


async def hooks_of(stack: AsyncExitStack, world: World) -> int:
    """The port where what vendors post is taken, until the stack is closed."""
    listening = bind("127.0.0.1", 0)
    port: int = listening.getsockname()[1]
    door = Door(world, Origins.listening("127.0.0.1", port), {})
    door.hooks = {name: [secret_hash(SECRET)] if hook.proof is None else [] for name, hook in world.hooks.items()}
    server = Server(make_hooks(world, door, Redactor()), Telemetry())
    task = asyncio.create_task(server.serve(sockets=[listening]))

    async def close() -> None:
        server.should_exit = True
        await task

    stack.push_async_callback(close)
    return port


def contacts(*ways: tuple[str, str]) -> tuple[Contact, ...]:
    """Ways to reach somebody, in this order."""
    return tuple(Contact(integration=integration, address=address) for integration, address in ways)
