"""Of all calls that leave Tocsin's own code, the Nth fails: before it does anything, after it has done it, or by taking
too long; or from there on the disk is full for a while, or the clock is set. For every N, until none is left to fail.

What must hold afterwards is what must hold after `kill -9`: see tests/kill/checker.py.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.errors import Conflict, NotAllowed, StoreUnavailable, Temporary
from bot.model.incident import IncidentStatus
from bot.model.plan import ActionResult, Plan
from bot.model.run import ENDED, Question, RunbookRun, RunStatus
from bot.model.sample import Answer
from bot.ports.actions import Action
from bot.ports.store import Store, Tx
from bot.response import run_taken_back
from tests.kill.checker import Left, faults, left_in
from tests.kill.stories import Story
from tests.scenarios.runbooks import MEND, with_keys
from tests.scenarios.tocsin import Tocsin, actor, living
from tests.soak import sample, soaking

T = TypeVar("T")
PATIENT = with_keys(MEND, "look", "retry: {attempts: 3, wait: 1s}")
BACK = """\
    rollback: undo
  - id: third
    uses: host.run
    with: {argv: [mend, third]}
"""
STORIES = (
    (Story("mend", PATIENT, changes={"mend": (1,)}, heals="mend cart", alert="Fails"), {"mend cart": "mend"}),
    (
        Story(
            "taken back",
            PATIENT + BACK,
            changes={"mend": (1,), "third": (1,), "mend.rollback": (1,)},
            heals="mend not cart",
            status=RunStatus.ROLLED_BACK,
            alert="Fails",
        ),
        {"mend cart": "mend", "mend third": "third", "mend not cart": "mend.rollback"},
    ),
)
HOWS = ("before", "after", "slow", "disk full", "an hour on", "an hour back")
SLOW = timedelta(seconds=20)
"""Longer than any lease."""
FULL = timedelta(minutes=1)
LONGEST = timedelta(hours=4)


class Faults:
    """Counts the calls, and lets the Nth of them fail."""

    def __init__(self, tocsin: Tocsin, number: int, how: str) -> None:
        self.count = 0
        self._tocsin, self._number, self._how = tocsin, number, how
        self._full_until: datetime | None = None

    async def through(self, call: Callable[[], Awaitable[T]], error: Exception, *, writes: bool = False) -> T:
        """The call's answer, or the fault that is planted here."""
        self.count += 1
        clock = self._tocsin.clock
        if self.count == self._number:
            match self._how:
                case "before":
                    raise error
                case "after":
                    await call()
                    raise error
                case "slow":
                    await asyncio.sleep(SLOW.total_seconds())
                case "disk full":
                    self._full_until = clock.now() + FULL
                case "an hour on":
                    clock.is_set(timedelta(hours=1))
                case "an hour back":
                    clock.is_set(-timedelta(hours=1))
        if writes and self._full_until is not None and clock.now() < self._full_until:
            raise StoreUnavailable("the disk is full")
        return await call()


class FaultyStore:
    """A `Store` whose calls are counted."""

    def __init__(self, inner: Store, faults: Faults) -> None:
        self._inner, self._faults = inner, faults

    async def write(self, work: Callable[[Tx], T], *, first: bool = False) -> T:
        lost = StoreUnavailable("the connection was lost")
        return await self._faults.through(lambda: self._inner.write(work, first=first), lost, writes=True)

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self._faults.through(lambda: self._inner.read(work), StoreUnavailable("the connection was lost"))

    def watch(self, changed: Callable[[], None]) -> bool:
        return self._inner.watch(changed)


def unreachable(integration: str) -> Temporary:
    return Temporary("the connection was lost", integration=integration, reason="connection")


def plants(tocsin: Tocsin, faults: Faults) -> None:
    """From now on everything that is called is counted."""
    query, action = tocsin.prom.query, tocsin.world.actions["host.run"]["hosts"]

    async def asks(expr: str, values: Any, at: datetime) -> Answer:
        return await faults.through(lambda: query(expr, values, at), unreachable("prom"))

    async def runs(plan: Plan, within: timedelta, say: Any) -> ActionResult:
        return await faults.through(lambda: action.run(plan, within, say), unreachable("hosts"))

    source = type("Asked", (), {"__getattr__": lambda _, name: getattr(tocsin.prom, name), "query": staticmethod(asks)})
    tocsin.world.sources = {"prom": source()}
    faulty: Action = replace(action, run=runs)
    tocsin.world.actions = {**tocsin.world.actions, "host.run": {"hosts": faulty}}
    tocsin.world.store = FaultyStore(tocsin.world.store, faults)


