"""A runbook is gone through with zero writes: every step planned, and said plainly where that cannot be known."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.errors import TocsinError
from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.plan import Plan, Rehearsal, RehearsedStep
from bot.model.runbook import Risk, Runbook, Step
from bot.ports.actions import Occasion
from bot.ports.store import Tx
from bot.response.offers import planned
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import limits, policy, rehearsing, templates
from bot.runbooks.journal import is_rollback, rollback_of
from bot.runbooks.schema import UNDO
from bot.runbooks.story import BACK

_Found = tuple[Step, Plan | RehearsedStep]
_AT_ONCE = 4
"""Steps that are planned: what a cluster that is away takes to say nothing is not waited for step by step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    world: World
    actor: Actor
    runbook: Runbook
    data: templates.Data
    source: str
    incident: IncidentId | None
    held: str
    """What would keep changes from beginning now."""
    service: str
    """The one that the incident is of."""
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    touched: set[str] = field(default_factory=set)
    """The targets of the changes so far."""


async def rehearse(
    world: World,
    actor: Actor,
    runbook: Runbook,
    inputs: Mapping[str, str],
    *,
    source: str,
    incident: IncidentId | None = None,
) -> Rehearsal:
    """What each step would do with these inputs, and what looks after it and takes it back.

    A step that reads an earlier one's result cannot be known yet.
    """
    require(actor, Act.REHEARSE, runbook.name, world.clock.now())
    data = {"inputs": dict(inputs), "incident": {"id": incident or ""}, "run": {"id": ""}, "steps": {}}
    held, service = await world.store.read(lambda tx: (_held(tx, world, runbook), _service(tx, incident)))
    stage = _Stage(
        world=world, actor=actor, runbook=runbook, data=data, source=source, incident=incident,
        held=held, service=service,
    )  # fmt: skip
    found = await asyncio.gather(*(_with_parts(stage, step) for step in runbook.steps))
    steps = [_planned(stage, step, what) if isinstance(what, Plan) else what for one in found for step, what in one]
    return Rehearsal(runbook=runbook.name, inputs=inputs, steps=tuple(steps))


async def _with_parts(stage: _Stage, step: Step) -> Sequence[_Found]:
    """The step, and what looks after it and takes it back, where it comes to that."""
    own, parts = await _found(stage, step), [part for part in (step.verify, rollback_of(step)) if part is not None]
    if isinstance(own[1], RehearsedStep) and own[1].would == "skip":
        why = f"it belongs to {step.id}, which is skipped"
        return [own, *((part, _said(part, "skip", why)) for part in parts)]
    return [own, *await asyncio.gather(*(_found(stage, part) for part in parts))]


async def _found(stage: _Stage, step: Step) -> _Found:
    """Its plan, or what is to be said where it has none."""
    if step.uses == UNDO:
        undone = step.id.removesuffix(BACK)
        return step, _said(step, "unknown", f"takes back what came of {undone}", (undone,))
    try:
        if not templates.holds(step.condition, stage.data):
            return step, _said(step, "skip", f"`if: {step.condition}` is false")
        async with stage.turns:
            return step, await _plan(stage, step)
    except TocsinError as error:
        return step, _refused(step, error)


def _refused(step: Step, error: TocsinError) -> RehearsedStep:
    """It cannot be planned: because what it is made of is not there yet, or at all."""
    waits_for = rehearsing.waits_for(step) if isinstance(error, templates.TemplateFailed) else ()
    if waits_for:
        return _said(step, "unknown", f"this depends on what comes of {', '.join(waits_for)}", waits_for)
    return _said(step, "refuse", f"{error}; {error.hint}")


async def _plan(stage: _Stage, step: Step) -> Plan:
    occasion = Occasion(step=step.id, source=stage.source, incident=stage.incident)
    return await planned(stage.world, stage.actor, stage.runbook, step, stage.data, occasion)


def _held(tx: Tx, world: World, runbook: Runbook) -> str:
    now = world.clock.now()
    standing = limits.Standing(
        pause=tx.automation.pause(),
        intervals=world.setup.time_intervals,
        changed_lately=tx.runs.changed_since(now - limits.HOUR),
    )
    return limits.held_by(runbook, world.setup.automation, standing, now)


def _service(tx: Tx, incident: IncidentId | None) -> str:
    return tx.incidents.get(incident).service if incident is not None else ""


def _planned(stage: _Stage, step: Step, plan: Plan) -> RehearsedStep:
    allowed = stage.world.setup.automation.limits
    never = limits.forbidden(step, plan, allowed, frozenset(stage.touched), stage.service)
    if never:
        return _said(step, "refuse", f"{never}; it would {plan.summary}")
    changes = policy.risk_of(step, plan) is not Risk.READ
    shown = _asking(stage, step, plan)
    if not changes or is_rollback(step):
        return shown
    stage.touched.update(limits.reached(plan))
    return shown if not stage.held else replace(shown, text=f"{shown.text}; now it would be held: {stage.held}")


def _asking(stage: _Stage, step: Step, plan: Plan) -> RehearsedStep:
    terms = policy.terms_for(step, plan)
    if terms is None:
        return RehearsedStep(step=step.id, title=step.title, would="run", text="asks nobody", plan=plan)
    people = tuple(rehearsing.who(terms, stage.world.setup.people, stage.actor.name))
    named = ", ".join(people) or "nobody holds it"
    text = f"asks {terms.count} with the role {terms.by} ({named})"
    return RehearsedStep(step=step.id, title=step.title, would="ask", text=text, plan=plan, people=people)


def _said(step: Step, would: str, text: str, waits_for: tuple[str, ...] = ()) -> RehearsedStep:
    return RehearsedStep(step=step.id, title=step.title, would=would, text=text, waits_for=waits_for)
