"""ReplicaSets: as many pods as are wanted."""

from __future__ import annotations

from datetime import datetime

from bot.testing.kubernetes.cluster import Cluster
from bot.testing.kubernetes.controllers.owned import available, end_pod, is_going, is_over, is_ready, make_pod, owned
from bot.testing.kubernetes.kinds import POD, REPLICA_SET
from bot.testing.kubernetes.refusals import Object


def control(cluster: Cluster) -> datetime | None:
    """One pass."""
    dues = []
    for one in cluster.store.all(REPLICA_SET):
        if not is_going(one):
            _scale(cluster, one)
        dues.append(_tell(cluster, one))
    return min((due for due in dues if due is not None), default=None)


def _active(cluster: Cluster, one: Object) -> list[Object]:
    return [pod for pod in owned(cluster, POD, one) if not is_going(pod) and not is_over(pod)]


def _scale(cluster: Cluster, one: Object) -> None:
    pods = _active(cluster, one)
    wanted = one["spec"]["replicas"]
    for _ in range(wanted - len(pods)):
        make_pod(cluster, REPLICA_SET, one, one["spec"]["template"])
    if len(pods) > wanted:
        for pod in sorted(pods, key=_worth)[: len(pods) - wanted]:
            end_pod(cluster, REPLICA_SET, one, pod)


def _worth(pod: Object) -> tuple[bool, bool, bool, int, float]:
    """Those that are of least use go first: unplaced, not running, not ready, of low cost; then the newest."""
    status = pod["status"]
    cost = (pod["metadata"].get("annotations") or {}).get("controller.kubernetes.io/pod-deletion-cost", "0")
    age = -float(pod["metadata"]["resourceVersion"])
    return (bool(pod["spec"].get("nodeName")), status.get("phase") == "Running", is_ready(pod), int(cost), age)


def _tell(cluster: Cluster, one: Object) -> datetime | None:
    pods = _active(cluster, one)
    useful, due = available(pods, one["spec"].get("minReadySeconds") or 0, cluster.now())
    status: Object = {"replicas": len(pods), "observedGeneration": one["metadata"].get("generation", 1)}
    labels = (one["spec"]["template"].get("metadata") or {}).get("labels") or {}
    full = [pod for pod in pods if labels.items() <= (pod["metadata"].get("labels") or {}).items()]
    counts = {
        "fullyLabeledReplicas": len(full),
        "readyReplicas": sum(1 for pod in pods if is_ready(pod)),
        "availableReplicas": len(useful),
    }
    status |= {name: count for name, count in counts.items() if count}
    cluster.set(REPLICA_SET, one, status=status)
    return due
