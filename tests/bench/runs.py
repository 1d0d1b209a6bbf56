"""Runs: how soon an answer is followed by the next step, and how many runs of five trivial steps a second."""

import asyncio
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import BaseModel

from bot.app.serve import WallClock
from bot.engine.bell import Bell
from bot.engine.runner import Runner
from bot.kit.telemetry import Telemetry
from bot.model.actor import Person, person
from bot.model.chart import Chart
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.run import ENDED
from bot.model.runbook import Risk, Runbook, Step
from bot.model.setup import Setup
from bot.ports.actions import Action, ActionSpec
from bot.response import run_wanted
from bot.response.world import World
from bot.store.store import open_store
from tests.bench import Row, p99
from tests.bench.place import furnish, running

ANSWERS = 200
STEPS = 5
SECONDS = 3.0


def rows(folder: Path, prometheus: str) -> list[Row]:
    """Answers over the API of a real Tocsin; runs in this process, so that nothing but the engine is measured."""
    waits = answered(folder, prometheus)
    found = [
        Row("from an approval to the next step, median", statistics.median(waits) * 1000, "ms"),
        Row("  the same, 99 of 100", p99(waits) * 1000, "ms", floor=250, aim=50, note=f"of {ANSWERS}"),
    ]
    for at_once in (1, 10, 100):
        each = asyncio.run(trivial(folder / f"runs-{at_once}.db", at_once))
        name = f"a run of {STEPS} trivial steps, {at_once} at once"
        found.append(Row(name, each * 1000, "ms", note=f"{1 / each:.0f} runs a second"))
    return found


def answered(folder: Path, prometheus: str) -> list[float]:
    """Seconds from sending the answer until the step has begun, for each of many approvals."""
    config = furnish(folder, prometheus)
    with running(config) as (_, address, _):
        token = config.with_name("tocsin.token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"{address}/api/v1", headers=headers, trust_env=False, timeout=10) as http:
            return [one_answer(http) for _ in range(ANSWERS)]


def one_answer(http: httpx.Client) -> float:
    """One run, one answer."""
    run = http.post("/runbooks/ask/runs", json={}).raise_for_status().json()["id"]
    approval = until(lambda: http.get(f"/runs/{run}").json()["approvals"])[0]
    sent = datetime.now(UTC)
    http.post(f"/approvals/{approval['id']}", json={"answer": "approve"}).raise_for_status()

    def begun() -> list[Any]:
        return [entry for entry in http.get(f"/runs/{run}").json()["journal"] if entry["kind"] == "intended"]

    return (datetime.fromisoformat(until(begun)[0]["at"]) - sent).total_seconds()


def until(found: Any) -> Any:
    """What `found` answers once it is something."""
    deadline = time.monotonic() + 30
    while not (answer := found()):
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return answer


class Nothing(BaseModel):
    """No parameters."""


async def plan(_: Nothing) -> Plan:
    """A plan to do nothing."""
    return Plan(
        action="bench.nothing", integration="bench", params={}, targets=("here",), summary="do nothing",
        risk=Risk.READ, repeatable=True,
    )  # fmt: skip


async def run(_: Plan, within: timedelta) -> ActionResult:
    """Nothing."""
    return ActionResult(outcome=Outcome.SUCCEEDED, summary="done")


class NoDrawer:
    """Nobody asks for a picture."""

    async def draw(self, chart: Chart, *, width: int, height: int) -> bytes:
        raise AssertionError


async def trivial(database: Path, at_once: int) -> float:
    """Seconds a run, with so many of them at once."""
    spec = ActionSpec(name="bench.nothing", params=Nothing, risk=Risk.READ, help="Nothing.", result={})
    steps = tuple(Step(id=f"step{number}", title="nothing", uses=spec.name) for number in range(STEPS))
    book = Runbook(name="trivial", title="trivial", file="trivial.yaml", hash="0", steps=steps)
    bell, ann = Bell(), person(Person(name="ann"), "bench")
    async with open_store(f"sqlite:///{database}") as store:
        world = World(
            store=store, clock=WallClock(), drawer=NoDrawer(), setup=Setup(runbooks={book.name: book}), sources={},
            actions={spec.name: {"bench": Action(spec=spec, plan=plan, run=run)}}, nudge=bell.ring,
        )  # fmt: skip
        carrying = asyncio.create_task(Runner(world, "bench", bell, Telemetry()).run())
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < SECONDS:
            await asyncio.gather(*(run_wanted.start(world, ann, book.name) for _ in range(at_once)))
            await over(world, at_once)
            done += at_once
        each = (time.perf_counter() - began) / done
        carrying.cancel()
        await asyncio.gather(carrying, return_exceptions=True)
    return each


async def over(world: World, begun: int) -> None:
    """Waits until all that was begun has ended."""
    statuses: set[str] = {"not looked yet"}
    while not statuses <= set(ENDED):
        await asyncio.sleep(0.01)  # one look at them all: looking must not cost more than running
        statuses = {run.status for run in await world.store.read(lambda tx: tx.runs.list(limit=begun))}
