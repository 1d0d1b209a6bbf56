"""Durable runs of five trivial steps, and how long an approval takes to become the next step; embedded SQLite."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel

from bot.app.serve import WallClock
from bot.charts.client import ChartWorker
from bot.engine.bell import Bell
from bot.engine.runner import Runner
from bot.kit.telemetry import Telemetry
from bot.model.actor import ON_CALL, Actor, ActorKind
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.run import ENDED, JournalKind
from bot.model.runbook import ApprovalTerms, Risk, Runbook, Step
from bot.model.setup import Setup
from bot.ports.actions import Action, ActionSpec
from bot.response import approval_given, run_wanted
from bot.response.world import World
from bot.store.store import open_store
from tests.bench.figures import Figure

ANN = Actor(kind=ActorKind.PERSON, name="ann", via="api", roles=frozenset({ON_CALL}))
APPROVALS = 100


class Nothing(BaseModel):
    """No parameters."""


def trivial(name: str, risk: Risk) -> Action:
    """An action that does nothing, at once."""

    async def plan(_: Nothing) -> Plan:
        return Plan(
            action=name,
            integration="bench",
            params={},
            targets=(),
            summary=name,
            risk=risk,
            repeatable=risk is Risk.READ,
        )

    async def run(_: Plan) -> ActionResult:
        return ActionResult(outcome=Outcome.SUCCEEDED, summary="done")

    return Action(spec=ActionSpec(name=name, params=Nothing, risk=risk, help="", result={}), plan=plan, run=run)


FIVE = tuple(Step(id=f"s{number}", title="", uses="bench.look") for number in range(5))
BOOKS = {
    "five": Runbook(name="five", title="", file="", hash="", steps=FIVE),
    "asks": Runbook(
        name="asks",
        title="",
        file="",
        hash="",
        steps=(Step(id="mend", title="", uses="bench.mend", approval=ApprovalTerms()), replace(FIVE[0], id="after")),
    ),
}


async def measure(folder: Path) -> list[Figure]:
    """Everything about runs."""
    async with open_store(f"sqlite:///{folder / 'runs.db'}") as store:
        bell = Bell()
        world = World(
            store=store,
            clock=WallClock(),
            drawer=ChartWorker(),
            setup=Setup(runbooks=BOOKS),
            sources={},
            actions={
                "bench.look": {"bench": trivial("bench.look", Risk.READ)},
                "bench.mend": {"bench": trivial("bench.mend", Risk.WRITE)},
            },
            nudge=bell.ring,
        )
        runner = asyncio.create_task(Runner(world, "bench", bell, Telemetry()).run())
        figures = [await throughput(world, at_once) for at_once in (1, 10, 100)]
        figures.append(await approvals(world))
        runner.cancel()
    return figures


async def throughput(world: World, at_once: int) -> Figure:
    """Runs a second, so many of them begun together."""
    began = time.perf_counter()
    rounds = max(1, 30 // at_once)
    for _ in range(rounds):
        begun = await asyncio.gather(*(run_wanted.start(world, ANN, "five") for _ in range(at_once)))
        for run in begun:
            while (await world.store.read(lambda tx, run=run: tx.runs.get(run.id))).status not in ENDED:
                await asyncio.sleep(0.002)
    return Figure(
        f"durable runs of five steps, {at_once} at once", rounds * at_once / (time.perf_counter() - began), "/s"
    )


async def approvals(world: World) -> Figure:
    """From the answer on the record to the intent of the step on the record, 99th of a hundred."""
    waits = []
    for _ in range(APPROVALS):
        run = await run_wanted.start(world, ANN, "asks")
        while not (asked := await world.store.read(lambda tx: tx.approvals.open())):
            await asyncio.sleep(0.002)
        await approval_given.answer(world, ANN, asked[0].id, approve=True)
        while (await world.store.read(lambda tx, run=run: tx.runs.get(run.id))).status not in ENDED:
            await asyncio.sleep(0.002)
        journal = await world.store.read(lambda tx, run=run: tx.runs.journal(run.id))
        at = {entry.kind: entry.at for entry in journal if entry.step == "mend"}
        waits.append((at[JournalKind.INTENDED] - at[JournalKind.ANSWERED]).total_seconds() * 1000)
    return Figure("approval to the next step, p99", statistics.quantiles(waits, n=100)[98], "ms", 250, 50)
