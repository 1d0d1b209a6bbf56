"""One answer may be enough for several changes: those that can be planned already are shown together with the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from bot.errors import TocsinError
from bot.model.actor import Actor
from bot.model.automation import Autonomy
from bot.model.plan import Plan
from bot.model.run import JournalEntry, RunbookRun
from bot.model.runbook import ApprovalTerms, Step
from bot.response import run_family
from bot.response.step_prepared import plan_of
from bot.response.world import World
from bot.rights import Act, require
from bot.runbooks import autonomy, moves, policy

MOST = 5
"""More plans than a card in a chat can show one by one are agreed to by nobody who reads it: they ask themselves."""


async def covered(
    world: World, actor: Actor, run: RunbookRun, journal: Sequence[JournalEntry], move: moves.Question
) -> Mapping[str, Plan]:
    """By step, the later changes for which the answer to this question holds too, as far as they are known now."""
    require(actor, Act.PLAN, run.id, world.clock.now())
    if not isinstance(move, moves.Ask) or run.autonomy is not Autonomy.APPROVE:
        return {}
    may = await world.store.read(lambda tx: run_family.trusted(tx, world.setup, actor, run))
    if autonomy.is_more(run.autonomy, may):
        return {}
    terms = policy.terms_for(move.step, move.plan, run.autonomy)
    plans = [(step, await _known(world, actor, run, journal, step)) for step in _after(run, move.step)]
    found = ((step.id, plan) for step, plan in plans if plan is not None and _is_covered(run, step, plan, terms))
    return dict(islice(found, MOST))


def _after(run: RunbookRun, step: Step) -> Sequence[Step]:
    ids = [one.id for one in run.runbook.steps]
    return run.runbook.steps[ids.index(step.id) + 1 :] if step.id in ids else ()


async def _known(
    world: World, actor: Actor, run: RunbookRun, journal: Sequence[JournalEntry], step: Step
) -> Plan | None:
    try:
        return await plan_of(world, actor, run, journal, step)
    except TocsinError:
        return None  # it reads what an earlier step has yet to find: it asks for itself


def _is_covered(run: RunbookRun, step: Step, plan: Plan, terms: ApprovalTerms | None) -> bool:
    wanted = policy.terms_for(step, plan, run.autonomy)
    return wanted is not None and terms is not None and policy.is_covered(wanted, terms)
