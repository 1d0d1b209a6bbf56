"""A step is next: decide whether it is wanted, fill its parameters in, and plan it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.errors import TocsinError
from bot.model.actor import Actor
from bot.model.plan import Plan
from bot.model.run import JournalEntry, JournalKind, RunbookRun
from bot.model.runbook import Step
from bot.model.timeline import EntryKind
from bot.ports.store import Tx
from bot.response import told
from bot.response.offers import planned
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import machine, templates
from bot.runbooks.journal import plan_to_json, template_data


async def prepare(
    world: World, actor: Actor, run: RunbookRun, journal: Sequence[JournalEntry], move: machine.Prepare
) -> None:
    """Writes PLANNED, SKIPPED or REFUSED."""
    require(actor, Act.CARRY_RUN, run.id, world.clock.now())
    step = move.step
    try:
        plan = await plan_of(world, actor, run, journal, step)
    except TocsinError as error:
        await refuse(world, actor, run, step, error)
        return
    now = world.clock.now()
    if plan is None:
        reason = {"reason": f"`if: {step.condition}` is false"}
        await world.store.write(
            lambda tx: told.note(tx, actor, run, JournalKind.SKIPPED, now, step=step.id, data=reason)
        )
        return
    data = {"plan": plan_to_json(plan)}
    await world.store.write(lambda tx: told.note(tx, actor, run, JournalKind.PLANNED, now, step=step.id, data=data))


async def plan_of(
    world: World, actor: Actor, run: RunbookRun, journal: Sequence[JournalEntry], step: Step
) -> Plan | None:
    """What the step would do now; None when its `if` is false."""
    data = template_data(run, journal)
    if not templates.holds(step.condition, data):
        return None
    return await planned(world, actor, step, templates.render_leaves(step.params, data), run.source)


async def refuse(world: World, actor: Actor, run: RunbookRun, step: Step, error: TocsinError) -> None:
    """Writes REFUSED: what the step wants cannot be had."""
    now = world.clock.now()
    require(actor, Act.CARRY_RUN, run.id, now)

    def keep(tx: Tx) -> None:
        data = {"error": f"{error}; {error.hint}"}
        told.note(tx, actor, run, JournalKind.REFUSED, now, step=step.id, data=data)
        told.say(
            tx, actor, run, EntryKind.RUNBOOK, f"step {step.id} of {run.id} cannot be prepared", now, why=str(error)
        )

    await world.store.write(keep)
