"""Disruption budgets: how many pods may be evicted at this moment."""

from __future__ import annotations

from datetime import datetime

from bot.testing.kubernetes import selectors
from bot.testing.kubernetes.cluster import Cluster
from bot.testing.kubernetes.controllers.owned import controller_of, is_going, is_over, is_ready, with_condition
from bot.testing.kubernetes.kinds import BUDGET, BY_NAME, DEPLOYMENT, POD, REPLICA_SET
from bot.testing.kubernetes.quantities import share
from bot.testing.kubernetes.refusals import Object


def control(cluster: Cluster) -> datetime | None:
    """One pass."""
    for budget in cluster.store.all(BUDGET):
        _tell(cluster, budget)
    return None


def matching(cluster: Cluster, budget: Object) -> list[Object]:
    """The pods that a budget is about."""
    fits = selectors.of_object(budget["spec"].get("selector"))
    pods = cluster.store.all(POD, budget["metadata"]["namespace"])
    return [pod for pod in pods if fits(pod["metadata"].get("labels") or {})]


def _tell(cluster: Cluster, budget: Object) -> None:
    spec = budget["spec"]
    pods = [pod for pod in matching(cluster, budget) if not is_over(pod)]
    expected = _expected(cluster, pods)
    if spec.get("maxUnavailable") is not None:
        desired = max(0, expected - share(spec["maxUnavailable"], expected, up=True))
    else:
        least = spec.get("minAvailable", 1)
        expected = len(pods) if isinstance(least, int) else expected
        desired = share(least, expected, up=True)
    healthy = sum(1 for pod in pods if is_ready(pod) and not is_going(pod))
    allowed = max(0, healthy - desired) if expected else 0
    before = budget.get("status") or {}
    said = {
        "type": "DisruptionAllowed",
        "status": "True" if allowed else "False",
        "reason": "SufficientPods" if allowed else "InsufficientPods",
        "message": "",
        "observedGeneration": budget["metadata"]["generation"],
    }
    status = {
        "observedGeneration": budget["metadata"]["generation"],
        "disruptionsAllowed": allowed,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": expected,
        "conditions": with_condition(before.get("conditions") or (), said, cluster.now()),
    }
    cluster.set(BUDGET, budget, status=status)


def _expected(cluster: Cluster, pods: list[Object]) -> int:
    """How many pods their controllers want."""
    wanted: dict[str, int] = {}
    for pod in pods:
        by = controller_of(pod)
        kind = BY_NAME.get((by["apiVersion"], by["kind"])) if by is not None else None
        if by is None or kind is None:
            wanted[pod["metadata"]["uid"]] = 1
            continue
        namespace = pod["metadata"]["namespace"]
        owner = cluster.store.get(kind, (namespace, by["name"]))
        if owner is not None and kind is REPLICA_SET and (above := controller_of(owner)) is not None:
            owner = cluster.store.get(DEPLOYMENT, (namespace, above["name"])) or owner
        if owner is not None:
            wanted[owner["metadata"]["uid"]] = owner["spec"].get("replicas", 1)
    return sum(wanted.values())
