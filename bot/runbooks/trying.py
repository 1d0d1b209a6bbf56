"""Plays the `tests:` of a runbook against the machine itself: offline, with the answers that the test holds.

Nothing is begun: each action answers what stands under `results`, and people say what stands under `answers`. Time
passes as fast as the run has nothing else to wait for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError

from bot.errors import NotAllowed, TocsinError
from bot.model.actor import TOCSIN
from bot.model.alert import Alert
from bot.model.ids import RunId
from bot.model.labels import LabelSet
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.run import JournalEntry, JournalKind, RunbookRun
from bot.model.runbook import Canned, Risk, Runbook, RunbookTest, Step
from bot.ports.actions import ActionSpec
from bot.runbooks import moves
from bot.runbooks.expecting import unmet
from bot.runbooks.inputs import resolve
from bot.runbooks.journal import data_for
from bot.runbooks.machine import next_move
from bot.runbooks.planned import plan_to_json
from bot.runbooks.policy import terms_for
from bot.runbooks.schema import UNDO
from bot.runbooks.taint import filled
from bot.runbooks.templates import TemplateFailed, holds, render
from bot.runbooks.verdict import judged

Specs = Mapping[str, ActionSpec]

_BEGAN = datetime(2026, 1, 5, 12, tzinfo=UTC)
_A_MOMENT = timedelta(seconds=1)
_MOST_MOVES = 10_000
_DID, _DID_NOT = "did", "did_not"
"""What a person says of a step whose end nobody saw, and who approved it before."""


class Unknown(Exception):
    """What the test should have said, for the person who wrote it."""


@dataclass(slots=True, kw_only=True)
class Played:
    """What came of a test. `wrong` are the differences from what it expects, each a line; none: it holds."""

    test: RunbookTest
    path: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    status: str = ""
    reason: str = ""
    verdict: str = ""
    wrong: tuple[str, ...] = ()


def play(runbook: Runbook, test: RunbookTest, specs: Specs) -> Played:
    """One test. `specs` are the actions by name; what is not among them is no part of a sound runbook."""
    played = Played(test=test)
    try:
        run = _begun(runbook, test)
        _Story(run=run, test=test, specs=specs, played=played).play()
    except NotAllowed as refusal:
        return replace(played, wrong=(refusal.message,))
    except Unknown as lack:
        return replace(played, wrong=(str(lack), *_so_far(played)))
    return replace(played, wrong=tuple(_differences(played)))


def _begun(runbook: Runbook, test: RunbookTest) -> RunbookRun:
    """The run as it begins; NotAllowed when the inputs do not fit."""
    alert = Alert(labels=LabelSet(test.labels), annotations=test.annotations, starts_at=_BEGAN)
    return RunbookRun(
        id=RunId("RUN-1"),
        runbook=runbook,
        incident=None,
        inputs=resolve(runbook, test.inputs, alert, None),
        started_at=_BEGAN,
        started_by=TOCSIN,
        signal_expr="the alert" if test.labels else "",
    )


@dataclass(slots=True, kw_only=True)
class _Story:
    """A run that is told to its end."""

    run: RunbookRun
    test: RunbookTest
    specs: Specs
    played: Played
    journal: list[JournalEntry] = field(default_factory=list)
    now: datetime = _BEGAN
    _tries: dict[str, int] = field(default_factory=dict)

    def play(self) -> None:
        """Makes moves until the run is over; Unknown where the test does not say how it goes on."""
        for _ in range(_MOST_MOVES):
            move = next_move(self.run, self.journal, self.now)
            if isinstance(move, moves.Done):
                self.played.status, self.played.reason = str(move.status), move.reason
                self.played.verdict = str(judged(self.run, self.journal).verdict)
                return
            self._make(move)
            self.now += _A_MOMENT
        raise Unknown(f"the run makes more than {_MOST_MOVES} moves, and does not end")

    def _make(self, move: moves.Move) -> None:
        match move:
            case moves.Prepare(step=step):
                self._prepare(step)
            case moves.Ask(step=step, plan=plan):
                self._ask(step, plan)
            case moves.AskWhat(step=step, plan=plan):
                self._ask_what(step, plan)
            case moves.Expire(step=step):
                self._note(JournalKind.ANSWERED, step.id, answer="expired")
            case moves.Start(step=step, plan=plan, attempt=attempt):
                self._start(step, plan, attempt)
            case moves.AskIfItRan(step=step, attempt=attempt):
                self._ask_if_it_ran(step, attempt)
            case moves.Check() | moves.Watch():
                self._check()
            case moves.TakeBack(reason=reason):
                self._note(JournalKind.ROLLBACK, "", reason=reason)
            case moves.Wait(until=until, why=why):
                self._wait(until, why)
            case _:
                raise Unknown(f"a test cannot tell what becomes of {type(move).__name__.lower()}")

    def _prepare(self, step: Step) -> None:
        try:
            plan = self._plan(step)
        except TocsinError as error:
            self._note(JournalKind.REFUSED, step.id, error=str(error))
            return
        if plan is None:
            self._note(JournalKind.SKIPPED, step.id, reason=f"`if: {step.condition}` is false")
        else:
            self._note(JournalKind.PLANNED, step.id, plan=plan_to_json(plan))

    def _plan(self, step: Step) -> Plan | None:
        """As an integration would make it: the parameters checked, and the risk that the action has by itself."""
        data = data_for(step, self.run, self.journal)
        if not holds(step.condition, data):
            return None
        if step.approval is not None:
            render(step.approval.ask, data)
        of = _undone_by(self.run.runbook, step) if step.uses == UNDO else step
        spec = self.specs[of.uses]
        params = {} if step.uses == UNDO else _fits(spec, filled(self.run.runbook, step, spec, data))
        risk = self._risk(step, spec)
        return Plan(
            action=of.uses,
            integration=step.integration,
            params=params,
            targets=(step.id,),
            summary=f"{of.uses} {step.id}",
            risk=risk,
            repeatable=risk is Risk.READ,
        )

    def _risk(self, step: Step, spec: ActionSpec) -> Risk:
        """The gravest that the action can be, unless the test says what it is this time, or it only verifies."""
        said = next((canned.risk for canned in self.test.results.get(step.id, ()) if canned.risk), None)
        if spec.mildest is None:
            return spec.risk
        return said or (Risk.READ if step.id.endswith(".verify") else spec.risk)

    def _ask(self, step: Step, plan: Plan) -> None:
        terms = terms_for(step, plan)
        expires = self.now + (terms.expires if terms else _A_MOMENT)
        self._asked(step, plan, expires)
        answer = self._answer(step)
        if answer == "reject":
            self._note(JournalKind.ANSWERED, step.id, answer="reject", plan_hash=plan.hash, reason="rejected")
        elif answer != "expire":
            self._note(JournalKind.ANSWERED, step.id, answer="approve", plan_hash=plan.hash)

    def _ask_what(self, step: Step, plan: Plan) -> None:
        """The answers to a question of the runbook's own stand under `results`, as its value."""
        self._asked(step, plan, self.now + step.timeout)
        answer = self.test.answers.get(step.id, "approve")
        if answer == "reject":
            self._note(JournalKind.ANSWERED, step.id, answer="reject", plan_hash=plan.hash, reason="rejected")
        elif answer == "approve":
            self._finish(step, self._canned(step))

    def _asked(self, step: Step, plan: Plan, expires: datetime) -> None:
        self.played.asked.append(step.id)
        self._note(
            JournalKind.ASKED, step.id, approval=f"APR-{len(self.played.asked)}", plan_hash=plan.hash,
            expires_at=expires.isoformat(),
        )  # fmt: skip

    def _answer(self, step: Step) -> str:
        try:
            return self.test.answers[step.id]
        except KeyError:
            lack = f"step {step.id} asks people, and the test does not say what they answer"
            raise Unknown(f"{lack}; write `answers: {{{step.id}: approve}}`, or reject, or expire") from None

    def _start(self, step: Step, plan: Plan, attempt: int) -> None:
        canned = self._canned(step)
        if step.id not in self.played.path:
            self.played.path.append(step.id)
        self._note(JournalKind.INTENDED, step.id, attempt=attempt, plan_hash=plan.hash)
        self.now += _A_MOMENT
        self._finish(step, canned, attempt)

    def _canned(self, step: Step) -> Canned:
        """The answer of this try; the last one stands for all further tries."""
        said = self.test.results.get(step.id, ())
        if not said:
            lack = f"step {step.id} runs, and the test does not say what it answers"
            raise Unknown(f"{lack}; write `results: {{{step.id}: {{value: {{...}}}}}}`")
        place = self._tries.get(step.id, 0)
        self._tries[step.id] = place + 1
        return said[min(place, len(said) - 1)]

    def _finish(self, step: Step, canned: Canned, attempt: int = 1) -> None:
        result = ActionResult(outcome=Outcome(canned.outcome), summary=canned.summary, value=canned.value)
        result = unmet(self.run, self.journal, step, result) or result
        self._note(
            JournalKind.FINISHED, step.id, attempt=attempt, outcome=str(result.outcome), summary=result.summary,
            value=dict(result.value),
        )  # fmt: skip

    def _ask_if_it_ran(self, step: Step, attempt: int) -> None:
        """A person says whether it ran; that it did not gives it another try."""
        self.played.asked.append(step.id)
        answer = self._answer(step)
        if answer not in (_DID, _DID_NOT):
            lack = f"nobody saw how step {step.id} ended, so a person is asked whether it ran"
            raise Unknown(f"{lack}; write `answers: {{{step.id}: did}}`, or did_not")
        self._note(JournalKind.ANSWERED_IF_RAN, step.id, attempt=attempt, did=answer)
        self._note(
            JournalKind.FINISHED, step.id, attempt=attempt, outcome="succeeded" if answer == _DID else "failed",
            summary=f"a person says that it {'ran' if answer == _DID else 'did not run'}",
            did_not_run=answer == _DID_NOT, value={},
        )  # fmt: skip

    def _check(self) -> None:
        self._note(JournalKind.CHECKED, "", signal=self.test.signal, text=f"the original signal is {self.test.signal}")

    def _wait(self, until: datetime | None, why: str) -> None:
        if until is None or until <= self.now:
            raise Unknown(f"the run waits for ever: {why}")
        self.now = until

    # Any: what a journal holds is plain JSON, its keys are listed at `JournalKind`.
    def _note(self, kind: JournalKind, step: str, *, attempt: int = 0, **data: Any) -> None:
        seq = len(self.journal) + 1
        self.journal.append(
            JournalEntry(
                run=self.run.id, at=self.now, kind=kind, actor=TOCSIN, step=step, attempt=attempt, data=data, seq=seq
            )
        )


