"""A step is about to begin: in one transaction it is decided again whether it may, and the intent is on the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.model.actor import Actor
from bot.model.automation import Autonomy
from bot.model.plan import Plan
from bot.model.run import ApprovalStatus, JournalEntry, JournalKind, RunbookRun, RunStatus
from bot.model.runbook import Risk
from bot.model.setup import Setup
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import run_family, told
from bot.response.record import record
from bot.rights import Act, require
from bot.runbooks import agreed, limits, machine, moves
from bot.runbooks.journal import story_of
from bot.runbooks.planned import plan_to_json
from bot.runbooks.policy import risk_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The intent is written down: act. `run` is as it then is."""

    run: RunbookRun


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBegun:
    """Nothing has begun. `resting` is the run as it was put down, where it has to wait; None: decide again."""

    resting: RunbookRun | None = None


def begin(
    tx: Tx,
    setup: Setup,
    actor: Actor,
    run: RunbookRun,
    journal: Sequence[JournalEntry],
    move: moves.Start,
    now: datetime,
) -> Begun | NotBegun:
    """Writes INTENDED, or why not: what was decided may be too late, agreed to in vain, held, or refused.

    `journal` is the run's, as it is in this transaction.
    """
    require(actor, Act.ACT, run.id, now)
    if not _still_next(machine.next_move(run, journal, now), move):
        return NotBegun()
    lost = _lost(tx, setup, actor, run, move)
    if lost is not None:
        _lower(tx, actor, run, lost, now)
        return NotBegun()
    why = _void_because(tx, setup, run, move, now)
    if why:
        void(tx, actor, run, move, move.plan, why, now)
        return NotBegun()
    return _guarded(tx, setup, actor, run, journal, move, now)


def _guarded(
    tx: Tx,
    setup: Setup,
    actor: Actor,
    run: RunbookRun,
    journal: Sequence[JournalEntry],
    move: moves.Start,
    now: datetime,
) -> Begun | NotBegun:
    standing = _standing(tx, setup, actor, run, move, journal, now)
    match limits.guard(run, move.step, move.plan, setup.automation, standing, now):
        case limits.Hold() as hold:
            return NotBegun(resting=_hold(tx, actor, run, move, journal, hold, now))
        case limits.Refuse(why=never):
            _refuse(tx, actor, run, move, never, now)
            return NotBegun()
        case limits.Go():
            return Begun(run=_intend(tx, actor, run, move, now))


def void(tx: Tx, actor: Actor, run: RunbookRun, move: moves.Start, plan: Plan | None, why: str, now: datetime) -> None:
    """What people agreed to no longer holds. `plan` is what would be done now, and is asked for next; None: nothing."""
    require(actor, Act.CARRY_RUN, run.id, now)
    if move.approved:
        _take_back_yes(tx, actor, run, move, why, now)
    if plan is None:
        told.note(tx, actor, run, JournalKind.REFUSED, now, step=move.step.id, data={"error": why})
    elif plan.hash != move.plan.hash:
        told.note(tx, actor, run, JournalKind.PLANNED, now, step=move.step.id, data={"plan": plan_to_json(plan)})


def _take_back_yes(tx: Tx, actor: Actor, run: RunbookRun, move: moves.Start, why: str, now: datetime) -> None:
    data = {"answer": "void", "plan_hash": move.plan.hash, "reason": why}
    told.note(tx, actor, run, JournalKind.ANSWERED, now, step=move.step.id, data=data)
    for approval in tx.approvals.of_run(run.id):
        if approval.step == move.step.id and approval.plan.hash == move.plan.hash:
            tx.approvals.put(replace(approval, status=ApprovalStatus.VOID, reason=why))
    told.say(tx, actor, run, EntryKind.APPROVAL, f"the approval of step {move.step.id} is void", now, why=why)


def _still_next(decided: moves.Move, move: moves.Start) -> bool:
    return (
        isinstance(decided, moves.Start)
        and (decided.step.id, decided.attempt, decided.approved) == (move.step.id, move.attempt, move.approved)
        and (decided.plan is move.plan or decided.plan.hash == move.plan.hash)
    )


def _void_because(tx: Tx, setup: Setup, run: RunbookRun, move: moves.Start, now: datetime) -> str:
    if not move.approved:
        return ""
    return agreed.void_because(tx.approvals.of_run(run.id), move.step, move.plan, setup.people, now)


def _lost(tx: Tx, setup: Setup, actor: Actor, run: RunbookRun, move: moves.Start) -> Autonomy | None:
    """What a run may do by itself by now, where it is about to change something unasked and may not any more."""
    if move.approved or risk_of(move.step, move.plan) is Risk.READ:
        return None
    has = run_family.trusted(tx, setup, actor, run)
    return has if has is not Autonomy.AUTO else None


