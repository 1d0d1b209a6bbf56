"""Random runs, killed at random: no step starts without its approvals, none that may not repeat runs twice unseen.

What is taken back was done before, is taken back last things first, and a run that leaves its changes says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.actor import TOCSIN
from bot.model.automation import Autonomy
from bot.model.ids import RunId
from bot.model.plan import Plan
from bot.model.run import ENDED, JournalEntry, JournalKind, RunbookRun, RunStatus
from bot.model.runbook import ApprovalTerms, OnFailure, Retry, Risk, Runbook, Step
from bot.runbooks import machine, moves
from bot.runbooks.journal import each_step, step_of, story_of
from bot.runbooks.planned import plan_to_json
from bot.runbooks.policy import is_covered, risk_of, terms_for
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
    order: list[str] = field(default_factory=list)
    """The steps in the order in which they had their effects."""
    held_until: datetime | None = None
    """Nothing may begin before: the switch is off, or everything is frozen."""
    cancelled_after: int = MOST_MOVES
    """So many moves, and somebody cancels it."""
    cancelled: bool = False

    def write(self, kind: JournalKind, step: str = "", attempt: int = 0, **data: object) -> None:
        self.journal.append(
            JournalEntry(run=self.run.id, at=self.now, kind=kind, actor=TOCSIN, step=step, attempt=attempt, data=data)
        )

    def chance(self, *outcomes: str) -> str:
        return self.draw.draw(st.sampled_from(outcomes))

    def go(self) -> moves.Done:
        for made in range(MOST_MOVES):
            self.come_true()
            if made == self.cancelled_after:
                self.write(JournalKind.CANCELLED, reason="enough")
                self.cancelled = True
            move = machine.next_move(self.run, self.journal, self.now)
            if isinstance(move, moves.Done):
                assert move.status in ENDED
                return move
            self.make(move)
            self.now += timedelta(seconds=1)
        raise AssertionError(f"no end after {MOST_MOVES} moves: {self.journal[-5:]}")

    def make(self, move: moves.Move) -> None:
        match move:
            case moves.Prepare(step=step):
                self.prepare(step)
            case moves.Ask(step=step, plan=plan):
                self.ask(step, plan, self.covered(step, plan))
            case moves.AskWhat(step=step, plan=plan):
                self.ask(step, plan, {})
            case moves.Wait(until=until):
                self.wait(until)
            case moves.Start():
                self.start(move)
            case moves.Probe():
                self.probe(move)
            case _:
                self.note(move)

    def note(self, move: moves.Move) -> None:
        """Moves after which there is nothing to decide."""
        match move:
            case moves.Observe(step=step, plan=plan):
                assert self.run.autonomy is Autonomy.OBSERVE
                self.write(JournalKind.OBSERVED, step.id, plan_hash=plan.hash, summary=plan.summary)
            case moves.TakeBack(reason=reason):
                self.write(JournalKind.ROLLBACK, reason=reason)
            case moves.Expire(step=step):
                self.write(JournalKind.ANSWERED, step.id, answer="expired", plan_hash=self.plans[step.id].hash)
            case moves.AskIfItRan(step=step, attempt=attempt):
                self.write(JournalKind.ASKED_IF_RAN, step.id, attempt, approval="APR-2")
            case moves.Check():
                signal = self.chance("clear", "firing", "unknown")
                self.write(JournalKind.CHECKED, signal=signal, text=signal)
            case _:
                raise AssertionError(f"nothing makes {move}")

    def probe(self, move: moves.Probe) -> None:
        if self.chance("soon", "in the end") == "in the end" or not self.effects.get(move.step.id):
            self.now = max(self.now, move.until)
            self.come_true()
        self.find_out(move.step, move.attempt, probed=True)

    def ask(self, step: Step, plan: Plan, covers: dict[str, str]) -> None:
        expires = (self.now + timedelta(minutes=30)).isoformat()
        self.write(JournalKind.ASKED, step.id, approval="APR-1", plan_hash=plan.hash, expires_at=expires, covers=covers)

    def covered(self, step: Step, plan: Plan) -> dict[str, str]:
        """The later changes that one answer is enough for."""
        terms = terms_for(step, plan, self.run.autonomy)
        if self.run.autonomy is not Autonomy.APPROVE or terms is None:
            return {}
        later = [(one, terms_for(one, self.plans[one.id])) for one in self.run.runbook.steps if one.id > step.id]
        return {
            one.id: self.plans[one.id].hash for one, wanted in later if wanted is not None and is_covered(wanted, terms)
        }

    def come_true(self) -> None:
        for step, then in list(self.under_way.items()):
            if then <= self.now:
                del self.under_way[step]
                self.has_effect(step)

    def has_effect(self, step: str) -> None:
        self.effects[step] = self.effects.get(step, 0) + 1
        self.order.append(step)

    def prepare(self, step: Step) -> None:
        match self.chance("plan", "plan", "plan", "skip", "refuse"):
            case "skip":
                self.write(JournalKind.SKIPPED, step.id, reason="if")
            case "refuse":
                self.write(JournalKind.REFUSED, step.id, error="no")
            case _:
                self.write(JournalKind.PLANNED, step.id, plan=plan_to_json(self.plans[step.id]))

    def wait(self, until: datetime | None) -> None:
        last = [entry for entry in self.journal if entry.kind is not JournalKind.CANCELLED][-1]
        if last.kind is JournalKind.ASKED_IF_RAN:
            self.find_out(self.step(last.step), last.attempt, probed=False)
        elif (
            last.kind is JournalKind.ASKED
            and not self.cancelled
            and (answer := self.chance("approve", "approve", "reject", "late")) != "late"
        ):
            if self.step(last.step).uses == "ask" and answer == "approve":
                self.write(JournalKind.FINISHED, last.step, outcome="succeeded", summary="", value={"how": "well"})
            else:
                self.write(JournalKind.ANSWERED, last.step, answer=answer, plan_hash=last.data["plan_hash"])
        else:
            assert until is not None, "nobody is asked, so there must be a time to wait for"
            self.now = max(self.now, until)

    def start(self, move: moves.Start) -> None:
        step, plan = move.step, move.plan
        assert not self.cancelled, f"step {step.id} of a cancelled run begins"
        self.is_agreed_to(move)
        assert step.uses != "ask"
        if step.id.endswith(".rollback"):
            self.takes_back(step)
        if self.is_held():
            return
        if move.approved and self.chance("holds", "holds", "holds", "void") == "void":
            self.write(JournalKind.ANSWERED, step.id, answer="void", plan_hash=plan.hash)
            self.write(JournalKind.PLANNED, step.id, plan=plan_to_json(plan))
            return
        if not plan.repeatable:
            unseen = self.effects.get(step.id, 0)
            assert unseen == 0, f"step {step.id} had its effect and starts again"
            assert step.id not in self.under_way, f"step {step.id} is under way and starts again"
        if self.chance("go", "go", "go", "die") == "die":
            return
        self.write(JournalKind.INTENDED, step.id, move.attempt, plan_hash=plan.hash)
        self.act(move, step)

    def act(self, move: moves.Start, step: Step) -> None:
        seen, unseen = ("succeed", "succeed", "fail"), ("die before", "die after", "unknown after", "unknown before")
        match self.chance(*seen, *unseen, "outlived", "outlived", "unmet"):
            case "unmet":
                self.has_effect(step.id)
                self.write(JournalKind.FINISHED, step.id, move.attempt, outcome="failed", summary="no", unmet=True)
            case "succeed":
                self.has_effect(step.id)
                self.write(JournalKind.FINISHED, step.id, move.attempt, outcome="succeeded", summary="", value={})
            case "fail":
                untouched = self.chance("in part", "untouched") == "untouched"
                self.write(
                    JournalKind.FINISHED, step.id, move.attempt,
                    outcome="failed", summary="no", value={}, untouched=untouched,
                )  # fmt: skip
            case "outlived":
                longest = (step.timeout + moves.ENDING).total_seconds()
                self.under_way[step.id] = self.now + timedelta(seconds=self.draw.draw(st.integers(0, int(longest))))
            case "die after":
                self.has_effect(step.id)
            case "unknown after":
                self.has_effect(step.id)
                self.write(JournalKind.FINISHED, step.id, move.attempt, outcome="unknown", summary="", value={})
            case "unknown before":
                self.write(JournalKind.FINISHED, step.id, move.attempt, outcome="unknown", summary="", value={})
            case _:
                pass  # it died before anything happened

    def is_agreed_to(self, move: moves.Start) -> None:
        """Nothing starts that nobody agreed to, as far as the run may not go by itself."""
        step, plan = move.step, move.plan
        if self.run.autonomy is Autonomy.OBSERVE:
            assert risk_of(step, plan) is Risk.READ
        terms = terms_for(step, plan, self.run.autonomy)
        if terms is None:
            assert risk_of(step, plan) is not Risk.DESTRUCTIVE
            return
        assert move.approved
        answers = [entry for entry in self.journal if entry.kind is JournalKind.ANSWERED]
        own = [entry for entry in answers if entry.step == step.id]
        if own:
            assert own[-1].data["answer"] == "approve"
            assert own[-1].data["plan_hash"] == plan.hash
            return
        asked = [entry for entry in self.journal if plan.hash in (entry.data.get("covers") or {}).values()]
        with_it = [entry for entry in answers if entry.step in {one.step for one in asked}]
        assert with_it
        assert with_it[-1].data["answer"] == "approve"

    def takes_back(self, step: Step) -> None:
        """What is taken back may have been done, nothing of it is under way, and what came after it is back already."""
        done = step.id.removesuffix(".rollback")
        assert any(entry.kind is JournalKind.ROLLBACK for entry in self.journal)
        assert any(entry.kind is JournalKind.INTENDED and entry.step == done for entry in self.journal)
        forward = [one for one in self.run.runbook.steps if risk_of(one, self.plans[one.id]) is not Risk.READ]
        assert not any(one.id in self.under_way for one in forward)
        backs = [entry.step for entry in self.journal if entry.step.endswith(".rollback")]
        assert all(one >= step.id for one in backs), f"{step.id} after {backs}"

    def is_held(self) -> bool:
        """Whether the guard lets nothing begin now."""
        if self.held_until is None and self.chance("open", "open", "open", "open", "held") == "held":
            self.held_until = self.now + timedelta(minutes=self.draw.draw(st.integers(1, 20)))
        if self.held_until is not None and self.now < self.held_until:
            self.write(JournalKind.HELD, self.run.runbook.steps[0].id, reason="frozen")
            self.now = self.held_until
            return True
        self.held_until = None
        return False

    def find_out(self, step: Step, attempt: int, *, probed: bool) -> None:
        """A probe, or a person, tells the truth; a probe may also not know."""
        if probed and self.chance("tells", "cannot tell") == "cannot tell":
            self.write(JournalKind.FINISHED, step.id, attempt, outcome="unknown", summary="", value={}, probed=True)
            return
        did = self.effects.get(step.id, 0) > 0
        outcome = "succeeded" if did else "failed"
        self.write(JournalKind.FINISHED, step.id, attempt, outcome=outcome, summary="", value={}, did_not_run=not did)

    def step(self, step_id: str) -> Step:
        step = step_of(self.run.runbook, step_id)
        assert step is not None
        return step


LOOK = Plan(
    action="host.look", integration="hosts", params={}, targets=("here",), summary="looks", risk=Risk.READ,
    repeatable=True,
)  # fmt: skip


@st.composite
def changes(draw: st.DrawFn, step_id: str, plans: dict[str, Plan], *, nested: bool) -> Step:
    risk = draw(st.sampled_from(list(Risk)))
    plans[step_id] = Plan(
        action="host.run",
        integration="hosts",
        params={"argv": [step_id]},
        targets=("here",),
        summary="runs it",
        risk=risk,
        repeatable=risk is Risk.READ or draw(st.integers(0, 3)) == 0,
        can_probe=risk is not Risk.READ and draw(st.booleans()),
    )
    verify = rollback = None
    if not nested and draw(st.booleans()):
        verify = Step(id=f"{step_id}.verify", title="a look", uses="host.look")
        plans[verify.id] = LOOK
    if not nested and draw(st.booleans()):
        rollback = draw(changes(f"{step_id}.rollback", plans, nested=True))
    return Step(
        id=step_id,
        title="a step",
        uses="ask" if not nested and risk is Risk.READ and draw(st.booleans()) else "host.run",
        retry=Retry(
            attempts=draw(st.integers(1, 3)),
            wait=timedelta(seconds=draw(st.integers(0, 5))),
            backoff=draw(st.sampled_from([1.0, 2.0])),
        ),
        on_failure=draw(st.sampled_from(list(OnFailure))),
        risk=draw(st.sampled_from([None, *Risk])),
        approval=draw(st.sampled_from([None, ApprovalTerms(), ApprovalTerms(count=2)])),
        verify=verify,
        rollback=rollback,
    )


@st.composite
def runs(draw: st.DrawFn) -> tuple[RunbookRun, dict[str, Plan]]:
    plans: dict[str, Plan] = {}
    steps = [draw(changes(f"s{number}", plans, nested=False)) for number in range(draw(st.integers(1, 4)))]
    runbook = Runbook(name="r", title="r", file="r.yaml", hash="0", steps=tuple(steps))
    run = RunbookRun(
        id=RunId("RUN-1"),
        runbook=runbook,
        incident=None,
        inputs={},
        started_at=START,
        started_by=TOCSIN,
        signal_expr=draw(st.sampled_from(["", "up == 0"])),
        autonomy=draw(st.sampled_from(Autonomy)),
    )
    return run, plans


@given(runs(), st.data())
@settings(deadline=None, max_examples=many(300, 5000))
def test_every_run_ends_and_nothing_happens_that_nobody_agreed_to(
    prepared: tuple[RunbookRun, dict[str, Plan]], draw: st.DataObject
) -> None:
    run, plans = prepared
    simulation = Simulation(run=run, plans=plans, draw=draw)
    done = simulation.go()
    for step in each_step(run.runbook):
        if not plans[step.id].repeatable:
            assert simulation.effects.get(step.id, 0) <= 1
    says_what_became_of_its_changes(simulation, done)
    if done.status in ENDED and draw.draw(st.booleans()):
        simulation.write(JournalKind.ENDED, status=str(done.status))
        simulation.write(JournalKind.ROLLBACK, reason="a person asks")
        again = simulation.go()
        assert again.status in (RunStatus.ROLLED_BACK, RunStatus.FAILED)


def says_what_became_of_its_changes(simulation: Simulation, done: moves.Done) -> None:
    """A run that did not succeed took its changes back, or says that it did not."""
    changed = [
        step
        for step in simulation.run.runbook.steps
        if step.rollback is not None
        and risk_of(step, simulation.plans[step.id]) is not Risk.READ
        and simulation.effects.get(step.id)
    ]
    if done.status is RunStatus.SUCCEEDED or not changed:
        return
    if done.status is RunStatus.ROLLED_BACK:
        ended = {
            entry.step
            for entry in simulation.journal
            if entry.kind is JournalKind.SKIPPED or entry.data.get("outcome") == "succeeded"
        }
        assert all(f"{step.id}.rollback" in ended for step in changed)
    else:
        assert "what it changed stays" in done.reason or "taking it back failed" in done.reason


@given(runs(), st.data(), st.integers(0, 30))
@settings(deadline=None, max_examples=many(100, 2000))
def test_of_a_cancelled_run_nothing_begins_and_what_had_begun_is_known(
    prepared: tuple[RunbookRun, dict[str, Plan]], draw: st.DataObject, after: int
) -> None:
    run, plans = prepared
    simulation = Simulation(run=run, plans=plans, draw=draw, cancelled_after=after)
    done = simulation.go()
    if not simulation.cancelled:
        return
    assert done.status is RunStatus.CANCELLED
    changing = [step for step in each_step(run.runbook) if risk_of(step, plans[step.id]) is not Risk.READ]
    assert not any(step.id in simulation.under_way for step in changing)
    for step in changing:
        if not plans[step.id].repeatable:
            assert not story_of(step, simulation.journal).unsettled
