"""A person answers: approves or rejects one exact plan, or says whether an action had its effect."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.errors import Conflict, NotAllowed
from bot.model.actor import Actor, ActorKind, Person
from bot.model.ids import ApprovalId
from bot.model.run import Approval, ApprovalStatus, JournalKind, Question
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import output_heard, told
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import asking, policy

_WANTED = {
    Question.MAY_IT_RUN: "answer approve or reject",
    Question.DID_IT_RUN: "answer did or did_not",
    Question.WHAT: "give the values it wants",
}


_MAY_ANSWER = {True: (Question.MAY_IT_RUN,), False: (Question.MAY_IT_RUN, Question.WHAT)}
"""By whether the answer is yes: to a question of the runbook's own one can only say no in this way."""


async def answer(
    world: World, actor: Actor, approval_id: ApprovalId, *, approve: bool, reason: str = "", plan_hash: str = ""
) -> Approval:
    """Approves or rejects. Conflict when `plan_hash` is given and the approval is about another plan by now."""

    def keep(tx: Tx) -> Approval:
        now = world.clock.now()
        approval = _open(tx, actor, approval_id, _MAY_ANSWER[approve], now)
        if plan_hash and plan_hash != approval.plan.hash:
            raise Conflict(f"approval {approval_id} is about another plan than the one you saw")
        if not approve:
            return _rejected(tx, actor, approval, reason, now)
        alone = _alone(actor, approval, world.setup.people)
        return _approved(tx, actor, approval, reason or alone, now)

    answered = await world.store.write(keep)
    world.nudge()
    return answered


async def answer_if_ran(
    world: World, actor: Actor, approval_id: ApprovalId, *, did: bool, reason: str = ""
) -> Approval:
    """Says whether a step that nobody saw end had its effect."""

    def keep(tx: Tx) -> Approval:
        now = world.clock.now()
        approval = _open(tx, actor, approval_id, (Question.DID_IT_RUN,), now)
        run = tx.runs.get(approval.run)
        if not did and _was_agreed_to(tx, approval):  # it would begin once more, by the same yes
            _alone(actor, approval, world.setup.people)
        word = "it ran" if did else "it did not run"
        asked = next(entry for entry in reversed(tx.runs.journal(run.id)) if entry.data.get("approval") == approval.id)
        data: dict[str, Any] = {  # Any: plain JSON
            "outcome": "succeeded" if did else "failed",
            "summary": f"{actor.name} says {word}",
            "did_not_run": not did,
            "value": {},
            "text": output_heard.left(tx, actor, run.id, approval.step, asked.attempt, now),
        }
        tx.outputs.drop(run.id, approval.step)
        record(tx, actor, Act.APPROVE, approval.id, now, answer=word, reason=reason)
        told.note(
            tx, actor, run, JournalKind.ANSWERED_IF_RAN, now, step=approval.step, attempt=asked.attempt,
            data={"did": "did" if did else "did_not"}, fenced=False,
        )  # fmt: skip
        told.note(
            tx, actor, run, JournalKind.FINISHED, now, step=approval.step, attempt=asked.attempt, data=data,
            fenced=False,
        )  # fmt: skip
        told.say(
            tx, actor, run, EntryKind.APPROVAL, f"{actor.name} says of step {approval.step}: {word}", now, why=reason
        )
        return _settle(tx, actor, approval, ApprovalStatus.APPROVED, reason, now)

    answered = await world.store.write(keep)
    world.nudge()
    return answered


async def answer_what(
    world: World, actor: Actor, approval_id: ApprovalId, values: Mapping[str, str], *, reason: str = ""
) -> Approval:
    """Answers a question of the runbook's own; NotAllowed when the answers are not what it wants."""

    def keep(tx: Tx) -> Approval:
        now = world.clock.now()
        approval = _open(tx, actor, approval_id, (Question.WHAT,), now)
        given = asking.answers(approval, values)
        run, said = tx.runs.get(approval.run), ", ".join(f"{name}={value}" for name, value in given.items())
        record(tx, actor, Act.APPROVE, approval.id, now, answer=said, reason=reason)
        data = {"outcome": "succeeded", "summary": f"{actor.name} answers {said}", "value": given}
        told.note(tx, actor, run, JournalKind.FINISHED, now, step=approval.step, data=data, fenced=False)
        told.say(tx, actor, run, EntryKind.APPROVAL, f"{approval.id} answered by {actor.name}: {said}", now, why=reason)
        return _settle(tx, actor, approval, ApprovalStatus.APPROVED, reason, now)

    answered = await world.store.write(keep)
    world.nudge()
    return answered