def _undone_by(runbook: Runbook, back: Step) -> Step:
    return next(step for step in runbook.steps if step.rollback is not None and step.rollback.id == back.id)


def _fits(spec: ActionSpec, params: dict[str, Any]) -> dict[str, Any]:  # Any: plain JSON
    """The same; TemplateFailed when the action would not take them."""
    try:
        spec.params.model_validate(params)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise TemplateFailed(f"{spec.name} cannot take these parameters: {faults}") from None
    return params


def _differences(played: Played) -> Iterator[str]:
    test = played.test
    if test.path is not None and list(test.path) != played.path:
        yield f"path: expected {_list(test.path)}, came {_list(played.path)}"
    if test.asked is not None and list(test.asked) != played.asked:
        yield f"asked: expected {_list(test.asked)}, came {_list(played.asked)}"
    if test.status is not None and test.status != played.status:
        yield f"status: expected {test.status}, came {played.status}: {played.reason}"
    if test.verdict is not None and test.verdict != played.verdict:
        yield f"verdict: expected {test.verdict or 'none'}, came {played.verdict or 'none'}"


def _so_far(played: Played) -> Sequence[str]:
    return [f"until then these ran: {_list(played.path)}"] if played.path else []


def _list(steps: Sequence[str]) -> str:
    return f"[{', '.join(steps)}]"
