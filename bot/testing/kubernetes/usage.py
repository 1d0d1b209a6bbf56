"""metrics.k8s.io: how much of CPU and memory pods and nodes use, as the test says or as a quiet cluster would."""

from __future__ import annotations

from bot.testing.kubernetes import selectors
from bot.testing.kubernetes.access import Ask
from bot.testing.kubernetes.asked import Asked
from bot.testing.kubernetes.cluster import Cluster, stamp
from bot.testing.kubernetes.kinds import NODE, POD
from bot.testing.kubernetes.refusals import NoSuchPath, Object, Refused

_ROOT = "/apis/metrics.k8s.io/v1beta1/"
_GROUP = "metrics.k8s.io"
_QUIET = {"cpu": "5m", "memory": "32Mi"}


def is_one(path: str) -> bool:
    """Whether a path is about usage."""
    return path.startswith(_ROOT)


def measured(cluster: Cluster, asked: Asked) -> Object:
    """One measurement, or a list of them."""
    parts = asked.path[len(_ROOT) :].strip("/").split("/")
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 2:
        namespace, parts = parts[1], parts[2:]
    plural, name = parts[0], parts[1] if len(parts) > 1 else ""
    if not cluster.settings.metrics or plural not in ("nodes", "pods") or len(parts) > 2:
        raise NoSuchPath(asked.path)
    verb = "get" if name else "list"
    cluster.access.check(asked.user, Ask(verb=verb, group=_GROUP, resource=plural, namespace=namespace, name=name))
    found = _nodes(cluster) if plural == "nodes" else _pods(cluster, namespace)
    fits = selectors.by_labels(asked.get("labelSelector"))
    found = [one for one in found if fits(one)]
    if name:
        for one in found:
            if one["metadata"]["name"] == name:
                return one
        details = {"name": name, "group": _GROUP, "kind": plural}
        raise Refused(404, "NotFound", f'{plural}.{_GROUP} "{name}" not found', details=details)
    kind = "NodeMetricsList" if plural == "nodes" else "PodMetricsList"
    return {"kind": kind, "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": found}


def _nodes(cluster: Cluster) -> list[Object]:
    quiet = {"cpu": "100m", "memory": "1Gi"}
    return [
        _one(cluster, "NodeMetrics", node, usage=_said(cluster, f"node/{node['metadata']['name']}", quiet))
        for node in cluster.store.all(NODE)
    ]


def _pods(cluster: Cluster, namespace: str) -> list[Object]:
    found = []
    for pod in cluster.store.all(POD, namespace):
        if pod["status"].get("phase") != "Running":
            continue
        key = f"pod/{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        containers = [{"name": one["name"], "usage": _said(cluster, key, _QUIET)} for one in pod["spec"]["containers"]]
        found.append(_one(cluster, "PodMetrics", pod, containers=containers))
    return found


def _said(cluster: Cluster, key: str, quiet: Object) -> Object:
    return {**quiet, **cluster.usage.get(key, {})}


def _one(cluster: Cluster, kind: str, about: Object, **parts: object) -> Object:
    kept = {name: about["metadata"][name] for name in ("name", "namespace", "labels") if name in about["metadata"]}
    at = stamp(cluster.now())
    metadata = {**kept, "creationTimestamp": at}
    return {
        "kind": kind,
        "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": metadata,
        "timestamp": at,
        "window": "15s",
        **parts,
    }
