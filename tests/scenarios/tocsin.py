"""Tocsin in one process: responses and engine over a real SQLite store, with fake edges and people who answer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from bot.documents import parse_duration
from bot.engine.bell import Bells
from bot.engine.dispatch import Dispatch
from bot.engine.errands import Errands
from bot.engine.runner import Runner
from bot.errors import StoreUnavailable, Temporary
from bot.integrations.prometheus.actions import Asking
from bot.kit.telemetry import Telemetry
from bot.model.actor import ON_CALL, TOCSIN, Actor, Person, person
from bot.model.chart import Chart
from bot.model.ids import ApprovalId, IncidentId, RunId
from bot.model.labels import LabelSet
from bot.model.report import Case
from bot.model.route import Route
from bot.model.rule import GroupStatus
from bot.model.run import Approval, JournalEntry, JournalKind, Question, RunbookRun
from bot.model.setup import Setup
from bot.response import alerts_rebuilt, approval_given, looked_up, rule_due
from bot.response.world import World
from bot.rules import schedule
from bot.rules.spec import read_groups
from bot.runbooks.spec import read_runbook
from bot.store.store import open_store
from bot.testing.metrics import FakeMetricSource
from tests.scenarios.hosts import Hosts
from tests.scenarios.virtual import StoreAtWork, VirtualClock, VirtualLoop

EXPR = "errors > 0.05"
RULES = f"""\
groups:
  - name: shop
    interval: 10s
    rules:
      - alert: Fails
        expr: {EXPR}
        for: 20s
        labels: {{severity: critical}}
        annotations: {{summary: "{{{{ $labels.service }}}} fails", runbook_url: "tocsin:offered"}}
"""
PEOPLE = {name: Person(name=name, roles=frozenset({ON_CALL})) for name in ("ann", "ben")}
PIXEL = b"\x89PNG"


@dataclass
class Drawer:
    """Draws the same thing every time, or nothing while it is broken."""

    broken: bool = False

    async def draw(self, chart: Chart, *, width: int, height: int) -> bytes:
        if self.broken:
            raise Temporary("too slow", integration="charts", reason="timeout")
        return PIXEL


@dataclass
class Tocsin:
    """What a scenario holds. Time passes only in `passes` and in what else waits."""

    world: World
    clock: VirtualClock
    prom: FakeMetricSource
    hosts: Hosts
    drawer: Drawer
    shares: dict[LabelSet, float] = field(default_factory=dict)
    """Of each service, how much fails."""

    # ---- the world -----------------------------------------------------------------------------------------------

    def fails(self, service: str = "cart", share: float = 0.5) -> None:
        """From now on this service fails."""
        self.shares[LabelSet({"service": service})] = share

    def recovers(self, service: str = "cart") -> None:
        """From now on it does not."""
        self.shares[LabelSet({"service": service})] = 0.0

    def goes_blind(self) -> None:
        """From now on Prometheus does not answer."""
        self.prom.breaks(Temporary("connection refused", integration="prom", reason="connection"))

    def forgets_its_source(self) -> None:
        """The source is taken out of the configuration, and the rules with it."""
        self.world.setup = replace(self.world.setup, groups=())
        self.world.sources = {}

    def sees(self) -> None:
        """From now on it does."""
        self.prom.breaks(None)

    async def passes(self, time: str) -> None:
        """Lets this much time pass."""
        await asyncio.sleep(parse_duration(time).total_seconds())

    async def until(self, seen: Callable[[Case], object], within: str = "5m") -> Case:
        """Lets time pass until this is seen of the first incident."""
        return await self.until_of("INC-1", seen, within)

    async def until_of(self, incident: str, seen: Callable[[Case], object], within: str = "5m") -> Case:
        """Lets time pass until this is seen of that incident."""
        end = self.clock.now() + parse_duration(within)
        while self.clock.now() < end:
            if incident in await self.incidents() and seen(case := await self.case(incident)):
                return case
            await asyncio.sleep(1)
        raise AssertionError(f"not seen within {within}: {self.said(await self.case(incident))}")

    # ---- the people ----------------------------------------------------------------------------------------------

    async def answers(self, question: str = "APR-1", *, approve: bool = True, by: str = "ann", **more: str) -> Approval:
        """A person approves or rejects."""
        return await approval_given.answer(self.world, actor(by), ApprovalId(question), approve=approve, **more)

    async def says(self, question: str, *, did: bool, by: str = "ann") -> Approval:
        """A person says whether it ran."""
        return await approval_given.answer_if_ran(self.world, actor(by), ApprovalId(question), did=did)

    async def asked(self, number: int = 1, question: Question = Question.MAY_IT_RUN) -> Approval:
        """The open question of this number, once it is there."""
        case = await self.until(lambda case: len(case.approvals) >= number)
        assert case.approvals[-1].question is question, case.approvals[-1]
        return case.approvals[-1]

    # ---- what is seen --------------------------------------------------------------------------------------------

    async def incidents(self) -> Sequence[IncidentId]:
        """All incidents, the oldest first."""
        return [one.id for one in reversed(await self.world.store.read(lambda tx: tx.incidents.list()))]

    async def case(self, incident: str = "INC-1") -> Case:
        """All that is known of an incident."""
        return await looked_up.case(self.world, actor("ann"), IncidentId(incident))

    async def run(self, number: int = 1) -> tuple[RunbookRun, Sequence[JournalEntry]]:
        """A run and its journal."""
        run, journal, _ = await looked_up.run(self.world, actor("ann"), RunId(f"RUN-{number}"))
        return run, journal

    @staticmethod
    def said(case: Case) -> list[str]:
        """The timeline, sentence by sentence."""
        return [entry.text for entry in case.timeline]


def actor(name: str) -> Actor:
    """Somebody at the command line."""
    return person(PEOPLE.get(name) or Person(name=name), "cli")


def ended(case: Case) -> bool:
    """Whether every run of the incident is over."""
    return bool(case.runs) and all(run.ended_at for run, _ in case.runs)


def ending(case: Case, run: str = "RUN-1") -> str:
    """Why a run ended as it did, as the timeline tells it: charts that a change calls for may come after it."""
    told = [entry.why for entry in case.timeline if entry.text.startswith(f"run {run} of runbook ")]
    return told[-1]


def kinds(journal: Sequence[JournalEntry], step: str) -> list[JournalKind]:
    """What the journal says of a step, in order."""
    return [entry.kind for entry in journal if entry.step == step]


@asynccontextmanager
async def living(
    database: Path, runbooks: Sequence[str] = (), *, group_wait: str = "0s", people: Sequence[str] = tuple(PEOPLE)
) -> AsyncIterator[Tocsin]:
    """A Tocsin at work, on a loop with virtual time."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    clock, prom, hosts, drawer = VirtualClock(loop), FakeMetricSource("prom"), Hosts(), Drawer()
    async with open_store(f"sqlite:///{database}") as store:
        world = World(
            store=StoreAtWork(store, loop),
            clock=clock,
            drawer=drawer,
            setup=_setup(runbooks, group_wait, people),
            sources={"prom": prom},
            actions={
                **{
                    name: {"prom": one} for name, one in Asking(name="prom", source=prom, clock=clock).actions().items()
                },
                "host.run": {"hosts": hosts.action()},
            },
            nudge=lambda: None,
        )
        tocsin = Tocsin(world, clock, prom, hosts, drawer)
        prom.shows("errors", lambda _: tocsin.shares)
        prom.shows(EXPR, lambda _: {labels: share for labels, share in tocsin.shares.items() if share > 0.05})
        prom.shows("errors == 0", lambda _: {labels: share for labels, share in tocsin.shares.items() if share == 0})
        async with at_work(world):
            yield tocsin


