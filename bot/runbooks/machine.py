"""The next move of a run, from its journal alone.

Pure: the carrier asks, writes the intent down, acts, writes the result down, and asks again. So a process may die at
any moment and another one may go on. What must always hold, and is tested over random runs: no step starts without
its approvals, no unrepeatable step starts twice unless it is known not to have run, every run ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.plan import Outcome, Plan
from bot.model.run import JournalEntry, JournalKind, RunbookRun, RunStatus, StepStatus
from bot.model.runbook import OnFailure, Risk, Step
from bot.runbooks.journal import StepStory, story_of, whole_run
from bot.runbooks.policy import risk_of, terms_for

MAX_STARTS = 15
"""A step that was begun so often and never ended is given up: it may be what kills us."""


ENDING = timedelta(seconds=5)
"""What an action that is out of time may take until it is really over; see `bot.ports.actions.Action.run`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepare:
    """Decide `if`, fill the parameters in, and plan."""

    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Ask people whether this plan may run."""

    step: Step
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire:
    """Nobody answered in time."""

    step: Step
    approval: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Write the intent down, then act. `approved` says whether people agreed to exactly this plan."""

    step: Step
    plan: Plan
    attempt: int
    approved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """We do not know whether the attempt had its effect, and the action can find out.

    Until this time it may still be under way, for it can outlive the process that began it: then a no is not final.
    """

    step: Step
    plan: Plan
    attempt: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AskIfItRan:
    """We do not know whether the attempt had its effect, and only a person can find out."""

    step: Step
    plan: Plan
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing to do until this time, or until somebody answers."""

    until: datetime | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Look at the original signal until it is clear, or until this time."""

    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The run is over."""

    status: RunStatus
    reason: str


StepMove = Prepare | Ask | Expire | Start | Probe | AskIfItRan
Move = StepMove | Wait | Check | Done


def next_move(run: RunbookRun, journal: Sequence[JournalEntry], now: datetime) -> Move:
    """What to do next. Called only while nothing of this run is being done."""
    whole = whole_run(journal)
    if JournalKind.CANCELLED in whole:
        return Done(status=RunStatus.CANCELLED, reason=str(whole[JournalKind.CANCELLED].data.get("reason", "")))
    stories = {step.id: story_of(step, journal) for step in run.runbook.steps}
    for step in run.runbook.steps:
        move = _step_move(step, stories[step.id], run, now)
        if move is not None:
            return move
    return _after_steps(run, stories, whole)


def step_statuses(steps: Sequence[Step], journal: Sequence[JournalEntry]) -> Mapping[str, StepStatus]:
    """Where each step stands, for people to see."""
    return {step.id: story_of(step, journal).status for step in steps}


def _step_move(step: Step, story: StepStory, run: RunbookRun, now: datetime) -> Move | None:
    """The move this step needs, or None when it is over and the run may go on."""
    if story.unsettled:
        return _find_out(step, story, now)
    match story.status:
        case StepStatus.SUCCEEDED | StepStatus.SKIPPED:
            return None
        case StepStatus.REJECTED:
            return Done(status=RunStatus.REJECTED, reason=f"step {step.id}: {story.reason}")
        case StepStatus.FAILED:
            return _after_failure(step, story, now)
        case _:
            return _unless_late(step, story, run, now)


def _unless_late(step: Step, story: StepStory, run: RunbookRun, now: datetime) -> Move:
    if now >= run.started_at + run.runbook.timeout:
        return Done(status=RunStatus.FAILED, reason=f"the run's time was over before step {step.id}")
    return _toward_start(step, story, now)


def _toward_start(step: Step, story: StepStory, now: datetime) -> Move:
    plan = story.plan
    if plan is None:
        return Prepare(step=step)
    if terms_for(step, plan) is None:
        return Start(step=step, plan=plan, attempt=story.attempts + 1, approved=False)
    if story.approved_hash == plan.hash:
        return Start(step=step, plan=plan, attempt=story.attempts + 1, approved=True)
    if story.asked is None:
        return Ask(step=step, plan=plan)
    return _await_answer(step, story.asked, now)


def _await_answer(step: Step, asked: JournalEntry, now: datetime) -> Move:
    expires_at = datetime.fromisoformat(str(asked.data["expires_at"]))
    if now >= expires_at:
        return Expire(step=step, approval=str(asked.data["approval"]))
    return Wait(until=expires_at, why=f"step {step.id} waits for an answer to {asked.data['approval']}")


def _find_out(step: Step, story: StepStory, now: datetime) -> Move:
    """An attempt began and its end was not seen."""
    plan = story.plan
    if plan is None or story.attempts >= MAX_STARTS:
        return Done(status=RunStatus.FAILED, reason=f"step {step.id} was begun {story.attempts} times and never ended")
    if plan.repeatable:
        return Start(step=step, plan=plan, attempt=story.attempts + 1, approved=story.approved_hash == plan.hash)
    if story.asked_if_ran is not None:
        return Wait(until=None, why=f"step {step.id}: a person must say whether it ran")
    over = now if story.began_at is None else story.began_at + step.timeout + ENDING
    if plan.can_probe and not story.probed:
        return Probe(step=step, plan=plan, attempt=story.attempts, until=over)
    if now < over:
        return Wait(until=over, why=f"step {step.id} may still be under way; then a person must say whether it ran")
    return AskIfItRan(step=step, plan=plan, attempt=story.attempts)


def _after_failure(step: Step, story: StepStory, now: datetime) -> Move | None:
    plan, last = story.plan, story.last_finished
    if plan is not None and last is not None and story.failures < step.retry.attempts:
        again_at = last.at + step.retry.wait
        if now < again_at:
            return Wait(until=again_at, why=f"step {step.id} failed; trying again")
        return Start(step=step, plan=plan, attempt=story.attempts + 1, approved=story.approved_hash == plan.hash)
    if step.on_failure is OnFailure.CONTINUE:
        return None
    return Done(status=RunStatus.FAILED, reason=f"step {step.id}: {story.reason}")


def _after_steps(run: RunbookRun, stories: Mapping[str, StepStory], whole: Mapping[JournalKind, JournalEntry]) -> Move:
    changed_at = [
        story.last_finished.at
        for step in run.runbook.steps
        if (story := stories[step.id]).last_finished is not None
        and story.plan is not None
        and story.last_finished.data.get("outcome") == Outcome.SUCCEEDED
        and risk_of(step, story.plan) is not Risk.READ
    ]
    if not changed_at or not run.signal_expr:
        return Done(status=RunStatus.SUCCEEDED, reason="every step is done")
    checked = whole.get(JournalKind.CHECKED)
    if checked is None:
        return Check(until=max(changed_at) + run.runbook.verify_within)
    if checked.data.get("signal") == "clear":
        return Done(status=RunStatus.SUCCEEDED, reason="every step is done and the original signal has recovered")
    return Done(status=RunStatus.FAILED, reason=str(checked.data.get("text", "the original signal has not recovered")))