class Outside:
    """The person who answers, and the record of what really happened; neither meets a fault."""

    def __init__(self, tocsin: Tocsin, story: Story, steps: dict[str, str]) -> None:
        self._tocsin, self._story, self._steps = tocsin, story, steps
        self._store = tocsin.world.store
        self.effects: dict[str, list[datetime]] = {step: [] for step in story.changes}
        tocsin.hosts.failing = {"mend third"}
        tocsin.hosts.ran = Ran(self.happens)

    def happens(self, command: str) -> None:
        """A change."""
        self.effects[self._steps[command]].append(self._tocsin.clock.now())
        if command == self._story.heals:
            self._tocsin.recovers()

    async def answers(self) -> None:
        """What is asked, as somebody who sees the outside; what was not taken is said again."""
        for one in await self._store.read(lambda tx: tx.approvals.open()):
            with suppress(StoreUnavailable, Conflict, NotAllowed):
                if one.question is Question.DID_IT_RUN:
                    await self._tocsin.says(one.id, did=bool(self.effects[one.step]))
                else:
                    await self._tocsin.answers(one.id, plan_hash=one.plan.hash, by="ben")
        for run in await self._store.read(lambda tx: tx.runs.list()):
            if run.status in (RunStatus.FAILED, RunStatus.REJECTED):
                await self._helps(run)

    async def _helps(self, run: RunbookRun) -> None:
        """It only seemed to be done, or nobody could answer in time: what it did is taken back, or mended by hand."""
        try:
            await run_taken_back.ask(self._tocsin.world, actor("ann"), run.id)
        except Conflict:
            self._tocsin.recovers()
        except StoreUnavailable:
            pass

    async def is_over(self) -> bool:
        """Whether the run has ended and the incident is resolved."""
        incidents = await self._store.read(lambda tx: tx.incidents.list())
        runs = await self._store.read(lambda tx: tx.runs.list())
        return bool(runs) and all(run.status in ENDED for run in runs) and incidents[0].status in OVER

    async def left(self) -> Left:
        """Everything that is left behind."""
        return await self._store.read(lambda tx: left_in(tx, self.effects, self._story))


OVER = (IncidentStatus.RESOLVED, IncidentStatus.CLOSED)


class Ran(list[str]):
    """What the hosts ran; it tells."""

    def __init__(self, told: Callable[[str], None]) -> None:
        super().__init__()
        self._told = told

    def append(self, command: str) -> None:
        super().append(command)
        self._told(command)


async def lived_through(folder: Path, story: Story, steps: dict[str, str], number: int, how: str) -> tuple[Left, int]:
    """What is left of the story after the fault, and how many calls it took."""
    async with living(folder / f"{number}-{how.replace(' ', '-')}.db", [story.runbook]) as tocsin:
        outside, faulty = Outside(tocsin, story, steps), Faults(tocsin, number, how)
        plants(tocsin, faulty)
        tocsin.fails()
        began = asyncio.get_running_loop().time()
        while not await outside.is_over():
            await tocsin.passes("1s")
            await outside.answers()
            waited = asyncio.get_running_loop().time() - began
            assert waited < LONGEST.total_seconds(), f"no end after call {number} failed: {how}"
        await tocsin.passes("30s")
        return await outside.left(), faulty.count


WHENEVER = ("was begun", "is broken", "audit entries for", "journal tells", "still open")
"""What the checker says of what is wrong whatever the clock says."""


def wrong(left: Left, how: str) -> Sequence[str]:
    """Where the clock is set, questions may lapse and times say nothing; nothing unapproved happens, and none twice.

    What was told first is then told by the number of times: what happened and is not on the record is, all the same.
    """
    found = faults(left)
    if not how.startswith("an hour"):
        return found
    unannounced = [step for step, times in left.effects.items() if len(times) > _on_record(left, step)]
    said = [one for one in found if any(words in one for words in WHENEVER)]
    return [*said, *(f"{step} is not on the audit record" for step in unannounced)]


def _on_record(left: Left, step: str) -> int:
    return sum(one.object.endswith(f"/{step}") for one in left.audit)


CASES = [(story, steps, how) for story, steps in STORIES for how in HOWS]


@pytest.mark.parametrize(
    ("story", "steps", "how"), [pytest.param(*case, id=f"{case[0].name}-{case[2]}") for case in sample(CASES, 3)]
)
async def test_whatever_call_fails_nothing_is_lost_unapproved_or_done_twice(
    story: Story, steps: dict[str, str], how: str, tmp_path: Path
) -> None:
    left, calls = await lived_through(tmp_path, story, steps, 0, how)
    assert faults(left) == []
    assert calls > 50
    numbers = range(1, calls + 1)
    for number in numbers if soaking() else sample(numbers, 2):
        left, _ = await lived_through(tmp_path, story, steps, number, how)
        assert wrong(left, how) == [], f"call {number} of {calls}: {how}"
