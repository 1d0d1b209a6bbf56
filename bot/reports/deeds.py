"""What was done: each run and each of its steps, folded from journals and approvals into what a reader asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.model.plan import Outcome
from bot.model.report import Case
from bot.model.run import Approval, ApprovalStatus, JournalEntry, JournalKind, Question, RunbookRun, StepStatus
from bot.model.runbook import Risk, Step


@dataclass(slots=True, kw_only=True)
class Deed:
    """One step of a run. `began_at` and `ended_at` are of its last attempt; `plan` is as the journal has it."""

    id: str
    title: str
    uses: str
    status: StepStatus = StepStatus.WAITING
    # Any: a plan and its parts are plain JSON.
    plan: Mapping[str, Any] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    began_at: datetime | None = None
    ended_at: datetime | None = None
    attempts: int = 0
    result: str = ""
    told_by: str = ""
    """Who said whether it ran, when nobody saw its end."""
    told_did: bool = False

    @property
    def risk(self) -> str:
        """Of its plan; empty when it never had one."""
        return str(self.plan.get("risk", ""))

    @property
    def does(self) -> str:
        """What its plan was, in one line; the action's name when it never had one."""
        return str(self.plan.get("summary") or self.uses)

    @property
    def targets(self) -> str:
        """What it acted on."""
        return ", ".join(str(target) for target in self.plan.get("targets", ()))

    @property
    def diff(self) -> str:
        """What it changed, as its plan announced it."""
        return str(self.plan.get("diff") or "")

    @property
    def undo(self) -> str:
        """How to take it back; empty when no way is known."""
        return str(self.plan.get("undo") or "")

    @property
    def changes(self) -> bool:
        """Whether its plan was more than reading. Without a plan that is not known, and nothing was done."""
        return bool(self.plan) and self.risk != Risk.READ

    @property
    def carried_out(self) -> bool:
        """Whether it changed something, as far as was seen or said."""
        return self.changes and self.status is StepStatus.SUCCEEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTold:
    """One run. `signal` is how the original signal looked after it: clear, firing, unknown; empty: not looked at."""

    run: RunbookRun
    deeds: tuple[Deed, ...]
    reason: str = ""
    signal: str = ""
    signal_at: datetime | None = None


def runs_told(case: Case) -> tuple[RunTold, ...]:
    """Every run of the case, in the order they began."""
    runs = sorted(case.runs, key=lambda pair: pair[0].started_at)
    return tuple(_told(run, journal, case.approvals) for run, journal in runs)


def carried_out(runs: Sequence[RunTold]) -> tuple[tuple[RunTold, Deed], ...]:
    """The steps that changed something, in the order they ended."""
    found = [(told, deed) for told in runs for deed in told.deeds if deed.carried_out]
    return tuple(sorted(found, key=lambda pair: pair[1].ended_at or pair[0].run.started_at))


def _told(run: RunbookRun, journal: Sequence[JournalEntry], approvals: Sequence[Approval]) -> RunTold:
    last = {entry.kind: entry for entry in journal if not entry.step}
    ended, checked = last.get(JournalKind.ENDED), last.get(JournalKind.CHECKED)
    return RunTold(
        run=run,
        deeds=tuple(_deed(run, step, journal, approvals) for step in _in_order(run, journal)),
        reason=str(ended.data.get("reason", "")) if ended else "",
        signal=str(checked.data.get("signal", "")) if checked else "",
        signal_at=checked.at if checked else None,
    )


def _in_order(run: RunbookRun, journal: Sequence[JournalEntry]) -> list[Step]:
    """The runbook's steps, each with what looked at its result; then, as they came about, those that took them back."""
    said = {entry.step for entry in journal}
    belongs = [one for step in run.runbook.steps for one in (step, step.verify) if one is not None]
    backs = [step.rollback for step in reversed(run.runbook.steps) if step.rollback is not None]
    own = {step.id for step in run.runbook.steps}
    return [step for step in (*belongs, *backs) if step.id in own or step.id in said]


def _deed(run: RunbookRun, step: Step, journal: Sequence[JournalEntry], approvals: Sequence[Approval]) -> Deed:
    deed = Deed(id=step.id, title=step.title or step.id, uses=step.uses)
    for entry in journal:
        if entry.step == step.id:
            _fold(deed, entry)
    asked = (one for one in approvals if one.run == run.id and one.question is Question.MAY_IT_RUN)
    deed.approvals = tuple(one for one in asked if one.step == step.id or _covers(one, deed))
    return deed


def _covers(approval: Approval, deed: Deed) -> bool:
    """Whether the same yes was for this deed too."""
    return any(plan.hash == deed.plan.get("hash") for plan in approval.covers)


def _fold(deed: Deed, entry: JournalEntry) -> None:
    match entry.kind:
        case JournalKind.PLANNED:
            deed.plan, deed.status = entry.data.get("plan") or {}, StepStatus.WAITING
        case JournalKind.SKIPPED | JournalKind.OBSERVED:
            reason = entry.data.get("reason", "only observed, nothing was changed")
            deed.status, deed.result = StepStatus.SKIPPED, str(reason)
        case JournalKind.REFUSED:
            deed.status, deed.result = StepStatus.FAILED, str(entry.data.get("error", ""))
        case JournalKind.ASKED:
            deed.status = StepStatus.ASKING
        case JournalKind.ANSWERED:
            _answered(deed, entry)
        case JournalKind.INTENDED:
            deed.status, deed.began_at, deed.ended_at = StepStatus.RUNNING, entry.at, None
            deed.attempts = max(deed.attempts, entry.attempt, 1)
        case JournalKind.FINISHED:
            _finished(deed, entry)
        case JournalKind.ASKED_IF_RAN:
            deed.status = StepStatus.UNKNOWN
        case JournalKind.ANSWERED_IF_RAN:
            deed.told_by, deed.told_did = entry.actor.name, entry.data.get("did") == "did"
        case _:
            pass


def _answered(deed: Deed, entry: JournalEntry) -> None:
    answer = entry.data.get("answer")
    if answer in ("approve", "void"):
        deed.status = StepStatus.WAITING
    else:
        deed.status, deed.result = StepStatus.REJECTED, str(entry.data.get("reason", ""))


def _finished(deed: Deed, entry: JournalEntry) -> None:
    outcomes = {Outcome.SUCCEEDED: StepStatus.SUCCEEDED, Outcome.UNKNOWN: StepStatus.UNKNOWN}
    outcome = str(entry.data.get("outcome", ""))
    deed.status = next((status for known, status in outcomes.items() if outcome == known), StepStatus.FAILED)
    if entry.data.get("did_not_run"):
        deed.status = StepStatus.WAITING  # known not to have happened; it may begin again
    deed.ended_at, deed.result = entry.at, str(entry.data.get("summary", ""))


def granted(deed: Deed) -> Approval | None:
    """The approval under which the step ran, if it needed one and got it."""
    return next((one for one in reversed(deed.approvals) if one.status is ApprovalStatus.APPROVED), None)
