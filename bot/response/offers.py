"""Finds the action a step uses, and plans it: the one way from a runbook's words to an integration."""

from __future__ import annotations

from datetime import timedelta

from pydantic import ValidationError

from bot.errors import NotFound, Permanent
from bot.model.actor import Actor
from bot.model.plan import ActionResult, Plan
from bot.model.run import RunbookRun
from bot.model.runbook import Risk, Runbook, Step
from bot.ports.actions import Action, Occasion, Say
from bot.ports.reads_only import reads_only
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks.asking import OURS
from bot.runbooks.taint import filled
from bot.runbooks.templates import Data


async def planned(world: World, actor: Actor, runbook: Runbook, step: Step, data: Data, occasion: Occasion) -> Plan:
    """The step's plan, made with zero writes.

    NotFound: nobody offers the action; TemplateFailed: what its templates read is not there, or must not stand there;
    Permanent: it makes no sense.
    """
    require(actor, Act.PLAN, step.uses, world.clock.now())
    integration, action = chosen(world, actor, step.uses, step.integration, occasion.source)
    params = filled(runbook, step, action.spec, data)
    try:
        given = action.spec.params.model_validate(params)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise Permanent(
            f"{step.uses} cannot take these parameters: {faults}",
            integration=integration,
            reason="client",
            hint="correct `with` in the runbook, or the values given",
        ) from None
    with reads_only():
        return await action.plan(given, occasion)


async def undone(world: World, actor: Actor, run: RunbookRun, did: tuple[Plan, ActionResult] | None) -> Plan:
    """The action's own plan that takes back what it did, made with zero writes; Permanent when it cannot be."""
    require(actor, Act.PLAN, run.id, world.clock.now())
    if did is None:
        raise NotFound("there is nothing to undo", hint="the step that this one takes back did nothing")
    plan, result = did
    integration, action = chosen(world, actor, plan.action, plan.integration, run.source)
    if action.undo is None:
        raise Permanent(
            f"{plan.action} has no undo of its own",
            integration=integration,
            reason="client",
            hint="write `rollback: {uses: ...}` on the step",
        )
    with reads_only():
        return await action.undo(plan, result)


async def carried_out(
    world: World, actor: Actor, action: Action, plan: Plan, within: timedelta, say: Say
) -> ActionResult:
    """What comes of it. What only reads, and so asks nobody, is held to that below the action, as a rehearsal is.

    Tocsin's own actions are not: what reads there is what only adds to Tocsin's own record.
    """
    require(actor, Act.ACT, plan.action, world.clock.now())
    if plan.risk is Risk.READ and plan.integration != OURS:
        with reads_only():
            return await action.run(plan, within, say)
    return await action.run(plan, within, say)


def chosen(world: World, actor: Actor, name: str, integration: str, source: str) -> tuple[str, Action]:
    """Who offers the action: the integration the step names, else the alert's own source, else the only one."""
    require(actor, Act.PLAN, name, world.clock.now())
    offered = world.actions.get(name, {})
    wanted = integration or source
    if wanted in offered:
        return wanted, offered[wanted]
    if len(offered) == 1 and not integration:
        return next(iter(offered.items()))
    names = ", ".join(sorted(offered)) or "none"
    raise NotFound(
        f"cannot tell which integration runs {name}: {names} offer it",
        hint="set `integration:` on the step, or add the integration to tocsin.yaml",
    )
