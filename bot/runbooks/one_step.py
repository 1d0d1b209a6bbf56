"""The next move of one step, from its story alone: planned, agreed to, begun, tried again, found out about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.model.automation import Autonomy
from bot.model.plan import Plan
from bot.model.run import JournalEntry, RunStatus, StepStatus
from bot.model.runbook import OnFailure, Retry, Risk, Step
from bot.runbooks.moves import (
    ENDING,
    Ask,
    AskIfItRan,
    AskWhat,
    Done,
    Expire,
    Move,
    Observe,
    Prepare,
    Probe,
    Start,
    Wait,
)
from bot.runbooks.policy import risk_of, terms_for
from bot.runbooks.story import StepStory

ASK = "ask"
"""The step that asks people a question of the runbook's own."""
MAX_LOST = 5
"""A step that was begun so often and nobody saw end is given up: it may be what kills us."""
LONGEST_REST = timedelta(days=1)
"""Between two tries, however often a step has failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """What a step is allowed: until when, how far by itself, and which plans people agreed to with another one.

    `covers` are the hashes of these plans, by step.
    """

    until: datetime
    autonomy: Autonomy = Autonomy.SUGGEST
    covers: Mapping[str, str] = field(default_factory=dict)


def move(step: Step, story: StepStory, leave: Leave, now: datetime) -> Move | None:
    """The move this step needs, or None when it is over and the run may go on."""
    if story.unsettled and story.status is not StepStatus.REJECTED:
        return find_out(step, story, leave, now)
    match story.status:
        case StepStatus.SUCCEEDED | StepStatus.SKIPPED:
            return None
        case StepStatus.REJECTED:
            return Done(status=RunStatus.REJECTED, reason=f"step {step.id}: {story.reason}")
        case StepStatus.FAILED:
            return _after_failure(step, story, leave, now)
        case _:
            return _late(step) if now >= leave.until else _toward_start(step, story, leave, now)


def find_out(step: Step, story: StepStory, leave: Leave, now: datetime) -> Move:
    """An attempt began and its end was not seen."""
    plan, over = story.plan, over_at(step, story.began_at or now)
    if plan is None or is_lost(story):
        reason = f"step {step.id} was begun {story.lost + 1} times, and nobody saw it end"
        return Done(status=RunStatus.FAILED, reason=reason, given_up=True)
    if plan.repeatable:
        if now >= leave.until:
            return _late(step) if now >= over else Wait(until=over, why=f"step {step.id} may still be under way")
        return _toward_start(step, story, leave, now)
    if story.asked_if_ran is not None:
        return Wait(until=None, why=f"step {step.id}: a person must say whether it ran")
    if plan.can_probe and not story.probed:
        return Probe(step=step, plan=plan, attempt=story.attempts, until=over)
    if now < over:
        return Wait(until=over, why=f"step {step.id} may still be under way; then a person must say whether it ran")
    return AskIfItRan(step=step, plan=plan, attempt=story.attempts)


def is_lost(story: StepStory) -> bool:
    """Whether the step was begun so often without an end that was seen that it is given up."""
    return story.unsettled and story.lost + 1 >= MAX_LOST


def over_at(step: Step, began_at: datetime) -> datetime:
    """When an attempt is over for certain, whatever became of the process that began it."""
    return began_at + step.timeout + ENDING


def _toward_start(step: Step, story: StepStory, leave: Leave, now: datetime) -> Move:
    plan = story.plan
    if plan is None:
        return Prepare(step=step)
    if story.asked is not None:
        return _await_answer(step, story.asked, now)
    if step.uses == ASK:
        return AskWhat(step=step, plan=plan)
    if leave.autonomy is Autonomy.OBSERVE and risk_of(step, plan) is not Risk.READ:
        return Observe(step=step, plan=plan)
    if terms_for(step, plan, leave.autonomy) is None or _is_approved(step, plan, story, leave):
        return _start(step, plan, story, leave)
    return Ask(step=step, plan=plan)


def _is_approved(step: Step, plan: Plan, story: StepStory, leave: Leave) -> bool:
    agreed = {story.approved_hash, leave.covers.get(step.id, "")} - {""}
    return bool(agreed) and plan.hash in agreed


def _start(step: Step, plan: Plan, story: StepStory, leave: Leave) -> Start:
    approved = _is_approved(step, plan, story, leave)
    return Start(step=step, plan=plan, attempt=story.attempts + 1, approved=approved)


def _await_answer(step: Step, asked: JournalEntry, now: datetime) -> Move:
    expires_at = datetime.fromisoformat(str(asked.data["expires_at"]))
    if now >= expires_at:
        return Expire(step=step, approval=str(asked.data["approval"]))
    return Wait(until=expires_at, why=f"step {step.id} waits for an answer to {asked.data['approval']}")


def _after_failure(step: Step, story: StepStory, leave: Leave, now: datetime) -> Move | None:
    last = story.last_finished
    if last is not None and _may_try_again(step, story) and now < leave.until:
        again_at = last.at + _rest(step.retry, story.failures)
        if now < again_at:
            return Wait(until=min(again_at, leave.until), why=f"step {step.id} failed; trying again")
        return _toward_start(step, story, leave, now)
    if step.on_failure is OnFailure.CONTINUE:
        return None
    return Done(status=RunStatus.FAILED, reason=f"step {step.id}: {story.reason}")


def _may_try_again(step: Step, story: StepStory) -> bool:
    repeatable = story.plan is not None and story.plan.repeatable
    return story.failures < step.retry.attempts and (repeatable or not story.is_final)


def _rest(retry: Retry, failures: int) -> timedelta:
    seconds = retry.wait.total_seconds() * retry.backoff ** (failures - 1)
    return timedelta(seconds=min(seconds, LONGEST_REST.total_seconds()))


def _late(step: Step) -> Done:
    return Done(status=RunStatus.FAILED, reason=f"the run's time was over before step {step.id}")
