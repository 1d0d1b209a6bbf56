"""Deployments: a ReplicaSet for each template, and the way from one to the next."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta

from bot.testing.kubernetes.cluster import Cluster, moment
from bot.testing.kubernetes.controllers import progress
from bot.testing.kubernetes.controllers.owned import HASH, condition, hashed, is_going, owned, reference, without_hash
from bot.testing.kubernetes.kinds import DEPLOYMENT, POD, REPLICA_SET
from bot.testing.kubernetes.quantities import share
from bot.testing.kubernetes.refusals import Object
from bot.testing.kubernetes.store import key_of

REVISION = "deployment.kubernetes.io/revision"
_DESIRED, _MAXIMUM = "deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas"
_NOT_COPIED = ("kubectl.kubernetes.io/last-applied-configuration", REVISION, _DESIRED, _MAXIMUM)
_COMPONENT = "deployment-controller"


def control(cluster: Cluster) -> datetime | None:
    """One pass."""
    dues = [_one(cluster, one) for one in cluster.store.all(DEPLOYMENT) if not is_going(one)]
    return min((due for due in dues if due is not None), default=None)


def _one(cluster: Cluster, deployment: Object) -> datetime | None:
    sets = owned(cluster, REPLICA_SET, deployment)
    new = next((one for one in sets if _same(one, deployment)), None)
    if deployment["spec"].get("paused"):
        _scale_paused(cluster, deployment, sets)
    else:
        new = _newest(cluster, deployment, sets, new)
        old = [one for one in sets if one["metadata"]["uid"] != new["metadata"]["uid"]]
        if deployment["spec"]["strategy"]["type"] == "Recreate":
            _recreate(cluster, deployment, new, old)
        else:
            _roll(cluster, deployment, new, old)
        _clean(cluster, deployment, old)
    current = cluster.store.get(DEPLOYMENT, key_of(DEPLOYMENT, deployment))
    if current is None:
        return None
    made = progress.tell(cluster, current, owned(cluster, REPLICA_SET, current), new)
    reported = condition(made, "Progressing")
    deadline = made["spec"].get("progressDeadlineSeconds")
    if deadline is None or reported is None or reported["reason"] not in progress.UNDER_WAY:
        return None
    return moment(reported["lastUpdateTime"]) + timedelta(seconds=deadline + 1)


def _same(one: Object, deployment: Object) -> bool:
    return without_hash(one["spec"]["template"]) == without_hash(deployment["spec"]["template"])


def revision(one: Object) -> int:
    """The number of a ReplicaSet in its deployment's history."""
    return int((one["metadata"].get("annotations") or {}).get(REVISION, 0))


def _newest(cluster: Cluster, deployment: Object, sets: list[Object], new: Object | None) -> Object:
    """The ReplicaSet of the present template: made, or found again and given the next revision."""
    highest = max((revision(one) for one in sets if one is not new), default=0)
    number = revision(new) if new is not None and revision(new) > highest else highest + 1
    copied = {
        name: text
        for name, text in (deployment["metadata"].get("annotations") or {}).items()
        if name not in _NOT_COPIED
    }
    replicas = deployment["spec"]["replicas"]
    annotations = {
        **copied,
        REVISION: str(number),
        _DESIRED: str(replicas),
        _MAXIMUM: str(replicas + _bounds(deployment)[0]),
    }
    if new is None:
        new = _make(cluster, deployment, annotations)
    else:
        kept = new["metadata"].get("annotations") or {}
        new = cluster.set(REPLICA_SET, new, metadata={**new["metadata"], "annotations": {**kept, **annotations}})
    own = deployment["metadata"].get("annotations") or {}
    if own.get(REVISION) != str(number):
        metadata = {**deployment["metadata"], "annotations": {**own, REVISION: str(number)}}
        cluster.set(DEPLOYMENT, deployment, metadata=metadata)
    return new


