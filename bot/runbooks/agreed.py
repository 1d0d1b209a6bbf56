"""Whether what people agreed to still holds when the step is about to begin: looked up then, not when they agreed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.model.actor import Person
from bot.model.plan import Plan
from bot.model.run import Approval, ApprovalStatus, Question
from bot.model.runbook import Step
from bot.runbooks.policy import holds


def void_because(
    approvals: Sequence[Approval], step: Step, plan: Plan, people: Mapping[str, Person], now: datetime
) -> str:
    """Why nobody's yes holds for this plan any more; empty: one does. `approvals` are all of the run's."""
    given = [one for one in approvals if _is_for(one, step, plan)]
    if not given:
        return "nobody's approval of it is on record"
    approval = given[-1]
    if now >= approval.expires_at:
        return f"{approval.id} expired before the step could begin"
    still = {one.name for one in people.values() if holds(one, approval.by)}
    lost = [name for name in approval.given_by if name not in still]
    return f"{', '.join(lost)} no longer holds the role {approval.by!r}" if lost else ""


def _is_for(approval: Approval, step: Step, plan: Plan) -> bool:
    own = approval.step == step.id and approval.plan.hash == plan.hash
    covered = any(one.hash == plan.hash for one in approval.covers)
    given = approval.status is ApprovalStatus.APPROVED and approval.question is Question.MAY_IT_RUN
    return given and (own or covered)
