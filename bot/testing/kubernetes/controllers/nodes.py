"""Nodes: what a node that is not ready, or that takes no more, does to the pods on it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.testing.kubernetes.cluster import Cluster, moment, stamp
from bot.testing.kubernetes.controllers.kubelet import unready
from bot.testing.kubernetes.controllers.owned import condition, is_going, is_over, is_ready
from bot.testing.kubernetes.controllers.scheduler import bears
from bot.testing.kubernetes.kinds import NODE, POD
from bot.testing.kubernetes.refusals import Object

_OWN = "node.kubernetes.io/"


def control(cluster: Cluster) -> datetime | None:
    """One pass."""
    dues = []
    there = {node["metadata"]["name"] for node in cluster.store.all(NODE)}
    for pod in cluster.store.all(POD):
        if pod["spec"].get("nodeName") and pod["spec"]["nodeName"] not in there:
            cluster.delete(POD, pod)  # its node is gone for good, and it with it
    for node in cluster.store.all(NODE):
        node = _tainted(cluster, node)
        pods = [pod for pod in cluster.store.all(POD) if pod["spec"].get("nodeName") == node["metadata"]["name"]]
        for pod in pods:
            if not is_ready(node):
                unready(cluster, pod)
            if not is_going(pod) and not is_over(pod):
                dues.append(_evict(cluster, node, pod))
    return min((due for due in dues if due is not None), default=None)


def _tainted(cluster: Cluster, node: Object) -> Object:
    """Its taints say what its conditions and its spec say."""
    spec = node.get("spec") or {}
    wanted: list[tuple[str, str]] = []
    if spec.get("unschedulable"):
        wanted.append(("unschedulable", "NoSchedule"))
    if not is_ready(node):
        lost = (condition(node, "Ready") or {}).get("status") == "Unknown"
        name = "unreachable" if lost else "not-ready"
        wanted += [(name, "NoSchedule"), (name, "NoExecute")]
    for type_, name in (("MemoryPressure", "memory"), ("DiskPressure", "disk"), ("PIDPressure", "pid")):
        if (condition(node, type_) or {}).get("status") == "True":
            wanted.append((f"{name}-pressure", "NoSchedule"))
    before = spec.get("taints") or []
    known = {(one["key"], one["effect"]): one for one in before}
    others = [one for one in before if not one["key"].startswith(_OWN)]
    own = [
        known.get((_OWN + name, effect), {"key": _OWN + name, "effect": effect, "timeAdded": stamp(cluster.now())})
        for name, effect in wanted
    ]
    taints = [*others, *own]
    if taints == before:
        return node
    spec = {name: value for name, value in spec.items() if name != "taints"}
    return cluster.set(NODE, node, spec={**spec, "taints": taints} if taints else spec)


def _evict(cluster: Cluster, node: Object, pod: Object) -> datetime | None:
    """A pod that does not bear a NoExecute taint goes, when the time it bears it for is over."""
    for taint in (node.get("spec") or {}).get("taints") or ():
        if taint["effect"] != "NoExecute":
            continue
        borne = [one for one in pod["spec"].get("tolerations") or () if bears(one, taint)]
        seconds = min((one["tolerationSeconds"] for one in borne if "tolerationSeconds" in one), default=None)
        if borne and seconds is None:
            continue
        added = moment(taint["timeAdded"]) if taint.get("timeAdded") else cluster.now()
        due = added + timedelta(seconds=seconds or 0)
        if due > cluster.now():
            return due
        name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        text = f"Marking for deletion Pod {name}"
        cluster.record(POD, pod, "Normal", "TaintManagerEviction", text, "taint-eviction-controller")
        cluster.delete(POD, pod, grace=pod["spec"].get("terminationGracePeriodSeconds", 30))
    return None
