"""Finds the action a step uses, and plans it: the one way from a runbook's words to an integration."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from bot.errors import NotFound, Permanent
from bot.model.actor import Actor
from bot.model.plan import Plan
from bot.model.runbook import Step
from bot.ports.actions import Action
from bot.response.world import World
from bot.rights import Act, require


# Any: parameters are plain JSON of any shape until the action's own model has validated them.
async def planned(world: World, actor: Actor, step: Step, params: Any, source: str) -> Plan:
    """The step's plan, made with zero writes. NotFound: nobody offers the action; Permanent: it makes no sense."""
    require(actor, Act.PLAN, step.uses, world.clock.now())
    integration, action = chosen(world, actor, step.uses, step.integration, source)
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
    return await action.plan(given)


def chosen(world: World, actor: Actor, name: str, integration: str, source: str) -> tuple[str, Action]:
    """Who offers the action: the integration the step names, else the alert's own source, else the only one."""
    require(actor, Act.PLAN, name, world.clock.now())
    offered = world.actions.get(name, {})
    for candidate in (integration, source):
        if candidate in offered:
            return candidate, offered[candidate]
    if len(offered) == 1 and not integration:
        return next(iter(offered.items()))
    names = ", ".join(sorted(offered)) or "none"
    raise NotFound(
        f"cannot tell which integration runs {name}: {names} offer it",
        hint="set `integration:` on the step, or add the integration to tocsin.yaml",
    )