def _setup(runbooks: Sequence[str], group_wait: str, people: Sequence[str]) -> Setup:
    read = [read_runbook(text, f"{number}.yaml") for number, text in enumerate(runbooks)]
    return Setup(
        groups=read_groups(RULES, "rules.yaml", source="prom", default_interval=timedelta(minutes=1)),
        route=Route(receiver="sre", group_by=("alertname",), group_wait=parse_duration(group_wait)),
        runbooks={runbook.name: runbook for runbook in read},
        people={name: PEOPLE[name] for name in people},
    )


@asynccontextmanager
async def at_work(world: World) -> AsyncIterator[None]:
    """Within this block runs are carried, groups told, errands done, and the one rule group evaluated."""
    telemetry, bells = Telemetry(), Bells(world.store)
    runs, errands, groups = (bells.new() for _ in range(3))

    def nudge() -> None:
        for bell in (runs, errands, groups):
            bell.ring()

    world.nudge = nudge
    epoch = await world.store.write(lambda tx: tx.leases.acquire(rule_due.LEASE, "here", timedelta(days=400)))
    assert epoch is not None
    await alerts_rebuilt.rebuild(world, TOCSIN)
    async with asyncio.TaskGroup() as group:
        works = [
            group.create_task(Runner(world, "here", runs, telemetry).run()),
            group.create_task(Errands(world, "here", errands, telemetry).run()),
            group.create_task(Dispatch(world, groups, telemetry, lambda: epoch).run()),
            group.create_task(_evaluate(world, epoch)),
        ]
        yield
        for work in works:
            work.cancel()


async def _evaluate(world: World, epoch: int) -> None:
    """What the ticker does with one group, on the loop's own time."""
    status: GroupStatus | None = None
    unsure: datetime | None = None
    while world.setup.groups:
        (group,) = world.setup.groups
        slot = schedule.next_slot(group, max(world.clock.now(), status.slot) if status else world.clock.now())
        await asyncio.sleep((slot - world.clock.now()).total_seconds())
        if group.source not in world.sources:
            continue
        with suppress(StoreUnavailable):  # as the engine does: the next slot starts from what was kept
            if unsure is not None:
                status = await rule_due.kept_since(world, TOCSIN, group, unsure) or status
            unsure = unsure or slot
            status = (await rule_due.rule_due(world, TOCSIN, group, status, slot=slot, epoch=epoch)).status
            unsure = None
