"""A runbook is gone through with zero writes: every step planned, and said plainly where that cannot be known."""

from __future__ import annotations

from collections.abc import Mapping

from bot.errors import TocsinError
from bot.model.actor import Actor
from bot.model.plan import Plan, Rehearsal, RehearsedStep
from bot.model.runbook import Runbook, Step
from bot.response.offers import planned
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import policy, templates


async def rehearse(
    world: World, actor: Actor, runbook: Runbook, inputs: Mapping[str, str], *, source: str
) -> Rehearsal:
    """What each step would do with these inputs. A step that reads an earlier one's result cannot be known yet."""
    require(actor, Act.REHEARSE, runbook.name, world.clock.now())
    data = {"inputs": dict(inputs), "incident": {"id": ""}, "run": {"id": ""}, "steps": {}}
    steps = [await _step(world, actor, step, data, source) for step in runbook.steps]
    return Rehearsal(runbook=runbook.name, inputs=inputs, steps=tuple(steps))


async def _step(world: World, actor: Actor, step: Step, data: templates.Data, source: str) -> RehearsedStep:
    try:
        if not templates.holds(step.condition, data):
            return _said(step, "skip", f"`if: {step.condition}` is false")
        plan = await planned(world, actor, step, templates.render_leaves(step.params, data), source)
    except templates.TemplateFailed as error:
        return _said(step, "unknown", f"this depends on an earlier step's result: {error}")
    except TocsinError as error:
        return _said(step, "refuse", f"{error}; {error.hint}")
    return _planned(step, plan)


def _planned(step: Step, plan: Plan) -> RehearsedStep:
    terms = policy.terms_for(step, plan)
    if terms is None:
        return RehearsedStep(step=step.id, title=step.title, would="run", text="asks nobody", plan=plan)
    text = f"asks {terms.count} with the role {terms.by}"
    return RehearsedStep(step=step.id, title=step.title, would="ask", text=text, plan=plan)


def _said(step: Step, would: str, text: str) -> RehearsedStep:
    return RehearsedStep(step=step.id, title=step.title, would=would, text=text)
