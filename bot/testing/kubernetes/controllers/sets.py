"""StatefulSets: pods with names that stay, one after the other; their templates are kept as ControllerRevisions."""

from __future__ import annotations

from datetime import datetime

from bot.testing.kubernetes.cluster import Cluster
from bot.testing.kubernetes.controllers.owned import (
    available,
    end_pod,
    hashed,
    is_going,
    is_over,
    is_ready,
    make_pod,
    owned,
    reference,
)
from bot.testing.kubernetes.kinds import POD, REVISION, STATEFUL_SET, Kind
from bot.testing.kubernetes.refusals import Object

HASH = "controller-revision-hash"


def control(cluster: Cluster) -> datetime | None:
    """One pass."""
    for one in cluster.store.all(STATEFUL_SET):
        if not is_going(one):
            _one(cluster, one)
    return None


def revised(cluster: Cluster, kind: Kind, owner: Object) -> str:
    """The revision of the present template, kept as an object; the newest has the highest number."""
    template = owner["spec"]["template"]
    kept = owned(cluster, REVISION, owner)
    highest = max((one["revision"] for one in kept), default=0)
    same = next((one for one in kept if one["data"]["spec"]["template"] == {**template, "$patch": "replace"}), None)
    if same is None:
        name = f"{owner['metadata']['name']}-{hashed(template)}"
        metadata = {
            "name": name,
            "namespace": owner["metadata"]["namespace"],
            "labels": {**(template["metadata"].get("labels") or {}), HASH: name},
            "ownerReferences": [reference(kind, owner)],
        }
        data = {"spec": {"template": {**template, "$patch": "replace"}}}
        cluster.make(REVISION, {"metadata": metadata, "data": data, "revision": highest + 1})
        return name
    if same["revision"] < highest:
        cluster.set(REVISION, same, revision=highest + 1)
    return str(same["metadata"]["name"])


def _ordinal(pod: Object) -> int:
    return int(pod["metadata"]["name"].rpartition("-")[2])


def _one(cluster: Cluster, one: Object) -> None:
    spec = one["spec"]
    revision = revised(cluster, STATEFUL_SET, one)
    pods = sorted(owned(cluster, POD, one), key=_ordinal)
    by_number = {_ordinal(pod): pod for pod in pods}
    in_order = spec["podManagementPolicy"] == "OrderedReady"
    settled = _fill(cluster, one, by_number, revision, in_order=in_order)
    for pod in reversed(pods):
        if _ordinal(pod) >= spec["replicas"] and not is_going(pod):
            end_pod(cluster, STATEFUL_SET, one, pod)
            settled = False
            if in_order:
                break
    if settled:
        _update(cluster, one, pods, revision)
    _tell(cluster, one, revision)


def _fill(cluster: Cluster, one: Object, pods: dict[int, Object], revision: str, *, in_order: bool) -> bool:
    """Makes the pods that are missing; returns whether all are there and ready."""
    template = one["spec"]["template"]
    labels = {**(template["metadata"].get("labels") or {}), HASH: revision}
    settled = True
    for number in range(one["spec"]["replicas"]):
        pod = pods.get(number)
        if pod is None or (is_over(pod) and not is_going(pod)):
            settled = False
            if pod is not None:
                end_pod(cluster, STATEFUL_SET, one, pod)
            else:
                name = f"{one['metadata']['name']}-{number}"
                own = {
                    **labels,
                    "statefulset.kubernetes.io/pod-name": name,
                    "apps.kubernetes.io/pod-index": str(number),
                }
                made = {**template, "metadata": {**template["metadata"], "labels": own}}
                make_pod(cluster, STATEFUL_SET, one, made, name=name)
        settled = settled and pod is not None and is_ready(pod) and not is_going(pod)
        if in_order and not settled:
            break
    return settled


def _update(cluster: Cluster, one: Object, pods: list[Object], revision: str) -> None:
    """The last pod of an older revision is the next to go."""
    strategy = one["spec"]["updateStrategy"]
    if strategy["type"] != "RollingUpdate":
        return
    partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
    for pod in reversed(pods):
        if _ordinal(pod) >= partition and pod["metadata"]["labels"].get(HASH) != revision:
            end_pod(cluster, STATEFUL_SET, one, pod)
            return


def _tell(cluster: Cluster, one: Object, revision: str) -> None:
    pods = [pod for pod in owned(cluster, POD, one) if not is_over(pod)]
    new = [pod for pod in pods if pod["metadata"]["labels"].get(HASH) == revision and not is_going(pod)]
    before = one.get("status") or {}
    useful, _ = available(pods, one["spec"].get("minReadySeconds") or 0, cluster.now())
    done = len(new) == len(pods) == one["spec"]["replicas"] and all(is_ready(pod) for pod in pods)
    current = revision if done else before.get("currentRevision", revision)
    status = {
        "observedGeneration": one["metadata"]["generation"],
        "replicas": len(pods),
        "readyReplicas": sum(1 for pod in pods if is_ready(pod) and not is_going(pod)),
        "availableReplicas": len(useful),
        "updatedReplicas": len(new),
        "currentReplicas": sum(1 for pod in pods if pod["metadata"]["labels"].get(HASH) == current),
        "currentRevision": current,
        "updateRevision": revision,
        "collisionCount": 0,
    }
    cluster.set(STATEFUL_SET, one, status=status)
