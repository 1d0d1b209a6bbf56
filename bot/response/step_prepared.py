"""A step is next: decide whether it is wanted, fill its parameters in, and plan it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from bot.errors import NotAllowed, TocsinError
from bot.model.actor import Actor
from bot.model.plan import Plan
from bot.model.run import JournalEntry, JournalKind, RunbookRun
from bot.model.runbook import Step
from bot.model.timeline import EntryKind
from bot.ports.actions import Occasion
from bot.ports.store import Tx
from bot.response import told
from bot.response.carried import Carried
from bot.response.offers import planned, undone
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import limits, moves, templates
from bot.runbooks.journal import data_for, finished
from bot.runbooks.planned import plan_to_json
from bot.runbooks.schema import UNDO


async def prepare(world: World, actor: Actor, carried: Carried, move: moves.Prepare) -> None:
    """PLANNED and SKIPPED are owed to the run; REFUSED is written."""
    run, step = carried.run, move.step
    require(actor, Act.CARRY_RUN, run.id, world.clock.now())
    planning = asyncio.ensure_future(plan_of(world, actor, run, carried.journal, step))
    try:
        await asyncio.sleep(0)
        if not planning.done():
            await carried.settle()
            await asyncio.wait({planning})
    finally:
        planning.cancel()
    try:
        plan = planning.result()
    except TocsinError as error:
        await _cannot(world, actor, carried, step, error)
    else:
        await _decide(world, actor, carried, step, plan)


async def _decide(world: World, actor: Actor, carried: Carried, step: Step, plan: Plan | None) -> None:
    run, allowed = carried.run, world.setup.automation.limits
    touched = limits.touched(run, carried.journal)
    if plan is None:
        _owe(world, actor, carried, JournalKind.SKIPPED, step, {"reason": f"`if: {step.condition}` is false"})
    elif never := limits.forbidden(step, plan, allowed, touched, run.service):
        await refuse(world, actor, carried, step, NotAllowed(never, hint="nobody is asked for what may never be done"))
    else:
        _owe(world, actor, carried, JournalKind.PLANNED, step, {"plan": plan_to_json(plan)})


async def plan_of(
    world: World, actor: Actor, run: RunbookRun, journal: Sequence[JournalEntry], step: Step
) -> Plan | None:
    """What the step would do now; None when its `if` is false."""
    data = data_for(step, run, journal)
    if not templates.holds(step.condition, data):
        return None
    if step.uses == UNDO:
        return await undone(world, actor, run, finished(run.runbook, step, journal))
    occasion = Occasion(run=run.id, step=step.id, incident=run.incident, source=run.source, depth=run.depth)
    return await planned(world, actor, run.runbook, step, data, occasion)


# Any: plain JSON, its keys are listed at `JournalKind`
def _owe(world: World, actor: Actor, carried: Carried, kind: JournalKind, step: Step, data: dict[str, Any]) -> None:
    run = carried.run
    line = told.line(actor, run, kind, world.clock.now(), step=step.id, data=data)
    carried.owe(line, lambda tx: tx.runs.append(line, epoch=run.epoch), has_happened=False)


async def observe(world: World, actor: Actor, carried: Carried, move: moves.Observe) -> None:
    """Writes OBSERVED of what was planned, where the run only observes."""
    now, plan, run = world.clock.now(), move.plan, carried.run
    require(actor, Act.CARRY_RUN, run.id, now)

    def keep(tx: Tx) -> None:
        data = {"plan_hash": plan.hash, "summary": plan.summary}
        told.note(tx, actor, run, JournalKind.OBSERVED, now, step=move.step.id, data=data)
        why = f"step {move.step.id} of {run.id}: {run.runbook.name} may only observe"
        told.say(tx, actor, run, EntryKind.RUNBOOK, f"would have run: {plan.summary}", now, why=why)

    await carried.write(keep)


async def _cannot(world: World, actor: Actor, carried: Carried, step: Step, error: TocsinError) -> None:
    """What depends on a change that was only observed cannot be known, which is nobody's fault."""
    observed = any(entry.kind is JournalKind.OBSERVED for entry in carried.journal)
    if observed and isinstance(error, templates.TemplateFailed):
        reason = f"depends on a step that was only observed: {error}"
        _owe(world, actor, carried, JournalKind.SKIPPED, step, {"reason": reason})
    else:
        await refuse(world, actor, carried, step, error)


async def refuse(world: World, actor: Actor, carried: Carried, step: Step, error: TocsinError) -> None:
    """Writes REFUSED: what the step wants cannot be had."""
    run, now = carried.run, world.clock.now()
    require(actor, Act.CARRY_RUN, run.id, now)

    def keep(tx: Tx) -> None:
        data = {"error": f"{error}; {error.hint}"}
        told.note(tx, actor, run, JournalKind.REFUSED, now, step=step.id, data=data)
        text = f"step {step.id} of {run.id} cannot be prepared"
        told.say(tx, actor, run, EntryKind.RUNBOOK, text, now, why=str(error))

    await carried.write(keep)
