"""Random runs, killed at random: no step starts without its approvals, none that may not repeat runs twice unseen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.actor import TOCSIN
from bot.model.ids import RunId
from bot.model.plan import Plan
from bot.model.run import ENDED, JournalEntry, JournalKind, RunbookRun
from bot.model.runbook import ApprovalTerms, OnFailure, Retry, Risk, Runbook, Step
from bot.runbooks import machine
from bot.runbooks.journal import plan_to_json
from bot.runbooks.policy import terms_for
from tests.soak import many

START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
MOST_MOVES = 400


@dataclass
class Simulation:
    """A carrier that can die between any two lines, and a world that remembers what really happened to it."""

    run: RunbookRun
    plans: dict[str, Plan]
    draw: st.DataObject
    now: datetime = START
    journal: list[JournalEntry] = field(default_factory=list)
    effects: dict[str, int] = field(default_factory=dict)
    """How often each step really had its effect."""
    under_way: dict[str, datetime] = field(default_factory=dict)
    """What outlived its carrier: the step has its effect then."""

    def write(self, kind: JournalKind, step: str = "", attempt: int = 0, **data: object) -> None:
        self.journal.append(
            JournalEntry(run=self.run.id, at=self.now, kind=kind, actor=TOCSIN, step=step, attempt=attempt, data=data)
        )

    def chance(self, *outcomes: str) -> str:
        return self.draw.draw(st.sampled_from(outcomes))

    def go(self) -> machine.Done:
        for _ in range(MOST_MOVES):
            self.come_true()
            move = machine.next_move(self.run, self.journal, self.now)
            if isinstance(move, machine.Done):
                assert move.status in ENDED
                return move
            self.make(move)
            self.now += timedelta(seconds=1)
        raise AssertionError(f"no end after {MOST_MOVES} moves: {self.journal[-5:]}")

    def make(self, move: machine.Move) -> None:
        match move:
            case machine.Prepare(step=step):
                self.prepare(step)
            case machine.Ask(step=step, plan=plan):
                expires = (self.now + timedelta(minutes=30)).isoformat()
                self.write(JournalKind.ASKED, step.id, approval="APR-1", plan_hash=plan.hash, expires_at=expires)
            case machine.Wait(until=until):
                self.wait(until)
            case machine.Expire(step=step):
                self.write(JournalKind.ANSWERED, step.id, answer="expired", plan_hash=self.plans[step.id].hash)
            case machine.Start():
                self.start(move)
            case machine.Probe(step=step, attempt=attempt, until=until):
                if self.chance("soon", "in the end") == "in the end" or not self.effects.get(step.id):
                    self.now = max(self.now, until)
                    self.come_true()
                self.find_out(step, attempt, probed=True)
            case machine.AskIfItRan(step=step, attempt=attempt):
                self.write(JournalKind.ASKED_IF_RAN, step.id, attempt, approval="APR-2")
            case machine.Check():
                signal = self.chance("clear", "firing", "unknown")
                self.write(JournalKind.CHECKED, signal=signal, text=signal)

    def come_true(self) -> None:
        for step, then in list(self.under_way.items()):
            if then <= self.now:
                del self.under_way[step]
                self.effects[step] = self.effects.get(step, 0) + 1

    def prepare(self, step: Step) -> None:
        match self.chance("plan", "plan", "plan", "skip", "refuse"):
            case "skip":
                self.write(JournalKind.SKIPPED, step.id, reason="if")
            case "refuse":
                self.write(JournalKind.REFUSED, step.id, error="no")
            case _:
                self.write(JournalKind.PLANNED, step.id, plan=plan_to_json(self.plans[step.id]))

    def wait(self, until: datetime | None) -> None:
        last = self.journal[-1]
        if last.kind is JournalKind.ASKED_IF_RAN:
            self.find_out(self.step(last.step), last.attempt, probed=False)
        elif (
            last.kind is JournalKind.ASKED and (answer := self.chance("approve", "approve", "reject", "late")) != "late"
        ):
            self.write(JournalKind.ANSWERED, last.step, answer=answer, plan_hash=last.data["plan_hash"])
        else:
            assert until is not None, "nobody is asked, so there must be a time to wait for"
            self.now = max(self.now, until)

    def start(self, move: machine.Start) -> None:
        step, plan = move.step, move.plan
        terms = terms_for(step, plan)
        assert move.approved == (terms is not None)
        if terms is not None:
            answers = [entry for entry in self.journal if entry.step == step.id and entry.kind is JournalKind.ANSWERED]
            assert answers
            assert answers[-1].data["answer"] == "approve"
            assert answers[-1].data["plan_hash"] == plan.hash
        if not plan.repeatable:
            unseen = self.effects.get(step.id, 0)
            assert unseen == 0, f"step {step.id} had its effect and starts again"
            assert step.id not in self.under_way, f"step {step.id} is under way and starts again"
        if self.chance("go", "go", "go", "die") == "die":
            return
        self.write(JournalKind.INTENDED, step.id, move.attempt, plan_hash=plan.hash)
        seen, unseen = ("succeed", "succeed", "fail"), ("die before", "die after", "unknown after", "unknown before")
        match self.chance(*seen, *unseen, "outlived", "outlived"):
            case "succeed":
                self.effects[step.id] = self.effects.get(step.id, 0) + 1
                self.write(JournalKind.FINISHED, step.id, move.attempt, outcome="succeeded", summary="", value={})
            case "fail":
                self.write(JournalKind.FINISHED, step.id, move.attempt, outcome="failed", summary="no", value={})
            case "outlived":
                longest = (step.timeout + machine.ENDING).total_seconds()
                self.under_way[step.id] = self.now + timedelta(seconds=self.draw.draw(st.integers(0, int(longest))))
            case "die after":
                self.effects[step.id] = self.effects.get(step.id, 0) + 1
            case "unknown after":
                self.effects[step.id] = self.effects.get(step.id, 0) + 1
                self.write(JournalKind.FINISHED, step.id, move.attempt, outcome="unknown", summary="", value={})
            case "unknown before":
                self.write(JournalKind.FINISHED, step.id, move.attempt, outcome="unknown", summary="", value={})

    def find_out(self, step: Step, attempt: int, *, probed: bool) -> None:
        """A probe, or a person, tells the truth; a probe may also not know."""
        if probed and self.chance("tells", "cannot tell") == "cannot tell":
            self.write(JournalKind.FINISHED, step.id, attempt, outcome="unknown", summary="", value={}, probed=True)
            return
        did = self.effects.get(step.id, 0) > 0
        outcome = "succeeded" if did else "failed"
        self.write(JournalKind.FINISHED, step.id, attempt, outcome=outcome, summary="", value={}, did_not_run=not did)

    def step(self, step_id: str) -> Step:
        return next(step for step in self.run.runbook.steps if step.id == step_id)


@st.composite
def runs(draw: st.DrawFn) -> tuple[RunbookRun, dict[str, Plan]]:
    steps, plans = [], {}
    for number in range(draw(st.integers(1, 4))):
        risk = draw(st.sampled_from(list(Risk)))
        step = Step(
            id=f"s{number}",
            title="a step",
            uses="host.run",
            retry=Retry(attempts=draw(st.integers(1, 3)), wait=timedelta(seconds=draw(st.integers(0, 5)))),
            on_failure=draw(st.sampled_from(list(OnFailure))),
            risk=draw(st.sampled_from([None, *Risk])),
            approval=draw(st.sampled_from([None, ApprovalTerms()])),
        )
        plans[step.id] = Plan(
            action="host.run",
            integration="hosts",
            params={"argv": [step.id]},
            targets=("here",),
            summary="runs it",
            risk=risk,
            repeatable=risk is Risk.READ,
            can_probe=risk is not Risk.READ and draw(st.booleans()),
        )
        steps.append(step)
    runbook = Runbook(name="r", title="r", file="r.yaml", hash="0", steps=tuple(steps))
    run = RunbookRun(
        id=RunId("RUN-1"),
        runbook=runbook,
        incident=None,
        inputs={},
        started_at=START,
        started_by=TOCSIN,
        signal_expr=draw(st.sampled_from(["", "up == 0"])),
    )
    return run, plans


@given(runs(), st.data())
@settings(deadline=None, max_examples=many(300, 5000))
def test_every_run_ends_and_nothing_happens_that_nobody_agreed_to(
    prepared: tuple[RunbookRun, dict[str, Plan]], draw: st.DataObject
) -> None:
    run, plans = prepared
    simulation = Simulation(run=run, plans=plans, draw=draw)
    simulation.go()
    for step in run.runbook.steps:
        if not plans[step.id].repeatable:
            assert simulation.effects.get(step.id, 0) <= 1
