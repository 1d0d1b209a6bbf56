"""What controllers have in common: who owns what, which pods are ready, conditions, and the making of pods."""

from __future__ import annotations

import copy
import json
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.testing.kubernetes import defaults
from bot.testing.kubernetes.births import born
from bot.testing.kubernetes.cluster import Cluster, moment, stamp
from bot.testing.kubernetes.kinds import POD, Kind
from bot.testing.kubernetes.refusals import Object

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
HASH = "pod-template-hash"


def reference(kind: Kind, owner: Object) -> Object:
    """The ownerReference of what a controller makes."""
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def controller_of(value: Object) -> Object | None:
    """The ownerReference of the controller of an object."""
    references = value["metadata"].get("ownerReferences") or ()
    return next((one for one in references if one.get("controller")), None)


def owned(cluster: Cluster, kind: Kind, owner: Object) -> list[Object]:
    """The objects of a kind that a controller made."""
    uid = owner["metadata"]["uid"]
    return [
        one
        for one in cluster.store.all(kind, owner["metadata"].get("namespace", ""))
        if (by := controller_of(one)) is not None and by["uid"] == uid
    ]


def is_going(value: Object) -> bool:
    """Whether it is being deleted."""
    return "deletionTimestamp" in value["metadata"]


def is_over(pod: Object) -> bool:
    """Whether a pod has ended for good."""
    return pod["status"].get("phase") in ("Succeeded", "Failed")


def condition(value: Object, type_: str) -> Object | None:
    """One condition of an object."""
    found = (one for one in (value.get("status") or {}).get("conditions") or () if one["type"] == type_)
    return next(found, None)


def is_ready(pod: Object) -> bool:
    """Whether a pod is ready."""
    found = condition(pod, "Ready")
    return found is not None and found["status"] == "True"


def available(pods: Iterable[Object], seconds: int, now: datetime) -> tuple[list[Object], datetime | None]:
    """The pods that are ready for so long, and when the next one will be."""
    found, dues = [], []
    for pod in pods:
        if not is_ready(pod) or is_going(pod):
            continue
        since = condition(pod, "Ready") or {}
        due = moment(since["lastTransitionTime"]) + timedelta(seconds=seconds)
        if not seconds or due <= now:
            found.append(pod)
        else:
            dues.append(due)
    return found, min(dues, default=None)


def with_condition(conditions: Iterable[Object], new: Object, now: datetime, *, updates: bool = False) -> list[Object]:
    """Conditions with one more, or one that says something else; its time moves only when its status does."""
    old = {one["type"]: one for one in conditions}
    before = old.get(new["type"])
    at = stamp(now)
    made = {**new, "lastTransitionTime": at}
    if before is not None and before["status"] == new["status"]:
        made["lastTransitionTime"] = before["lastTransitionTime"]
    if updates:
        made["lastUpdateTime"] = at
        if before is not None and all(before.get(name) == new.get(name) for name in ("status", "reason", "message")):
            made["lastUpdateTime"] = before["lastUpdateTime"]
    return list((old | {new["type"]: made}).values())


def hashed(template: Object) -> str:
    """A short name for what a template says."""
    number = zlib.crc32(json.dumps(template, sort_keys=True).encode())
    letters = ""
    for _ in range(9):
        number, rest = divmod(number, len(_LETTERS)) if number else (zlib.crc32(letters.encode()), 0)
        letters += _LETTERS[rest]
    return letters


def without_hash(template: Object) -> Object:
    """A template as the deployment has it."""
    metadata = {**(template.get("metadata") or {})}
    labels = {name: value for name, value in (metadata.get("labels") or {}).items() if name != HASH}
    return {**template, "metadata": {**metadata, "labels": labels}}


def make_pod(cluster: Cluster, kind: Kind, owner: Object, template: Object, name: str = "", node: str = "") -> Object:
    """A pod of a controller. `node`: where it is to run, for those that no scheduler places."""
    given = template.get("metadata") or {}
    metadata: Object = {
        "name": name or cluster.name(f"{owner['metadata']['name']}-"),
        "namespace": owner["metadata"]["namespace"],
        "labels": dict(given.get("labels") or {}),
        "ownerReferences": [reference(kind, owner)],
    }
    if not name:
        metadata["generateName"] = f"{owner['metadata']['name']}-"
    if given.get("annotations"):
        metadata["annotations"] = dict(given["annotations"])
    pod: Object = {"metadata": metadata, "spec": copy.deepcopy(template["spec"])}
    if node:
        pod["spec"]["nodeName"] = node
    born(cluster, POD, pod)
    defaults.fill(POD, pod)
    made = cluster.make(POD, pod)
    cluster.record(kind, owner, "Normal", "SuccessfulCreate", f"Created pod: {metadata['name']}", _COMPONENT[kind.kind])
    return made


def end_pod(cluster: Cluster, kind: Kind, owner: Object, pod: Object) -> None:
    """Deletes a pod of a controller, with its grace."""
    name = pod["metadata"]["name"]
    grace = (
        pod["spec"].get("terminationGracePeriodSeconds", 30) if pod["spec"].get("nodeName") and not is_over(pod) else 0
    )
    cluster.delete(POD, pod, grace=grace)
    cluster.record(kind, owner, "Normal", "SuccessfulDelete", f"Deleted pod: {name}", _COMPONENT[kind.kind])


_COMPONENT = {
    "ReplicaSet": "replicaset-controller",
    "StatefulSet": "statefulset-controller",
    "DaemonSet": "daemonset-controller",
    "Job": "job-controller",
}
