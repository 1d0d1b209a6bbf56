"""Parts of objects that have an address of their own: the scale of a workload, the eviction of a pod."""

from __future__ import annotations

from bot.testing.kubernetes import selectors
from bot.testing.kubernetes.asked import Asked, Target
from bot.testing.kubernetes.cluster import Cluster
from bot.testing.kubernetes.controllers.budgets import matching
from bot.testing.kubernetes.controllers.owned import is_going, is_over, is_ready
from bot.testing.kubernetes.deleting import deletion
from bot.testing.kubernetes.kinds import BUDGET, Kind
from bot.testing.kubernetes.objects import Objects
from bot.testing.kubernetes.refusals import (
    Object,
    Refused,
    another_name,
    another_namespace,
    bad_request,
    conflict,
    invalid,
    undecodable_patch,
    wrong,
)
from bot.testing.kubernetes.store import key_of

_SCALE = Kind(group="autoscaling", version="v1", kind="Scale", plural="scales")
_BLOCKED = "Cannot evict pod as it would violate the pod's disruption budget."
_SEVERAL = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
_PROCESSED_AGAIN = 10


def scale(value: Object) -> Object:
    """The scale of a workload."""
    metadata = value["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in kept},
        "spec": {"replicas": value["spec"].get("replicas", 0)},
        "status": {
            "replicas": (value.get("status") or {}).get("replicas", 0),
            "selector": selectors.written(value["spec"].get("selector")),
        },
    }


def rescale(objects: Objects, asked: Asked, at: Target) -> Object:
    """PUT or PATCH of a scale; nothing of the workload but its replicas changes."""
    before = objects.found(at)
    shown = scale(before)
    if asked.method == "PATCH":
        asked.check_patch()
        made = objects.patched(asked, None, shown)
    else:
        made = asked.written()
    metadata, spec = made.get("metadata") or {}, made.get("spec") or {}
    if (said := made.get("kind", "Scale")) != "Scale":
        raise bad_request(f'{said} in version "v1" cannot be handled as a Scale: converting ({said}) to (Scale)')
    unknown = [f'unknown field "spec.{name}"' for name in spec if name != "replicas"]
    if unknown and asked.validation == "Strict":
        text = f"strict decoding error: {', '.join(unknown)}"
        raise undecodable_patch(text) if asked.method == "PATCH" else bad_request(text)
    if metadata.get("name", at.name) != at.name:
        raise another_name(metadata["name"], at.name)
    if (version := metadata.get("resourceVersion")) and version != before["metadata"]["resourceVersion"]:
        raise conflict(at.kind, at.name)
    if (uid := metadata.get("uid")) and uid != before["metadata"]["uid"]:
        why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {before['metadata']['uid']}"
        raise conflict(at.kind, at.name, why)
    replicas = spec.get("replicas", 0)
    if not isinstance(replicas, int) or isinstance(replicas, bool):
        raise bad_request(
            'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal '
            f"{type(replicas).__name__} into Go struct field ScaleSpec.spec.replicas of type int32"
        )
    if replicas < 0:
        raise invalid(_SCALE, at.name, [wrong("spec.replicas", replicas, "must be greater than or equal to 0")])
    value = {**before, "metadata": {**before["metadata"]}, "spec": {**before["spec"], "replicas": replicas}}
    return scale(objects.replace(asked, Target(kind=at.kind, namespace=at.namespace, name=at.name), before, value))


def evict(cluster: Cluster, objects: Objects, asked: Asked, at: Target) -> Object:
    """POST of an eviction: a deletion, if the budgets allow it."""
    body = asked.written()
    if body.get("kind") not in (None, "Eviction"):
        raise bad_request(f'{body["kind"]} in version "v1" cannot be handled as a Eviction: unknown conversion')
    metadata = body.get("metadata") or {}
    if metadata.get("namespace", at.namespace) != at.namespace:
        raise another_namespace()
    if metadata.get("name") != at.name:
        raise bad_request("name in URL does not match name in Eviction object")
    is_dry, options = asked.is_dry, body.get("deleteOptions") or {}
    how = deletion({"dryRun": ["All"] if is_dry else [], **options})
    pod = objects.found(at)
    if not (is_over(pod) or is_going(pod) or pod["status"].get("phase") == "Pending"):
        budgets = [one for one in cluster.store.all(BUDGET, at.namespace) if pod in matching(cluster, one)]
        if len(budgets) > 1:
            raise Refused(500, "", _SEVERAL)
        for budget in budgets:
            _spend(cluster, pod, budget, is_dry=how.is_dry)
    objects.remove(at, how)
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def _spend(cluster: Cluster, pod: Object, budget: Object, *, is_dry: bool) -> None:
    status, name = budget.get("status") or {}, budget["metadata"]["name"]
    healthy, desired = status.get("currentHealthy", 0), status.get("desiredHealthy", 0)
    if not is_ready(pod):
        policy = budget["spec"].get("unhealthyPodEvictionPolicy", "IfHealthyBudget")
        if policy == "AlwaysAllow" or healthy >= desired > 0:
            return
    if status.get("observedGeneration", 0) < budget["metadata"]["generation"]:
        why = f"The disruption budget {name} is still being processed by the server."
        raise _blocked(why, retry_after=_PROCESSED_AGAIN)
    allowed = status.get("disruptionsAllowed", 0)
    if allowed <= 0:
        why = f"The disruption budget {name} needs {desired} healthy pods and has {healthy} currently"
        raise _blocked(
            why if healthy <= desired else f"The disruption budget {name} does not allow evicting pods currently"
        )
    if not is_dry:
        current = cluster.store.get(BUDGET, key_of(BUDGET, budget)) or budget
        cluster.set(BUDGET, current, status={**status, "disruptionsAllowed": allowed - 1})


def _blocked(why: str, *, retry_after: int | None = None) -> Refused:
    details = {"causes": [{"reason": "DisruptionBudget", "message": why}]}
    return Refused(429, "TooManyRequests", _BLOCKED, details=details, retry_after=retry_after)
