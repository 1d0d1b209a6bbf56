"""What a deployment tells of itself: its numbers, and whether it is available, progressing, done, or stuck."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.testing.kubernetes.cluster import Cluster, moment
from bot.testing.kubernetes.controllers.owned import condition, with_condition
from bot.testing.kubernetes.kinds import DEPLOYMENT
from bot.testing.kubernetes.quantities import share
from bot.testing.kubernetes.refusals import Object

UNDER_WAY = ("NewReplicaSetCreated", "FoundNewReplicaSet", "ReplicaSetUpdated", "DeploymentResumed")
_COUNTS = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")


def tell(cluster: Cluster, deployment: Object, sets: list[Object], new: Object | None) -> Object:
    """Writes the status of a deployment; returns the deployment with it."""
    before = deployment.get("status") or {}
    now = cluster.now()
    if new is not None:
        new = next((one for one in sets if one["metadata"]["uid"] == new["metadata"]["uid"]), None)
    status: Object = {"observedGeneration": deployment["metadata"].get("generation", 1)}
    counts = _counts(sets, new)
    status |= {name: counts[name] for name in _COUNTS if counts[name]}
    conditions = with_condition(before.get("conditions") or (), _availability(deployment, counts), now, updates=True)
    said = _progressing(deployment, counts, before, new, now)
    if said is not None:
        moved = said["reason"] in UNDER_WAY and _moved(before, counts)
        conditions = with_condition(conditions, said, now, updates=True)
        if moved:
            conditions = [_touched(one, now) if one["type"] == "Progressing" else one for one in conditions]
    return cluster.set(DEPLOYMENT, deployment, status={**status, "conditions": conditions})


def _counts(sets: list[Object], new: Object | None) -> dict[str, int]:
    def total(name: str) -> int:
        return sum(one["status"].get(name, 0) for one in sets)

    wanted = sum(one["spec"]["replicas"] for one in sets)
    return {
        "replicas": total("replicas"),
        "updatedReplicas": new["status"].get("replicas", 0) if new is not None else 0,
        "readyReplicas": total("readyReplicas"),
        "availableReplicas": total("availableReplicas"),
        "unavailableReplicas": max(0, wanted - total("availableReplicas")),
    }


def _availability(deployment: Object, counts: dict[str, int]) -> Object:
    spec = deployment["spec"]
    rolling = spec["strategy"].get("rollingUpdate")
    missing = share(rolling.get("maxUnavailable", "25%"), spec["replicas"], up=False) if rolling else 0
    enough = counts["availableReplicas"] >= spec["replicas"] - missing
    return {
        "type": "Available",
        "status": "True" if enough else "False",
        "reason": "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
        "message": f"Deployment {'has' if enough else 'does not have'} minimum availability.",
    }


def _progressing(
    deployment: Object, counts: dict[str, int], before: Object, new: Object | None, now: datetime
) -> Object | None:
    spec = deployment["spec"]
    old = condition({"status": before}, "Progressing")
    if spec.get("paused"):
        return _said("Unknown", "DeploymentPaused", "Deployment is paused")
    if new is None:
        return None
    name = new["metadata"]["name"]
    wanted = spec["replicas"]
    done = counts["updatedReplicas"] == counts["replicas"] == counts["availableReplicas"] == wanted
    if done:
        return _said("True", "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.')
    if old is not None and old["reason"] == "DeploymentPaused":
        return _said("Unknown", "DeploymentResumed", "Deployment is resumed")
    if old is None:
        return _said("True", "NewReplicaSetCreated", f'Created new replica set "{name}"')
    if _late(old, spec, now, name) and not _moved(before, counts):
        return _said("False", "ProgressDeadlineExceeded", f'ReplicaSet "{name}" has timed out progressing.')
    if old["reason"] == "NewReplicaSetAvailable" and f'"{name}"' in old["message"] and not _updating(before, spec):
        return {name_: old[name_] for name_ in ("type", "status", "reason", "message")}  # a pod is gone, no rollout
    return _said("True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.')


def _updating(before: Object, spec: Object) -> bool:
    return bool(before.get("updatedReplicas", 0) < spec["replicas"])


def _late(old: Object, spec: Object, now: datetime, name: str) -> bool:
    if old["reason"] == "ProgressDeadlineExceeded":
        return f'"{name}"' in old["message"]
    deadline = spec.get("progressDeadlineSeconds")
    if deadline is None or old["reason"] not in UNDER_WAY or f'"{name}"' not in old["message"]:
        return False
    return moment(old["lastUpdateTime"]) + timedelta(seconds=deadline) < now


def _moved(before: Object, counts: dict[str, int]) -> bool:
    """Whether more pods are new, ready or available than before, or fewer old ones are there."""
    if any(counts[name] > before.get(name, 0) for name in ("updatedReplicas", "readyReplicas", "availableReplicas")):
        return True
    was = before.get("replicas", 0) - before.get("updatedReplicas", 0)
    return bool(counts["replicas"] - counts["updatedReplicas"] < was)


def _said(status: str, reason: str, message: str) -> Object:
    return {"type": "Progressing", "status": status, "reason": reason, "message": message}


def _touched(one: Object, now: datetime) -> Object:
    return {**one, "lastUpdateTime": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
