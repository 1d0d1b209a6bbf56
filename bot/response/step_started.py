"""A step runs: the intent is on the record, then the action happens, then its end is written down."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from bot.documents import format_duration
from bot.errors import IntegrationError, NotFound, TocsinError
from bot.model.actor import Actor
from bot.model.plan import ActionResult, Did, Outcome, Plan
from bot.model.run import ApprovalStatus, JournalKind, RunbookRun
from bot.model.runbook import Risk, Step
from bot.model.timeline import EntryKind
from bot.ports.actions import Action
from bot.ports.store import Tx
from bot.response import step_finished, told
from bot.response.offers import chosen
from bot.response.record import record
from bot.response.step_prepared import plan_of, refuse
from bot.response.world import LEASE, World
from bot.rights import Act, require
from bot.runbooks import machine
from bot.runbooks.journal import plan_to_json

_LOOK_AGAIN_S = 1.0
_FRESH_S = LEASE.total_seconds() / 4
"""What was written longer ago than this may have been overtaken."""


async def act(world: World, actor: Actor, run: RunbookRun, move: machine.Start | machine.Probe) -> None:
    """Acts, or finds out whether an earlier attempt did."""
    require(actor, Act.ACT, run.id, world.clock.now())
    try:
        _, action = chosen(world, actor, move.plan.action, move.plan.integration, run.source)
    except NotFound as gone:
        await _without(world, actor, run, move, gone)
        return
    if isinstance(move, machine.Probe):
        await step_finished.finish(world, actor, run, move, await _probed(world, action, move), probed=True)
        return
    if move.approved and await _voided(world, actor, run, move):
        return
    left = await _announce(world, actor, run, move)
    result = await _run(action, move.plan, move.step, left)
    await step_finished.finish(world, actor, run, move, result)


async def _without(
    world: World, actor: Actor, run: RunbookRun, move: machine.Start | machine.Probe, gone: NotFound
) -> None:
    """Nobody offers the action any more: it cannot begin, and whether it had begun cannot be found out."""
    if isinstance(move, machine.Start):
        await refuse(world, actor, run, move.step, gone)
    else:
        unknown = ActionResult(outcome=Outcome.UNKNOWN, summary=str(gone))
        await step_finished.finish(world, actor, run, move, unknown, probed=True)


async def _announce(world: World, actor: Actor, run: RunbookRun, move: machine.Start) -> timedelta:
    """Writes the intent down; what is then left of the step's time.

    A process that was stopped meanwhile first makes sure that the run is still its own.
    """
    loop = asyncio.get_running_loop()
    intended = began = loop.time()
    await world.store.write(lambda tx: _intend(tx, actor, run, move, world.clock.now()))
    while loop.time() - began > _FRESH_S:
        began = loop.time()
        await world.store.write(lambda tx: tx.runs.renew(run.id, epoch=run.epoch, lease=LEASE))
    return move.step.timeout - timedelta(seconds=loop.time() - intended)


def _intend(tx: Tx, actor: Actor, run: RunbookRun, move: machine.Start, now: datetime) -> None:
    """What is about to happen: on the audit record, in the journal and on the timeline, or it does not happen."""
    plan = move.plan
    record(
        tx, actor, Act.ACT, f"{run.id}/{move.step.id}", now,
        action=plan.action, plan=plan.hash, risk=str(plan.risk), targets=", ".join(plan.targets), summary=plan.summary,
    )  # fmt: skip
    told.note(
        tx, actor, run, JournalKind.INTENDED, now, step=move.step.id, attempt=move.attempt,
        data={"plan_hash": plan.hash},
    )  # fmt: skip
    if plan.risk is not Risk.READ:
        why = f"step {move.step.id} of {run.id}, attempt {move.attempt}"
        told.say(tx, actor, run, EntryKind.ACTION, f"runs now: {plan.summary}", now, why=why)


async def _run(action: Action, plan: Plan, step: Step, left: timedelta) -> ActionResult:
    """The action's end. Out of time, or out of touch, a change is UNKNOWN: it may have happened."""
    try:
        async with asyncio.timeout(left.total_seconds()):
            return await action.run(plan, left)
    except TimeoutError:
        return _unseen(plan, f"no end within {format_duration(step.timeout)}")
    except IntegrationError as error:
        return _unseen(plan, str(error))


def _unseen(plan: Plan, why: str) -> ActionResult:
    outcome = Outcome.FAILED if plan.risk is Risk.READ else Outcome.UNKNOWN
    return ActionResult(outcome=outcome, summary=why, temporary=True)


async def _probed(world: World, action: Action, move: machine.Probe) -> ActionResult:
    """What the probe says in the end: as long as the change may be under way, a no is asked again."""
    match await _looked_for(world, action, move):
        case Did.DID:
            return ActionResult(outcome=Outcome.SUCCEEDED, summary="it had run: the probe says so")
        case Did.DID_NOT:
            return ActionResult(outcome=Outcome.FAILED, summary="it had not run: the probe says so")
        case Did.UNKNOWN:
            return ActionResult(outcome=Outcome.UNKNOWN, summary="the probe cannot tell whether it ran")


async def _looked_for(world: World, action: Action, move: machine.Probe) -> Did:
    if action.probe is None:
        return Did.UNKNOWN
    found = await action.probe(move.plan)
    while found is Did.DID_NOT and world.clock.now() < move.until:
        await asyncio.sleep(_LOOK_AGAIN_S)
        found = await action.probe(move.plan)
    return found


async def _voided(world: World, actor: Actor, run: RunbookRun, move: machine.Start) -> bool:
    """Whether the world has moved on since people agreed: then the approval is void, and the new plan is asked for."""
    journal = await world.store.read(lambda tx: tx.runs.journal(run.id))
    try:
        fresh = await plan_of(world, actor, run, journal, move.step)
    except TocsinError as error:
        fresh, why = None, str(error)
    else:
        why = "what it would do has changed since it was approved"
    if fresh is not None and fresh.hash == move.plan.hash:
        return False
    await world.store.write(lambda tx: _void(tx, actor, run, move, fresh, why, world.clock.now()))
    return True


def _void(
    tx: Tx, actor: Actor, run: RunbookRun, move: machine.Start, fresh: Plan | None, why: str, now: datetime
) -> None:
    data = {"answer": "void", "plan_hash": move.plan.hash, "reason": why}
    told.note(tx, actor, run, JournalKind.ANSWERED, now, step=move.step.id, data=data)
    if fresh is None:
        told.note(tx, actor, run, JournalKind.REFUSED, now, step=move.step.id, data={"error": why})
    else:
        told.note(tx, actor, run, JournalKind.PLANNED, now, step=move.step.id, data={"plan": plan_to_json(fresh)})
    for approval in tx.approvals.of_run(run.id):
        if approval.step == move.step.id and approval.plan.hash == move.plan.hash:
            tx.approvals.put(replace(approval, status=ApprovalStatus.VOID, reason=why))
    told.say(tx, actor, run, EntryKind.APPROVAL, f"the approval of step {move.step.id} is void", now, why=why)
