"""Risk decides who is asked: reading runs, a change asks one person, a destructive one asks two.

Risk belongs to the action. A runbook may raise it and may ask more people; it cannot lower either.
"""

from __future__ import annotations

from dataclasses import replace

from bot.model.plan import Plan
from bot.model.runbook import RISKS, ApprovalTerms, Risk, Step

_LEAST_PEOPLE = {Risk.READ: 0, Risk.WRITE: 1, Risk.DESTRUCTIVE: 2}


def risk_of(step: Step, plan: Plan) -> Risk:
    """The graver of what the action says and what the runbook says."""
    return max(plan.risk, step.risk or Risk.READ, key=RISKS.index)


def terms_for(step: Step, plan: Plan) -> ApprovalTerms | None:
    """Who must agree before this plan may run; None when nobody need be asked."""
    least = _LEAST_PEOPLE[risk_of(step, plan)]
    if step.approval is None and least == 0:
        return None
    terms = step.approval or ApprovalTerms()
    return replace(terms, count=max(terms.count, least))
