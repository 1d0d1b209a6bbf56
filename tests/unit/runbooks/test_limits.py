"""What may never be made, whatever people agree to."""

from bot.model.automation import Limits
from bot.model.plan import Plan
from bot.model.runbook import Risk, Step
from bot.runbooks import limits

STEP = Step(id="restart", title="Restart it", uses="kubernetes.rollout_restart")


def plan(cluster: str) -> Plan:
    return Plan(
        action=STEP.uses,
        integration=cluster,
        params={},
        targets=("deployment/shop/cart",),
        summary="restart it",
        risk=Risk.WRITE,
        repeatable=True,
        places=(f"cluster:{cluster}", "namespace:shop"),
    )


def test_what_has_one_name_in_two_clusters_is_two_targets() -> None:
    before = limits.reached(plan("east"))
    assert limits.forbidden(STEP, plan("east"), Limits(targets=1), before, "") == ""
    never = limits.forbidden(STEP, plan("west"), Limits(targets=1), before, "")
    assert never == "the run would have 2 targets; automation.limits.targets allows 1"


def test_what_is_done_for_a_protected_service_is_refused_and_for_no_service_is_not() -> None:
    kept = Limits(protected=("service:*",))
    assert limits.forbidden(STEP, plan("east"), kept, frozenset(), "cart").startswith("service:cart is protected")
    assert limits.forbidden(STEP, plan("east"), kept, frozenset(), "") == ""
