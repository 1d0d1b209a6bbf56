"""Risk decides who is asked: reading runs, a change asks one person, a destructive one asks two.

Risk belongs to the action. A runbook may raise it and may ask more people; it cannot lower either. Autonomy lets a
change of risk `write` run unasked, unless the runbook itself wants more than one person for it; it never does so for a
destructive one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.model.actor import ADMIN, VIEWER, ActorKind, Person
from bot.model.automation import Autonomy
from bot.model.plan import Plan
from bot.model.run import Approval
from bot.model.runbook import RISKS, ApprovalTerms, Risk, Step

_LEAST_PEOPLE = {Risk.READ: 0, Risk.WRITE: 1, Risk.DESTRUCTIVE: 2}


def risk_of(step: Step, plan: Plan) -> Risk:
    """The graver of what the action says and what the runbook says."""
    return max(plan.risk, step.risk or Risk.READ, key=RISKS.index)


def terms_for(step: Step, plan: Plan, autonomy: Autonomy = Autonomy.SUGGEST) -> ApprovalTerms | None:
    """Who must agree before this plan may run; None when nobody need be asked."""
    risk = risk_of(step, plan)
    least = _LEAST_PEOPLE[risk]
    if step.approval is None and least == 0:
        return None
    terms = step.approval or ApprovalTerms()
    if autonomy is Autonomy.AUTO and risk is Risk.WRITE and terms.count <= least:
        return None
    return replace(terms, count=max(terms.count, least))


def is_covered(terms: ApprovalTerms, by: ApprovalTerms) -> bool:
    """Whether an answer to a question with the terms `by` is enough where `terms` are wanted."""
    return terms.by == by.by and terms.count <= by.count


def holds(person: Person, role: str) -> bool:
    """Whether somebody may say yes by this role; who only looks may not, whatever else they are."""
    return role in person.roles and (VIEWER not in person.roles or ADMIN in person.roles)


def could_answer(approval: Approval, people: Mapping[str, Person]) -> Sequence[str]:
    """Those who could say yes: they hold the role, and did not want it themselves.

    Where nobody else holds the role whoever wanted it may: an installation of one person must be able to act.
    """
    wanted = approval.requested_by.name if approval.requested_by.kind is ActorKind.PERSON else ""
    holders = sorted(one.name for one in people.values() if holds(one, approval.by))
    others = [name for name in holders if name != wanted]
    return others or holders
