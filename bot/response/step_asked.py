"""People are asked: whether a step may run, or whether it did; and a question that nobody answered lapses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.model.actor import Actor
from bot.model.plan import Plan
from bot.model.run import Approval, ApprovalStatus, JournalEntry, JournalKind, Question, RunbookRun
from bot.model.runbook import ApprovalTerms, Step
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import told
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import machine, policy, templates
from bot.runbooks.journal import template_data

_UNENDING = timedelta(days=3650)
"""Whether something ran does not lapse: until a person says so, the run stands still."""


async def ask(
    world: World,
    actor: Actor,
    run: RunbookRun,
    journal: Sequence[JournalEntry],
    move: machine.Ask | machine.AskIfItRan | machine.Expire,
) -> None:
    """Writes ASKED, ASKED_IF_RAN, or the lapse of a question."""
    now = world.clock.now()
    require(actor, Act.CARRY_RUN, run.id, now)
    match move:
        case machine.Ask():
            await world.store.write(lambda tx: _may_it_run(tx, actor, run, journal, move, now))
        case machine.AskIfItRan():
            await world.store.write(lambda tx: _did_it_run(tx, actor, run, move, now))
        case machine.Expire():
            await world.store.write(lambda tx: _lapse(tx, actor, run, move, now))


def _may_it_run(
    tx: Tx, actor: Actor, run: RunbookRun, journal: Sequence[JournalEntry], move: machine.Ask, now: datetime
) -> None:
    terms = policy.terms_for(move.step, move.plan) or ApprovalTerms()
    text = _question(run, journal, terms, move)
    approval = _approval(tx, run, move.step, move.plan, Question.MAY_IT_RUN, terms, text, now)
    data = {
        "approval": approval.id,
        "plan_hash": move.plan.hash,
        "expires_at": approval.expires_at.isoformat(),
        "count": approval.count,
        "by": approval.by,
        "ask": text,
    }
    told.note(tx, actor, run, JournalKind.ASKED, now, step=move.step.id, data=data)
    why = f"{move.plan.risk} on {', '.join(move.plan.targets)}: {move.plan.summary}"
    told.say(tx, actor, run, EntryKind.APPROVAL, f"{approval.id} asks: {text}", now, why=why)


def _question(run: RunbookRun, journal: Sequence[JournalEntry], terms: ApprovalTerms, move: machine.Ask) -> str:
    fallback = f"{move.step.title}: {move.plan.summary}?"
    try:
        return templates.render(terms.ask, template_data(run, journal)) or fallback
    except templates.TemplateFailed:
        # a question's wording must never stop a run; the plan itself says everything
        return fallback


def _did_it_run(tx: Tx, actor: Actor, run: RunbookRun, move: machine.AskIfItRan, now: datetime) -> None:
    terms = replace(policy.terms_for(move.step, move.plan) or ApprovalTerms(), count=1, expires=_UNENDING)
    text = f"step {move.step.id} was begun and its end was not seen: did it run? ({move.plan.summary})"
    approval = _approval(tx, run, move.step, move.plan, Question.DID_IT_RUN, terms, text, now)
    data = {"approval": approval.id}
    told.note(tx, actor, run, JournalKind.ASKED_IF_RAN, now, step=move.step.id, attempt=move.attempt, data=data)
    told.say(
        tx, actor, run, EntryKind.APPROVAL, f"{approval.id} asks: {text}", now, why="it is not safe to repeat blindly"
    )


def _approval(
    tx: Tx,
    run: RunbookRun,
    step: Step,
    plan: Plan,
    question: Question,
    terms: ApprovalTerms,
    text: str,
    now: datetime,
) -> Approval:
    approval = Approval(
        id=tx.approvals.next_id(),
        run=run.id,
        step=step.id,
        incident=run.incident,
        question=question,
        ask=text,
        plan=plan,
        by=terms.by,
        count=terms.count,
        asked_at=now,
        expires_at=now + terms.expires,
        requested_by=run.started_by,
    )
    tx.approvals.put(approval)
    return approval


def _lapse(tx: Tx, actor: Actor, run: RunbookRun, move: machine.Expire, now: datetime) -> None:
    approval = next(one for one in tx.approvals.of_run(run.id) if one.id == move.approval)
    tx.approvals.put(replace(approval, status=ApprovalStatus.EXPIRED, answered_at=now))
    data = {"answer": "expired", "plan_hash": approval.plan.hash, "reason": "nobody answered in time"}
    told.note(tx, actor, run, JournalKind.ANSWERED, now, step=move.step.id, data=data)
    record(tx, actor, Act.CARRY_RUN, approval.id, now, lapsed=approval.ask)
    told.say(tx, actor, run, EntryKind.APPROVAL, f"{approval.id} lapsed: nobody answered in time", now)
