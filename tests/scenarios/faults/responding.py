"""Tocsin with one shipped rule and its runbook over what a site has, and the people who answer it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.integrations.kubernetes import integration as kubernetes
from bot.integrations.kubernetes.config import KubernetesConfig
from bot.integrations.prometheus import integration as prometheus
from bot.integrations.prometheus.config import PrometheusConfig
from bot.integrations.ssh import integration as ssh
from bot.integrations.ssh.config import SshConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Capabilities, Tools
from bot.kit.redaction import Redactor
from bot.model.actor import TOCSIN
from bot.model.ids import RunId
from bot.model.route import Route
from bot.model.run import ENDED, Approval, ApprovalStatus, JournalEntry, Question, RunbookRun, StepStatus
from bot.model.runbook import Risk
from bot.model.setup import Setup
from bot.ports.actions import Action
from bot.response import approval_given, looked_up, own
from bot.response.world import World
from bot.runbooks.journal import story_of
from bot.store.store import open_store
from tests.scenarios.faults import lapse
from tests.scenarios.faults.site import Site
from tests.scenarios.tocsin import PEOPLE, Drawer, actor, at_work

WITHIN_S = 60.0
"""How long a story may take, on a machine that has other things to do."""


class RealClock:
    """The time, as it is."""

    def now(self) -> datetime:
        """Now."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class End:
    """A run that is over. statuses: of each step; ran: the steps that ran, verifying ones too, in order."""

    run: RunbookRun
    journal: Sequence[JournalEntry]
    said: Sequence[str]

    @property
    def statuses(self) -> Mapping[str, str]:
        return {step.id: str(story_of(step, self.journal).status) for step in self.run.runbook.steps}

    def told(self) -> str:
        """All of it, for a message."""
        steps = [f"{entry.kind} {entry.step} {dict(entry.data)}"[:300] for entry in self.journal]
        return "\n".join([f"{self.run.status}, {self.run.verdict}", *steps, *self.said])


@dataclass
class Responding:
    """What a story holds."""

    world: World
    helps: bool
    _acts: list[Callable[[], Awaitable[object]]] = field(default_factory=list)

    async def asked(self, step: str) -> Approval:
        """The open question about this step, once it is there."""
        await self._until(lambda: self._asks_or_is_over(step))
        question = await self._open(step)
        if question is None:
            raise AssertionError(f"it ended before it asked for {step}:\n{(await self.ended()).told()}")
        return question

    async def agreed(self, step: str) -> Approval:
        """As many people agree to this step as it wants; it goes on at once."""
        question = await self.asked(step)
        for name in sorted(PEOPLE)[: question.count]:
            await approval_given.answer(self.world, actor(name), question.id, approve=True)
        return question

    async def told(self, step: str, **answers: str) -> None:
        """A person answers the runbook's own question."""
        question = await self.asked(step)
        assert question.question is Question.WHAT
        await approval_given.answer_what(self.world, actor("ann"), question.id, answers)

    def also(self, act: Callable[[], Awaitable[object]]) -> None:
        """From now on somebody does this again and again, for as long as anything is waited for."""
        self._acts.append(act)

    async def looked(self, step: str) -> None:
        """Returns once this step is over."""
        await self._until(lambda: self._is_past(step))

    async def ended(self) -> End:
        """The run, once it is over."""
        try:
            await self._until(self._is_over)
        except TimeoutError:
            raise AssertionError(f"it does not end:\n{(await self._now()).told()}") from None
        return await self._now()

    async def _now(self) -> End:
        """The run as it is."""
        found = await self._run()
        assert found is not None
        assert found[0].incident is not None
        case = await looked_up.case(self.world, actor("ann"), found[0].incident)
        return End(found[0], found[1], [entry.text for entry in case.timeline])

    async def _until(self, seen: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while True:
                if await seen():
                    return
                for act in self._acts:
                    await act()
                await asyncio.sleep(0.05)

    async def _open(self, step: str) -> Approval | None:
        asked = await self.world.store.read(lambda tx: tx.approvals.of_run(RunId("RUN-1")))
        return next((one for one in asked if one.step == step and one.status is ApprovalStatus.OPEN), None)

    async def _asks_or_is_over(self, step: str) -> bool:
        return await self._open(step) is not None or await self._is_over()

    async def _is_past(self, step: str) -> bool:
        found = await self._run()
        if found is None:
            return False
        over = (StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.SKIPPED)
        (wanted,) = (one for one in found[0].runbook.steps if one.id == step)
        return story_of(wanted, found[1]).status in over

    async def _is_over(self) -> bool:
        found = await self._run()
        return found is not None and found[0].status in ENDED

    async def _run(self) -> tuple[RunbookRun, Sequence[JournalEntry], object] | None:
        if not await self.world.store.read(lambda tx: tx.runs.list()):
            return None
        return await looked_up.run(self.world, actor("ann"), RunId("RUN-1"))


@asynccontextmanager
async def responding(
    site: Site,
    runbook: str,
    alert: str,
    *,
    helps: bool,
    hosts: SshConfig | None = None,
    changes: Mapping[str, str] | None = None,
) -> AsyncIterator[Responding]:
    """Tocsin at work. `changes`: of the rule's thresholds, what is written by what stands for it in the story."""
    clock = RealClock()
    read = lapse.runbook(runbook, helps=helps)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(f"sqlite:///{site.folder / 'tocsin.db'}"))
        opened = await _opened(site, hosts, stack)
        metrics = opened["prom"].metrics
        assert metrics is not None
        world = World(
            store=store,
            clock=clock,
            drawer=Drawer(),
            setup=Setup(
                groups=(lapse.rule(alert, changes or {}),),
                route=Route(receiver="sre", group_by=("alertname",), group_wait=timedelta(0)),
                runbooks={read.name: read},
                people=PEOPLE,
            ),
            sources={"prom": metrics},
            actions=_actions(opened),
            nudge=lambda: None,
        )
        world.actions = {**world.actions, **own.offered(world, TOCSIN)}
        await stack.enter_async_context(at_work(world))
        yield Responding(world, helps)


def _actions(opened: Mapping[str, Capabilities]) -> Mapping[str, Mapping[str, Action]]:
    found: dict[str, dict[str, Action]] = {}
    for integration, capabilities in opened.items():
        for name, action in capabilities.actions.items():
            found.setdefault(name, {})[integration] = action
    return found


async def _opened(site: Site, hosts: SshConfig | None, stack: AsyncExitStack) -> Mapping[str, Capabilities]:
    http = await stack.enter_async_context(HttpOut())

    def tools(name: str) -> Tools:
        return Tools(name=name, clock=RealClock(), http=http, redactor=Redactor())

    allowed = [Risk.READ, Risk.WRITE, Risk.DESTRUCTIVE]
    opening = {
        "prom": prometheus.open(PrometheusConfig(url=site.prometheus.url), tools("prom")),
        "prod": kubernetes.open(KubernetesConfig(kubeconfig=site.cluster.kubeconfig, allow=allowed), tools("prod")),
    }
    if hosts is not None:
        opening["hosts"] = ssh.open(hosts, tools("hosts"))
    return {name: await stack.enter_async_context(one) for name, one in opening.items()}
