"""A step runs: the intent is on the record, then the action happens, then its end is written down."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

from bot.documents import format_duration
from bot.errors import IntegrationError, NotFound, TocsinError
from bot.model.actor import Actor
from bot.model.plan import ActionResult, Did, Outcome, Plan
from bot.model.run import RunbookRun
from bot.model.runbook import Risk
from bot.ports import in_turn
from bot.ports.actions import Action, Say
from bot.response import run_cancelled, step_finished
from bot.response.carried import Carried
from bot.response.offers import carried_out, chosen
from bot.response.output_heard import hearing
from bot.response.step_begun import Begun, NotBegun, begin, void
from bot.response.step_prepared import plan_of, refuse
from bot.response.world import RUN_LEASE, World
from bot.rights import Act, require
from bot.runbooks import moves
from bot.runbooks.journal import story_of

_LOOK_AGAIN_S = 1.0
_FRESH_S = RUN_LEASE.total_seconds() / 4
"""What was written longer ago than this may have been overtaken."""


async def act(world: World, actor: Actor, carried: Carried, move: moves.Start | moves.Probe) -> RunbookRun | None:
    """Acts, or finds out whether an earlier attempt did. The run where it has to wait; None: there is more to do."""
    run = carried.run
    require(actor, Act.ACT, run.id, world.clock.now())
    try:
        _, action = chosen(world, actor, move.plan.action, move.plan.integration, run.source)
    except NotFound as gone:
        await _without(world, actor, carried, move, gone)
        return None
    if isinstance(move, moves.Probe):
        await carried.settle()
        await step_finished.finish(world, actor, carried, move, await _probed(world, action, move), probed=True)
        return None
    return await _start(world, actor, carried, move, action)


async def _start(world: World, actor: Actor, carried: Carried, move: moves.Start, action: Action) -> RunbookRun | None:
    # what was agreed to, or had to wait, is planned anew: the world may have moved on meanwhile
    waited = move.approved or story_of(move.step, carried.journal).held is not None
    if waited and await _voided(world, actor, carried, move):
        return None
    begun, left = await _announce(world, actor, carried, move)
    if not isinstance(begun, Begun):
        return begun.resting if begun is not None else None
    carried.run = begun.run
    async with hearing(world, actor, carried.run, move.step.id, move.attempt) as heard:
        result = await _run(world, actor, carried.run, action, move, left, heard.say)
    spoke = heard.spoke or move.attempt > 1
    await step_finished.finish(world, actor, carried, move, heard.ended(result), spoke=spoke)
    return None


async def _without(
    world: World, actor: Actor, carried: Carried, move: moves.Start | moves.Probe, gone: NotFound
) -> None:
    """Nobody offers the action any more: it cannot begin, and whether it had begun cannot be found out."""
    if isinstance(move, moves.Start):
        await refuse(world, actor, carried, move.step, gone)
    else:
        unknown = ActionResult(outcome=Outcome.UNKNOWN, summary=str(gone))
        await step_finished.finish(world, actor, carried, move, unknown, probed=True)


async def _announce(
    world: World, actor: Actor, carried: Carried, move: moves.Start
) -> tuple[Begun | NotBegun | None, timedelta]:
    """Writes the intent down, if the step may begin; and what is then left of its time. None: decide again.

    A process that was stopped meanwhile first makes sure that the run is still its own.
    """
    loop, run, journal = asyncio.get_running_loop(), carried.run, carried.journal
    intended = began = loop.time()
    now = world.clock.now
    decided = await carried.write(lambda tx: begin(tx, world.setup, actor, run, journal, move, now()))
    while isinstance(decided, Begun) and loop.time() - began > _FRESH_S:
        began = loop.time()
        await world.store.write(lambda tx: tx.runs.renew(run.id, epoch=run.epoch, lease=RUN_LEASE))
    return decided, move.step.timeout - timedelta(seconds=loop.time() - intended)


async def _run(
    world: World, actor: Actor, run: RunbookRun, action: Action, move: moves.Start, left: timedelta, say: Say
) -> ActionResult:
    """The action's end. Out of time, or out of touch, a change is UNKNOWN: it may have happened."""
    plan, step = move.plan, move.step
    why_not_on = partial(run_cancelled.why_not_on, world, actor, run)
    try:
        with in_turn.asking(why_not_on):
            async with asyncio.timeout(left.total_seconds()):
                acting = carried_out(world, actor, action, plan, left, say)
                return await (run_cancelled.cut_short(world, actor, run, acting) if plan.risk is Risk.READ else acting)
    except TimeoutError:
        return _unseen(plan, f"no end within {format_duration(step.timeout)}")
    except IntegrationError as error:
        return _unseen(plan, str(error))


def _unseen(plan: Plan, why: str) -> ActionResult:
    outcome = Outcome.FAILED if plan.risk is Risk.READ else Outcome.UNKNOWN
    return ActionResult(outcome=outcome, summary=why, temporary=True)


async def _probed(world: World, action: Action, move: moves.Probe) -> ActionResult:
    """What the probe says in the end: as long as the change may be under way, a no is asked again."""
    match await _looked_for(world, action, move):
        case Did.DID:
            return ActionResult(outcome=Outcome.SUCCEEDED, summary="it had run: the probe says so")
        case Did.DID_NOT:
            return ActionResult(outcome=Outcome.FAILED, summary="it had not run: the probe says so")
        case Did.UNKNOWN:
            return ActionResult(outcome=Outcome.UNKNOWN, summary="the probe cannot tell whether it ran")


async def _looked_for(world: World, action: Action, move: moves.Probe) -> Did:
    if action.probe is None:
        return Did.UNKNOWN
    found = await action.probe(move.plan)
    while found is Did.DID_NOT and world.clock.now() < move.until:
        await asyncio.sleep(_LOOK_AGAIN_S)
        found = await action.probe(move.plan)
    return found


async def _voided(world: World, actor: Actor, carried: Carried, move: moves.Start) -> bool:
    """Whether the world has moved on meanwhile: then what was agreed to is void, and the new plan is asked for."""
    await carried.settle()
    run = carried.run
    try:
        fresh = await plan_of(world, actor, run, carried.journal, move.step)
    except TocsinError as error:
        fresh, why = None, str(error)
    else:
        why = "what it would do has changed since it was approved"
    if fresh is not None and fresh.hash == move.plan.hash:
        return False
    await carried.write(lambda tx: void(tx, actor, run, move, fresh, why, world.clock.now()))
    return True
