"""Alerts that others send, on virtual time: what a receiver's webhook and the incidents hear of them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot.alerts.pipeline import Pipeline
from bot.alerts.wire import Received
from bot.documents import parse_duration
from bot.engine.bell import Bells
from bot.engine.dispatch import Dispatch
from bot.engine.errands import Errands
from bot.kit.telemetry import Telemetry
from bot.model.actor import ON_CALL, TOCSIN, Actor, ActorKind, Person, person
from bot.model.alert import Alert
from bot.model.ids import IncidentId, SilenceId
from bot.model.incident import Incident
from bot.model.labels import LabelSet, Matcher, MatchOp
from bot.model.route import Receiver, Route, Webhook
from bot.model.setup import Setup
from bot.model.silence import Silence
from bot.model.telling import Decision
from bot.model.told_group import ToldGroup
from bot.response import alert_asked, alerts_rebuilt, alerts_taken, incident_changed, silences_kept
from bot.response.world import World
from bot.store.store import open_store
from tests.scenarios.virtual import StoreAtWork, VirtualClock, VirtualLoop

ANN = person(Person(name="ann", roles=frozenset({ON_CALL})), "cli")
SENDER = Actor(kind=ActorKind.SOURCE, name="prom", via="api")
LEASE = "rules"
SRE = Receiver(name="sre", webhooks=(Webhook(integration="ear"),))


@dataclass
class Ear:
    """A webhook's other side. `deaf` takes nothing."""

    clock: VirtualClock
    heard: list[tuple[float, ToldGroup]] = field(default_factory=list)

    async def tell(self, telling: ToldGroup) -> None:
        self.heard.append((self.clock.now().timestamp(), telling))


@dataclass
class Alerting:
    """What a scenario holds."""

    world: World
    clock: VirtualClock
    ear: Ear
    began: float
    _works: list[asyncio.Task[None]] = field(default_factory=list)

    async def fires(self, name: str = "Down", *, lasts: str = "", **labels: str) -> Alert:
        """A source says that this alert fires; without `lasts` it fires until somebody says that it is over."""
        return await self._says(name, labels, timedelta(0), parse_duration(lasts) if lasts else None)

    async def ends(self, name: str = "Down", **labels: str) -> None:
        """The source says that it is over."""
        await self._says(name, labels, timedelta(seconds=1), timedelta(0))

    async def _says(self, name: str, labels: dict[str, str], ago: timedelta, ends: timedelta | None) -> Alert:
        now = self.clock.now()
        alert = Alert(
            labels=LabelSet({"alertname": name, "severity": "critical", **labels}),
            annotations={},
            starts_at=now - ago,
            ends_at=None if ends is None else now + ends,
            source="prom",
        )
        await alerts_taken.take(self.world, SENDER, [Received.of(alert)])
        return alert

    async def passes(self, time: str) -> None:
        """Lets time pass."""
        await asyncio.sleep(parse_duration(time).total_seconds())

    async def silences(self, name: str, lasts: str) -> Silence:
        """A person silences an alert."""
        now = self.clock.now()
        asked = Silence(
            id=SilenceId(""),
            matchers=(Matcher(name="alertname", op=MatchOp.EQUAL, value=name),),
            starts_at=now,
            ends_at=now + parse_duration(lasts),
            updated_at=now,
            created_by="ann",
            comment="known",
        )
        return await silences_kept.place(self.world, ANN, asked, SilenceId("6f"))

    async def acknowledges(self, incident: str = "INC-1") -> None:
        """A person has it."""
        await incident_changed.acknowledge(self.world, ANN, IncidentId(incident))

    async def resolves(self, incident: str = "INC-1") -> None:
        """A person says that it is over."""
        await incident_changed.resolve(self.world, ANN, IncidentId(incident), "seen to")

    async def incidents(self) -> Sequence[Incident]:
        """All of them, the oldest first."""
        return list(reversed(await self.world.store.read(lambda tx: tx.incidents.list())))

    async def why(self, name: str = "Down") -> tuple[Sequence[Decision], Sequence[Decision]]:
        """What is decided on the one alert of this name, and what was decided before."""
        _, (way,) = await alert_asked.ways(self.world, ANN, name)
        return way.now, way.before

    @property
    def heard(self) -> list[tuple[int, str, int]]:
        """What the webhook heard: when, in seconds, why, and how many of its alerts fired."""
        return [
            (round(at - self.began), told.reason.name, sum(alert.ends_at is None for alert in told.alerts))
            for at, told in self.ear.heard
        ]

    async def starts(self) -> None:
        """The process begins, and knows what is in the store."""
        telemetry, bells = Telemetry(), Bells(self.world.store)
        groups, errands = bells.new(), bells.new()
        self.world.nudge = lambda: (groups.ring(), errands.ring())
        self.world.alerts = Pipeline(self.world.setup)
        epoch = await self.world.store.write(lambda tx: tx.leases.acquire(LEASE, "here", timedelta(days=400)))
        assert epoch is not None
        await alerts_rebuilt.rebuild(self.world, TOCSIN)
        self._works = [
            asyncio.create_task(Dispatch(self.world, groups, telemetry, lambda: epoch).run()),
            asyncio.create_task(Errands(self.world, "here", errands, telemetry).run()),
        ]

    async def dies(self) -> None:
        """The process is gone, and with it all that was in memory."""
        for work in self._works:
            work.cancel()
        await asyncio.gather(*self._works, return_exceptions=True)


class _NoDrawer:
    async def draw(self, chart: object, *, width: int, height: int) -> bytes:
        return b""


@asynccontextmanager
async def alerting(database: Path, route: Route, **setup: object) -> AsyncIterator[Alerting]:
    """A Tocsin with one receiver, `sre`, whose webhook is heard."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    clock = VirtualClock(loop)
    ear = Ear(clock)
    async with open_store(f"sqlite:///{database}") as store:
        world = World(
            store=StoreAtWork(store, loop),
            clock=clock,
            drawer=_NoDrawer(),
            setup=Setup(route=route, receivers=(SRE,), **setup),  # type: ignore[arg-type] - as each scenario has it
            sources={},
            notifiers={"ear": ear},
            actions={},
            nudge=lambda: None,
        )
        living = Alerting(world, clock, ear, clock.now().timestamp())
        await living.starts()
        try:
            yield living
        finally:
            with suppress(Exception):
                await living.dies()