def _make(cluster: Cluster, deployment: Object, annotations: dict[str, str]) -> Object:
    template = copy.deepcopy(deployment["spec"]["template"])
    hash_ = hashed(template)
    labels = {**(template["metadata"].get("labels") or {}), HASH: hash_}
    template["metadata"]["labels"] = labels
    selector = copy.deepcopy(deployment["spec"]["selector"])
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH: hash_}
    metadata = {
        "name": f"{deployment['metadata']['name']}-{hash_}",
        "namespace": deployment["metadata"]["namespace"],
        "labels": labels,
        "annotations": annotations,
        "ownerReferences": [reference(DEPLOYMENT, deployment)],
    }
    spec: Object = {"replicas": 0, "selector": selector, "template": template}
    if seconds := deployment["spec"].get("minReadySeconds"):
        spec["minReadySeconds"] = seconds
    return cluster.make(REPLICA_SET, {"metadata": metadata, "spec": spec, "status": {"replicas": 0}})


def _bounds(deployment: Object) -> tuple[int, int]:
    """How many pods there may be beyond those wanted, and how many may be missing."""
    spec = deployment["spec"]
    rolling = spec["strategy"].get("rollingUpdate")
    if rolling is None:
        return 0, spec["replicas"]
    surge = share(rolling.get("maxSurge", "25%"), spec["replicas"], up=True)
    missing = share(rolling.get("maxUnavailable", "25%"), spec["replicas"], up=False)
    return (surge, missing) if surge or missing else (0, 1)


def _to(cluster: Cluster, deployment: Object, one: Object, replicas: int) -> None:
    before = one["spec"]["replicas"]
    if before == replicas:
        return
    cluster.set(REPLICA_SET, one, spec={**one["spec"], "replicas": replicas})
    way = "up" if replicas > before else "down"
    message = f"Scaled {way} replica set {one['metadata']['name']} from {before} to {replicas}"
    cluster.record(DEPLOYMENT, deployment, "Normal", "ScalingReplicaSet", message, _COMPONENT)


def _scale_paused(cluster: Cluster, deployment: Object, sets: list[Object]) -> None:
    active = [one for one in sets if one["spec"]["replicas"]] or sorted(sets, key=revision)[-1:]
    if len(active) == 1:
        _to(cluster, deployment, active[0], deployment["spec"]["replicas"])


def _recreate(cluster: Cluster, deployment: Object, new: Object, old: list[Object]) -> None:
    for one in old:
        _to(cluster, deployment, one, 0)
    if not any(owned(cluster, POD, one) for one in old):
        _to(cluster, deployment, new, deployment["spec"]["replicas"])


def _roll(cluster: Cluster, deployment: Object, new: Object, old: list[Object]) -> None:
    wanted = deployment["spec"]["replicas"]
    surge, missing = _bounds(deployment)
    have = new["spec"]["replicas"]
    total = have + sum(one["spec"]["replicas"] for one in old)
    if have > wanted:
        _to(cluster, deployment, new, wanted)
    elif have < wanted and total < wanted + surge:
        _to(cluster, deployment, new, have + min(wanted - have, wanted + surge - total))
    elif total > have:
        _shrink(cluster, deployment, new, old, wanted - missing)


def _shrink(cluster: Cluster, deployment: Object, new: Object, old: list[Object], least: int) -> None:
    """Old pods go, first those that are of no use, then as many as leave enough that are."""
    useless = new["spec"]["replicas"] - new["status"].get("availableReplicas", 0)
    everything = [new, *old]
    spare = sum(one["spec"]["replicas"] for one in everything) - least - useless
    if spare <= 0:
        return
    available = sum(one["status"].get("availableReplicas", 0) for one in everything)
    for one in sorted(old, key=revision):
        have, healthy = one["spec"]["replicas"], one["status"].get("availableReplicas", 0)
        if one["status"].get("replicas", 0) != have:
            return  # its pods are being made or ended; what they are will show
        broken = min(spare, have - healthy)
        more = min(healthy, max(0, available - least), spare - broken)
        available -= more
        spare -= broken + more
        _to(cluster, deployment, one, have - broken - more)


def _clean(cluster: Cluster, deployment: Object, old: list[Object]) -> None:
    limit = deployment["spec"].get("revisionHistoryLimit", 10)
    empty = [
        one for one in sorted(old, key=revision) if not one["spec"]["replicas"] and not one["status"].get("replicas")
    ]
    for one in empty[: max(0, len(empty) - limit)]:
        cluster.delete(REPLICA_SET, one)
