"""People are asked: whether a step may run, or whether it did; and a question that nobody answered lapses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.model.actor import Actor
from bot.model.plan import Plan
from bot.model.run import Approval, ApprovalStatus, JournalEntry, JournalKind, Question, RunbookRun
from bot.model.runbook import ApprovalTerms
from bot.model.setup import Setup
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import told
from bot.response.carried import Carried
from bot.response.record import record
from bot.response.step_covered import covered
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import asking, moves, policy, templates
from bot.runbooks.journal import template_data, wanted_by

_UNENDING = timedelta(days=3650)
"""Whether something ran does not lapse: until a person says so, the run stands still."""


async def ask(world: World, actor: Actor, carried: Carried, move: moves.Question) -> None:
    """Writes ASKED, ASKED_IF_RAN, or the lapse of a question; nothing where somebody was quicker."""
    now, run, journal = world.clock.now(), carried.run, carried.journal
    require(actor, Act.CARRY_RUN, run.id, now)
    covers = await covered(world, actor, run, journal, move)

    await carried.write(lambda tx: _keep(tx, world.setup, actor, run, journal, move, covers, now))


def _keep(
    tx: Tx,
    setup: Setup,
    actor: Actor,
    run: RunbookRun,
    journal: Sequence[JournalEntry],
    move: moves.Question,
    covers: Mapping[str, Plan],
    now: datetime,
) -> None:
    match move:
        case moves.Ask() | moves.AskWhat():
            _ask(tx, setup, actor, run, journal, move, covers, now)
        case moves.AskIfItRan():
            _did_it_run(tx, actor, run, journal, move, now)
        case moves.Expire():
            _lapse(tx, actor, run, move, now)


def _ask(
    tx: Tx,
    setup: Setup,
    actor: Actor,
    run: RunbookRun,
    journal: Sequence[JournalEntry],
    move: moves.Ask | moves.AskWhat,
    covers: Mapping[str, Plan],
    now: datetime,
) -> None:
    terms = policy.terms_for(move.step, move.plan) or ApprovalTerms()
    if isinstance(move, moves.AskWhat):
        terms = replace(terms, count=1)  # the first answer is the answer
    approval = replace(
        _approval(tx, run, journal, move, terms, now),
        ask=_question(run, journal, terms, move),
        question=Question.MAY_IT_RUN if isinstance(move, moves.Ask) else Question.WHAT,
        wants=() if isinstance(move, moves.Ask) else asking.wants(move.plan),
        covers=tuple(covers.values()),
    )
    tx.approvals.put(approval)
    text, shown = approval.ask, {step: plan.hash for step, plan in covers.items()}
    data = {
        "covers": shown,
        "approval": approval.id,
        "plan_hash": move.plan.hash,
        "expires_at": approval.expires_at.isoformat(),
        "count": approval.count,
        "by": approval.by,
        "ask": text,
    }
    told.note(tx, actor, run, JournalKind.ASKED, now, step=move.step.id, data=data)
    why = f"{move.plan.risk} on {', '.join(move.plan.targets)}: {move.plan.summary}{_also(covers)}"
    told.say(tx, actor, run, EntryKind.APPROVAL, f"{approval.id} asks: {text}", now, why=why)
    _warn(tx, setup, actor, run, approval, now)


def _also(covers: Mapping[str, Plan]) -> str:
    return "".join(f"; and then {plan.summary}" for plan in covers.values())


def _warn(tx: Tx, setup: Setup, actor: Actor, run: RunbookRun, approval: Approval, now: datetime) -> None:
    """A question that too few people could answer is said to be one, while there is time to do something about it."""
    could = policy.could_answer(approval, setup.people)
    if len(could) < approval.count:
        why = f"it needs {approval.count} with the role {approval.by!r}: {', '.join(could) or 'nobody'} could"
        told.say(tx, actor, run, EntryKind.APPROVAL, f"too few people can answer {approval.id}", now, why=why)


def _question(
    run: RunbookRun, journal: Sequence[JournalEntry], terms: ApprovalTerms, move: moves.Ask | moves.AskWhat
) -> str:
    if isinstance(move, moves.AskWhat):
        return str(move.plan.params["question"])
    fallback = f"{move.step.title}: {move.plan.summary}?"
    try:
        return templates.render(terms.ask, template_data(run, journal)) or fallback
    except templates.TemplateFailed:
        # a question's wording must never stop a run; the plan itself says everything
        return fallback


def _did_it_run(
    tx: Tx, actor: Actor, run: RunbookRun, journal: Sequence[JournalEntry], move: moves.AskIfItRan, now: datetime
) -> None:
    terms = replace(policy.terms_for(move.step, move.plan) or ApprovalTerms(), count=1, expires=_UNENDING)
    text = f"step {move.step.id} was begun and its end was not seen: did it run? ({move.plan.summary})"
    approval = replace(_approval(tx, run, journal, move, terms, now), ask=text, question=Question.DID_IT_RUN)
    tx.approvals.put(approval)
    data = {"approval": approval.id}
    told.note(tx, actor, run, JournalKind.ASKED_IF_RAN, now, step=move.step.id, attempt=move.attempt, data=data)
    told.say(
        tx, actor, run, EntryKind.APPROVAL, f"{approval.id} asks: {text}", now, why="it is not safe to repeat blindly"
    )


def _approval(
    tx: Tx,
    run: RunbookRun,
    journal: Sequence[JournalEntry],
    move: moves.Ask | moves.AskWhat | moves.AskIfItRan,
    terms: ApprovalTerms,
    now: datetime,
) -> Approval:
    return Approval(
        id=tx.approvals.next_id(),
        run=run.id,
        step=move.step.id,
        incident=run.incident,
        question=Question.MAY_IT_RUN,
        ask="",
        plan=move.plan,
        by=terms.by,
        count=terms.count,
        asked_at=now,
        expires_at=now + terms.expires,
        requested_by=wanted_by(run, move.step, journal),
    )


def _lapse(tx: Tx, actor: Actor, run: RunbookRun, move: moves.Expire, now: datetime) -> None:
    approval = next(one for one in tx.approvals.of_run(run.id) if one.id == move.approval)
    tx.approvals.put(replace(approval, status=ApprovalStatus.EXPIRED, answered_at=now))
    data = {"answer": "expired", "plan_hash": approval.plan.hash, "reason": "nobody answered in time"}
    told.note(tx, actor, run, JournalKind.ANSWERED, now, step=move.step.id, data=data)
    record(tx, actor, Act.CARRY_RUN, approval.id, now, lapsed=approval.ask)
    told.say(tx, actor, run, EntryKind.APPROVAL, f"{approval.id} lapsed: nobody answered in time", now)