def _lower(tx: Tx, actor: Actor, run: RunbookRun, has: Autonomy, now: datetime) -> None:
    why = f"{run.runbook.name} may do no more than {has} by now"
    told.note(tx, actor, run, JournalKind.LOWERED, now, data={"autonomy": str(has), "reason": why})
    told.say(tx, actor, run, EntryKind.RUNBOOK, f"{run.id} goes no further by itself", now, why=why)


def _standing(
    tx: Tx,
    setup: Setup,
    actor: Actor,
    run: RunbookRun,
    move: moves.Start,
    journal: Sequence[JournalEntry],
    now: datetime,
) -> limits.Standing:
    pause, locked = tx.automation.pause(), _locked(tx, run)
    if risk_of(move.step, move.plan) is Risk.READ:
        return limits.Standing(pause=pause, ahead=_ahead(tx, actor, run, locked, ()))
    standing = replace(run, changed_at=tx.runs.get(run.id).changed_at)
    return limits.Standing(
        pause=pause,
        intervals=setup.time_intervals,
        ahead=_ahead(tx, actor, standing, locked, _at_service(tx, setup, run)),
        changed_lately=0 if standing.changed_at else tx.runs.changed_since(now - limits.HOUR),
        targets=run_family.touched(tx, actor, run, journal),
    )


def _locked(tx: Tx, run: RunbookRun) -> Sequence[RunbookRun]:
    return tx.runs.under_way(lock=run.lock) if run.lock else ()


def _at_service(tx: Tx, setup: Setup, run: RunbookRun) -> Sequence[RunbookRun]:
    wanted = run.service and setup.automation.limits.per_service
    return tx.runs.under_way(service=run.service) if wanted else ()


def _ahead(
    tx: Tx, actor: Actor, run: RunbookRun, locked: Sequence[RunbookRun], at_service: Sequence[RunbookRun]
) -> RunbookRun | None:
    if all(one.id == run.id for one in (*locked, *at_service)):
        return None
    busy = {one.run for one in tx.automation.in_flight()}
    above = {one.id for one in run_family.above(tx, actor, run)}
    return limits.ahead(run, locked, at_service, above, busy)


def _hold(
    tx: Tx,
    actor: Actor,
    run: RunbookRun,
    move: moves.Start,
    journal: Sequence[JournalEntry],
    hold: limits.Hold,
    now: datetime,
) -> RunbookRun:
    """Puts the run down until it is worth looking again; said once, for as long as the reason stays the same."""
    held = story_of(move.step, journal).held
    if held is None or held.data.get("reason") != hold.why:
        data = {"reason": hold.why, "until": hold.until.isoformat()}
        told.note(tx, actor, run, JournalKind.HELD, now, step=move.step.id, data=data)
        told.say(tx, actor, run, EntryKind.RUNBOOK, f"step {move.step.id} of {run.id} is held", now, why=hold.why)
    resting = replace(run, status=RunStatus.WAITING, wake_at=hold.until)
    tx.runs.release(resting, epoch=run.epoch)
    return resting


def _refuse(tx: Tx, actor: Actor, run: RunbookRun, move: moves.Start, why: str, now: datetime) -> None:
    told.note(tx, actor, run, JournalKind.REFUSED, now, step=move.step.id, data={"error": why})
    told.say(tx, actor, run, EntryKind.RUNBOOK, f"step {move.step.id} of {run.id} is refused", now, why=why)


def _intend(tx: Tx, actor: Actor, run: RunbookRun, move: moves.Start, now: datetime) -> RunbookRun:
    """What is about to happen: on the audit record, in the journal and on the timeline, or it does not happen."""
    plan, plan_hash = move.plan, move.plan.hash
    record(
        tx, actor, Act.ACT, f"{run.id}/{move.step.id}", now,
        action=plan.action, plan=plan_hash, risk=str(plan.risk), targets=", ".join(plan.targets), summary=plan.summary,
    )  # fmt: skip
    told.note(
        tx, actor, run, JournalKind.INTENDED, now, step=move.step.id, attempt=move.attempt,
        data={"plan_hash": plan_hash, "summary": plan.summary},
    )  # fmt: skip
    if risk_of(move.step, plan) is Risk.READ:
        return run
    tx.runs.mark_changed(run.id, now, epoch=run.epoch)
    why = f"step {move.step.id} of {run.id}, attempt {move.attempt}"
    told.say(tx, actor, run, EntryKind.ACTION, f"runs now: {plan.summary}", now, why=why)
    return replace(run, changed_at=run.changed_at or now)
