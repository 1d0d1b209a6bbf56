"""Runs: how many of five trivial steps a second, beside DBOS; how soon an answer or an incident is followed by a step.

What is counted: of each step its plan, its intent, its end, what the timeline and the audit record say of it, each on
the disk (`synchronous=FULL`; `fsync` and `synchronous_commit` on) before the next, under a lease that is renewed. DBOS
is measured with its defaults, in a process of its own, on the same kind of database, doing steps that return a word:
once keeping the same of each (see `by_dbos.py`), once keeping nothing but its own checkpoints. Each side runs on the
event loop, or the threads, that it has where it is at work, and collects its garbage as there.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvloop
from pydantic import BaseModel

from bot.app.serve import WallClock, collect_garbage_seldom
from bot.engine.bell import Bell
from bot.engine.runner import Runner
from bot.kit.telemetry import Telemetry
from bot.model.actor import Person, person
from bot.model.chart import Chart
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentStatus, Severity
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.run import RunbookRun
from bot.model.runbook import Risk, Runbook, Step
from bot.model.setup import Setup
from bot.ports.actions import Action, ActionSpec, Occasion, Say
from bot.ports.store import Tx
from bot.response import run_wanted
from bot.response.world import World
from bot.store.store import open_store
from tests.bench import Row, p99, taken_over
from tests.bench.place import furnish, running
from tests.servers import Postgres

ANSWERS = 200
STEPS = 5
SECONDS = 4.0
AT_ONCE = (1, 10, 100)
BUSY, BEGUN = 100, 200
"""Runs that are in progress, and those that begin meanwhile."""
ANN = person(Person(name="ann"), "bench")


def rows(folder: Path, prometheus: str) -> list[Row]:
    """Answers over the API of a real Tocsin; runs in this process, so that nothing but the engine is measured."""
    waits = answered(folder, prometheus)
    found = [
        Row("from an approval to the next step, median", statistics.median(waits) * 1000, "ms"),
        Row("  the same, 99 of 100", p99(waits) * 1000, "ms", floor=250, aim=50, note=f"of {ANSWERS}"),
    ]
    with databases(folder) as urls:
        for name, (ours, theirs) in urls.items():
            found += compared(name, ours, theirs)
    found += taken_over_rows(folder)
    late = uvloop.run(begun_meanwhile(f"sqlite:///{folder / 'busy.db'}"))
    note = f"of {BEGUN}, while {BUSY} are in progress"
    found.append(Row("from its incident to the first step of a run, 99 of 100", p99(late), "s", floor=1, note=note))
    return found


def taken_over_rows(folder: Path) -> list[Row]:
    """On a PostgreSQL of its own."""
    postgres = Postgres().start()
    try:
        urls = [postgres.database().replace("+psycopg", "") for _ in range(taken_over.KILLS)]
        return taken_over.rows(folder, urls)
    finally:
        postgres.stop()


@contextmanager
def databases(folder: Path) -> Iterator[Mapping[str, tuple[str, str]]]:
    """By kind: an address of a database for us, and one for DBOS."""
    postgres = Postgres("fsync=on").start()
    try:
        yield {
            "SQLite": (f"sqlite:///{folder / 'runs.db'}", f"sqlite:///{folder / 'dbos.db'}"),
            "PostgreSQL": (postgres.database().replace("+psycopg", ""), postgres.database()),
        }
    finally:
        postgres.stop()


def compared(name: str, ours: str, theirs: str) -> list[Row]:
    """The same number of runs at once, one after the other; DBOS in between, so that both see the same machine.

    The floor holds beside DBOS doing the same; what it does when it keeps nothing but its own checkpoints is told.
    """
    same, bare = by_dbos("recorded", theirs), by_dbos("bare", theirs)
    found = []
    for at_once, other, least in zip(AT_ONCE, same, bare, strict=True):
        each = uvloop.run(trivial(ours, at_once))
        floor, aim = (1 / 10, 1 / 20) if at_once == max(AT_ONCE) else (None, None)
        note = f"{1 / each:.0f} runs a second; DBOS {1 / other:.0f}, and bare {1 / least:.0f}"
        found += [
            Row(f"a run of {STEPS} trivial steps on {name}, {at_once} at once", each * 1000, "ms", note=note),
            Row("  as a share of DBOS' that keeps the same", each / other, "", floor=floor, aim=aim),
            Row("  as a share of DBOS' that keeps its checkpoints alone", each / least, ""),
        ]
    return found


def by_dbos(keeping: str, url: str) -> list[float]:
    """Seconds a run, for each of `AT_ONCE`."""
    argv = [sys.executable, "-m", "tests.bench.by_dbos", keeping, url, str(STEPS), str(SECONDS), *map(str, AT_ONCE)]
    said = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=300).stdout
    found: list[float] = json.loads(said.splitlines()[-1])
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


SPEC = ActionSpec(name="bench.nothing", params=Nothing, risk=Risk.READ, help="Nothing.", result={})


def action(name: str, run: Callable[[Plan, timedelta, Say], Awaitable[ActionResult]]) -> Action:
    """The action of the integration with this name."""
    planned = Plan(
        action=SPEC.name,
        integration=name,
        params={},
        targets=("here",),
        summary="do nothing",
        risk=Risk.READ,
        repeatable=True,
    )

    async def plan(_: Nothing, occasion: Occasion) -> Plan:
        return planned

    return Action(spec=SPEC, plan=plan, run=run)


async def run(_: Plan, within: timedelta, say: Say) -> ActionResult:
    """Nothing."""
    return ActionResult(outcome=Outcome.SUCCEEDED, summary="done")


async def long(_: Plan, within: timedelta, say: Say) -> ActionResult:
    """As much, for as long as it may."""
    await asyncio.sleep(within.total_seconds())
    return ActionResult(outcome=Outcome.SUCCEEDED, summary="done")


class NoDrawer:
    """Nobody asks for a picture."""

    async def draw(self, chart: Chart, *, width: int, height: int) -> bytes:
        raise AssertionError


def book(name: str, steps: int) -> Runbook:
    """A runbook of steps that do nothing."""
    made = tuple(Step(id=f"step{number}", title="nothing", uses=SPEC.name, integration=name) for number in range(steps))
    return Runbook(name=name, title=name, file=f"{name}.yaml", hash="0", steps=made)


async def carried(database: str, work: Callable[[World, Ends], Awaitable[list[float]]]) -> list[float]:
    """What the work measures while runs are carried, each for an incident that is there."""
    bell, books = Bell(), (book("short", STEPS), book("long", 1))
    offers = {"short": action("short", run), "long": action("long", long)}
    async with open_store(database) as store:
        world = World(
            store=store, clock=WallClock(), drawer=NoDrawer(), sources={}, nudge=bell.ring,
            setup=Setup(runbooks={one.name: one for one in books}), actions={SPEC.name: offers},
        )  # fmt: skip
        ends = Ends()
        with garbage_as_at_work():
            carrying = asyncio.create_task(Runner(world, "bench", bell, ends).run())
            found = await work(world, ends)
            carrying.cancel()
            await asyncio.gather(carrying, return_exceptions=True)
    return found


@contextmanager
def garbage_as_at_work() -> Iterator[None]:
    """It is collected as seldom as where Tocsin runs; afterwards as before, for the benches that share this process."""
    before = gc.get_threshold()
    collect_garbage_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


async def opened(world: World, count: int) -> list[IncidentId]:
    """So many incidents, for runs to be begun for: what it costs to open one is measured elsewhere."""

    def open_all(tx: Tx) -> list[IncidentId]:
        new = [tx.incidents.next_id() for _ in range(count)]
        for one in new:
            tx.incidents.put(
                Incident(
                    id=one,
                    title="bench",
                    severity=Severity.SEV3,
                    status=IncidentStatus.TRIGGERED,
                    opened_at=world.clock.now(),
                )
            )
        return new

    return await world.store.write(open_all)


async def begin(world: World, name: str, about: IncidentId) -> RunbookRun:
    """One run."""
    return await run_wanted.start(world, ANN, name, incident_id=about)


async def trivial(database: str, at_once: int) -> float:
    """Seconds a run, with so many of them at once."""

    async def work(world: World, ends: Ends) -> list[float]:
        spent, done = 0.0, 0
        while spent < SECONDS:
            incidents = await opened(world, at_once)
            began = time.perf_counter()
            await asyncio.gather(*(begin(world, "short", one) for one in incidents))
            done += at_once
            await ends.come_to(done)
            spent += time.perf_counter() - began
        return [spent / done]

    return (await carried(database, work))[0]


class Ends(Telemetry):
    """Counts what ends, so that nobody has to look: looking must not cost more than running."""

    def __init__(self) -> None:
        super().__init__()
        self.count, self.changed = 0, asyncio.Event()

    def run_ended(self, status: str) -> None:
        """One more."""
        super().run_ended(status)
        self.count += 1
        self.changed.set()

    async def come_to(self, count: int) -> None:
        """Waits until so many have ended in all."""
        while self.count < count:
            self.changed.clear()
            await self.changed.wait()


async def begun_meanwhile(database: str) -> list[float]:
    """Seconds from a run's start to the intent of its first step, while others are in progress."""

    async def work(world: World, _: Ends) -> list[float]:
        await asyncio.gather(*(begin(world, "long", one) for one in await opened(world, BUSY)))
        await asyncio.sleep(2)
        return [await first_step(world) for _ in range(BEGUN)]

    return await carried(database, work)


async def first_step(world: World) -> float:
    """One of them."""
    (about,) = await opened(world, 1)
    made = await begin(world, "short", about)
    while True:
        journal = await world.store.read(lambda tx: tx.runs.journal(made.id))
        intents = [entry.at for entry in journal if entry.kind == "intended"]
        if intents:
            return (intents[0] - made.started_at).total_seconds()
        await asyncio.sleep(0.005)
