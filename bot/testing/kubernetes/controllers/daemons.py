"""DaemonSets: a pod on every node that they bear."""

from __future__ import annotations

from datetime import datetime

from bot.testing.kubernetes.cluster import Cluster
from bot.testing.kubernetes.controllers.owned import end_pod, is_going, is_over, is_ready, make_pod, owned
from bot.testing.kubernetes.controllers.scheduler import bears
from bot.testing.kubernetes.controllers.sets import HASH, revised
from bot.testing.kubernetes.kinds import DAEMON_SET, NODE, POD
from bot.testing.kubernetes.quantities import share
from bot.testing.kubernetes.refusals import Object

_BORNE = [
    {"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": effect}
    for name, effect in (
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    )
]


def control(cluster: Cluster) -> datetime | None:
    """One pass."""
    for one in cluster.store.all(DAEMON_SET):
        if not is_going(one):
            _one(cluster, one)
    return None


def _one(cluster: Cluster, one: Object) -> None:
    revision = revised(cluster, DAEMON_SET, one)
    template = one["spec"]["template"]
    tolerations = [*(template["spec"].get("tolerations") or ()), *_BORNE]
    labels = {**(template["metadata"].get("labels") or {}), HASH: revision}
    made = {
        **template,
        "metadata": {**template["metadata"], "labels": labels},
        "spec": {**template["spec"], "tolerations": tolerations},
    }
    nodes = [node["metadata"]["name"] for node in cluster.store.all(NODE) if _bears(made["spec"], node)]
    pods = {pod["spec"].get("nodeName"): pod for pod in owned(cluster, POD, one)}
    for name in nodes:
        if name not in pods:
            make_pod(cluster, DAEMON_SET, one, made, node=name)
        elif is_over(pods[name]) and not is_going(pods[name]):
            end_pod(cluster, DAEMON_SET, one, pods[name])
    for name, pod in pods.items():
        if name not in nodes and not is_going(pod):
            end_pod(cluster, DAEMON_SET, one, pod)
    _update(cluster, one, [pod for name, pod in pods.items() if name in nodes], revision)
    _tell(cluster, one, nodes, revision)


def _bears(spec: Object, node: Object) -> bool:
    wanted = spec.get("nodeSelector") or {}
    labels = node["metadata"].get("labels") or {}
    if any(labels.get(name) != text for name, text in wanted.items()):
        return False
    taints = [one for one in (node.get("spec") or {}).get("taints") or () if one["effect"] != "PreferNoSchedule"]
    return all(any(bears(one, taint) for one in spec["tolerations"]) for taint in taints)


def _update(cluster: Cluster, one: Object, pods: list[Object], revision: str) -> None:
    strategy = one["spec"]["updateStrategy"]
    if strategy["type"] != "RollingUpdate":
        return
    most = share((strategy.get("rollingUpdate") or {}).get("maxUnavailable", 1), len(pods), up=True)
    down = sum(1 for pod in pods if is_going(pod) or not is_ready(pod))
    for pod in pods:
        if pod["metadata"]["labels"].get(HASH) == revision or is_going(pod):
            continue
        if not is_ready(pod) or down < most:
            down += is_ready(pod)
            end_pod(cluster, DAEMON_SET, one, pod)


def _tell(cluster: Cluster, one: Object, nodes: list[str], revision: str) -> None:
    pods = [pod for pod in owned(cluster, POD, one) if not is_going(pod)]
    ready = sum(1 for pod in pods if is_ready(pod))
    here = [pod for pod in pods if pod["spec"].get("nodeName") in nodes]
    status = {
        "observedGeneration": one["metadata"]["generation"],
        "currentNumberScheduled": len(here),
        "desiredNumberScheduled": len(nodes),
        "numberMisscheduled": len(pods) - len(here),
        "numberReady": ready,
        "numberAvailable": ready,
        "updatedNumberScheduled": sum(1 for pod in pods if pod["metadata"]["labels"].get(HASH) == revision),
    }
    if ready < len(nodes):
        status["numberUnavailable"] = len(nodes) - ready
    cluster.set(DAEMON_SET, one, status=status)
