"""The scheduler: a node for each pod that has none, or why there is none."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from bot.testing.kubernetes.cluster import Cluster
from bot.testing.kubernetes.controllers.owned import condition, is_going, is_over, with_condition
from bot.testing.kubernetes.kinds import NODE, POD
from bot.testing.kubernetes.quantities import amount
from bot.testing.kubernetes.refusals import Object


def control(cluster: Cluster) -> datetime | None:
    """One pass."""
    waiting = [pod for pod in cluster.store.all(POD) if not pod["spec"].get("nodeName") and not is_going(pod)]
    for pod in waiting:
        _place(cluster, pod)
    return None


def _place(cluster: Cluster, pod: Object) -> None:
    nodes = cluster.store.all(NODE)
    placed = [one for one in cluster.store.all(POD) if one["spec"].get("nodeName") and not is_over(one)]
    fitting, reasons = [], Counter[str]()
    for node in nodes:
        here = [one for one in placed if one["spec"]["nodeName"] == node["metadata"]["name"]]
        if why := _against(pod, node, here):
            reasons.update(why)
        else:
            fitting.append((len(here), node["metadata"]["name"]))
    now = cluster.now()
    conditions = pod["status"].get("conditions") or []
    if fitting:
        name = min(fitting)[1]
        said: Object = {"type": "PodScheduled", "status": "True"}
        status = {**pod["status"], "conditions": with_condition(conditions, said, now)}
        made = cluster.set(POD, pod, spec={**pod["spec"], "nodeName": name}, status=status)
        full = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        text = f"Successfully assigned {full} to {name}"
        cluster.record(POD, made, "Normal", "Scheduled", text, "default-scheduler")
        return
    message = f"0/{len(nodes)} nodes are available"
    if reasons:
        message += ": " + ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    message += "." if nodes else ": no nodes available to schedule pods."
    before = condition(pod, "PodScheduled")
    if before is None or before.get("message") != message:
        said = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        made = cluster.set(POD, pod, status={**pod["status"], "conditions": with_condition(conditions, said, now)})
        cluster.record(POD, made, "Warning", "FailedScheduling", message, "default-scheduler")


def _against(pod: Object, node: Object, here: list[Object]) -> list[str]:
    """Why a pod cannot run on a node, in the scheduler's words."""
    spec = node.get("spec") or {}
    wanted = pod["spec"].get("nodeSelector") or {}
    labels = node["metadata"].get("labels") or {}
    if spec.get("unschedulable"):
        return ["node(s) were unschedulable"]
    if any(labels.get(name) != text for name, text in wanted.items()):
        return ["node(s) didn't match Pod's node affinity/selector"]
    for taint in spec.get("taints") or ():
        if taint["effect"] in ("NoSchedule", "NoExecute") and not tolerates(pod, taint):
            return [f"node(s) had untolerated taint(s) {{{taint['key']}: {taint.get('value', '')}}}"]
    return _room(pod, node, here)


def tolerates(pod: Object, taint: Object) -> bool:
    """Whether a pod bears a taint."""
    return any(bears(one, taint) for one in pod["spec"].get("tolerations") or ())


def bears(toleration: Object, taint: Object) -> bool:
    """Whether one toleration is about a taint."""
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    if toleration.get("key") not in (None, "", taint["key"]):
        return False
    exists = toleration.get("operator") == "Exists"
    return exists or toleration.get("value", "") == taint.get("value", "")


def _room(pod: Object, node: Object, here: list[Object]) -> list[str]:
    status = node.get("status") or {}
    room = status.get("allocatable") or {}
    lacking = []
    if len(here) + 1 > amount(room.get("pods", "110")):
        lacking.append("Too many pods")
    for name in ("cpu", "memory", "ephemeral-storage"):
        mine = requested(pod, name)
        if mine and sum(requested(one, name) for one in here) + mine > amount(room.get(name, "0")):
            lacking.append(f"Insufficient {name}")
    return lacking


def requested(pod: Object, name: str) -> float:
    """How much of something the containers of a pod ask for."""
    total = 0.0
    for container in pod["spec"].get("containers") or ():
        resources = container.get("resources") or {}
        given = (resources.get("requests") or {}).get(name, (resources.get("limits") or {}).get(name, 0))
        total += amount(given)
    return total
