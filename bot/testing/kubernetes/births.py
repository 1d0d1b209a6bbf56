"""What the server adds to an object at its making: the defaults, and what it gives out itself."""

from __future__ import annotations

from bot.testing.kubernetes import defaults
from bot.testing.kubernetes.cluster import Cluster
from bot.testing.kubernetes.kinds import AUTOSCALER, JOB, NAMESPACE, POD, SERVICE, Kind
from bot.testing.kubernetes.refusals import Object


def born(cluster: Cluster, kind: Kind, value: Object) -> None:
    """Fills in a new object, in place; its status is the cluster's to say."""
    defaults.fill(kind, value)
    if "status" in kind.subresources:
        value["status"] = {}
    if kind is POD:
        value["status"] = {"phase": "Pending", "qosClass": quality(value.get("spec") or {})}
    elif kind is NAMESPACE:
        name = value["metadata"]["name"]
        value["metadata"]["labels"] = {**(value["metadata"].get("labels") or {}), "kubernetes.io/metadata.name": name}
        value["status"] = {"phase": "Active"}
    elif kind is SERVICE:
        _address(cluster, value.get("spec") or {})
    elif kind is AUTOSCALER:
        value["status"] = {"currentReplicas": 0, "desiredReplicas": 0, "currentMetrics": None}
    elif kind is JOB:
        _selector(value)


def quality(spec: Object) -> str:
    """The class of service of a pod, by what its containers ask for."""
    wanted = [container.get("resources") or {} for container in spec.get("containers") or ()]
    if not any(one.get("requests") or one.get("limits") for one in wanted):
        return "BestEffort"
    full = all(
        {"cpu", "memory"} <= set(one.get("limits") or {}) and (one.get("requests") or one["limits"]) == one["limits"]
        for one in wanted
    )
    return "Guaranteed" if full else "Burstable"


def _address(cluster: Cluster, spec: Object) -> None:
    if spec.get("type") != "ExternalName" and not spec.get("clusterIP"):
        number = sum(1 for _ in cluster.store.all(SERVICE)) + 1
        spec["clusterIP"] = f"10.96.{number // 250}.{number % 250 + 1}"
        spec["clusterIPs"] = [spec["clusterIP"]]


def _selector(value: Object) -> None:
    """A job finds its pods by its own uid."""
    spec, metadata = value.get("spec") or {}, value["metadata"]
    if spec.get("manualSelector") or not isinstance(spec.get("template"), dict):
        return
    uid, name = metadata["uid"], metadata["name"]
    selector = spec["selector"] = {**(spec.get("selector") or {})}
    selector["matchLabels"] = {"batch.kubernetes.io/controller-uid": uid, **(selector.get("matchLabels") or {})}
    template = spec["template"]
    template["metadata"] = {**(template.get("metadata") or {})}
    template["metadata"]["labels"] = {
        "batch.kubernetes.io/controller-uid": uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
        **(template["metadata"].get("labels") or {}),
    }