def _open(tx: Tx, actor: Actor, approval_id: ApprovalId, questions: Collection[Question], now: datetime) -> Approval:
    approval = tx.approvals.get(approval_id)
    require(actor, Act.APPROVE, approval, now)
    if approval.question not in questions:
        raise Conflict(f"approval {approval_id} wants another answer", hint=_WANTED[approval.question])
    return approval


def _rejected(tx: Tx, actor: Actor, approval: Approval, reason: str, now: datetime) -> Approval:
    run = tx.runs.get(approval.run)
    data = {"answer": "reject", "plan_hash": approval.plan.hash, "reason": reason or f"rejected by {actor.name}"}
    record(tx, actor, Act.APPROVE, approval.id, now, answer="reject", plan=approval.plan.hash, reason=reason)
    told.note(tx, actor, run, JournalKind.ANSWERED, now, step=approval.step, data=data, fenced=False)
    told.say(tx, actor, run, EntryKind.APPROVAL, f"{approval.id} rejected by {actor.name}", now, why=reason)
    return _settle(tx, actor, approval, ApprovalStatus.REJECTED, reason, now)


def _approved(tx: Tx, actor: Actor, approval: Approval, reason: str, now: datetime) -> Approval:
    run = tx.runs.get(approval.run)
    given = replace(approval, given_by=(*approval.given_by, actor.name))
    count = f"{len(given.given_by)} of {given.count}"
    record(tx, actor, Act.APPROVE, approval.id, now, answer="approve", plan=approval.plan.hash, reason=reason)
    told.say(tx, actor, run, EntryKind.APPROVAL, f"{approval.id} approved by {actor.name} ({count})", now, why=reason)
    if len(given.given_by) < given.count:
        tx.approvals.put(given)
        return given
    data = {"answer": "approve", "plan_hash": approval.plan.hash, "by": list(given.given_by)}
    told.note(tx, actor, run, JournalKind.ANSWERED, now, step=approval.step, data=data, fenced=False)
    return _settle(tx, actor, given, ApprovalStatus.APPROVED, reason, now)


def _settle(tx: Tx, actor: Actor, approval: Approval, status: ApprovalStatus, reason: str, now: datetime) -> Approval:
    settled = replace(approval, status=status, answered_at=now, answered_by=actor.name, reason=reason)
    tx.approvals.put(settled)
    tx.runs.wake(approval.run, now)
    return settled


def _was_agreed_to(tx: Tx, approval: Approval) -> bool:
    """Whether it began by a yes: what goes unasked begins once more unasked."""
    asked = [one for one in tx.approvals.of_run(approval.run) if one.question is Question.MAY_IT_RUN]
    given = [one for one in asked if one.status is ApprovalStatus.APPROVED]
    return any(approval.plan.hash in {plan.hash for plan in (one.plan, *one.covers)} for one in given)


def _alone(actor: Actor, approval: Approval, people: Mapping[str, Person]) -> str:
    """NotAllowed for whoever wants the change, where somebody else could let it run; what to say where nobody could."""
    wanted = approval.requested_by
    if wanted.kind is not ActorKind.PERSON or wanted.name != actor.name:
        return ""
    others = policy.could_answer(approval, people)
    what = "approve" if approval.question is Question.MAY_IT_RUN else "answer"
    if actor.name not in others:
        raise NotAllowed(
            f"{actor.name} began this run, so somebody else must {what} {approval.id}", hint=f"ask {', '.join(others)}"
        )
    return f"nobody else holds the role {approval.by!r}, so {actor.name} approves what they began"
