"""Where the kinds of objects live in the API, and how an object is told from others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from bot.documents import suggest

Object = dict[str, Any]  # Any: whatever JSON an object of the API holds


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object. `known`: it is built in; of another nobody knows here whether it lies in namespaces."""

    name: str
    plural: str
    group: str = ""
    version: str = "v1"
    namespaced: bool = True
    short: str = ""
    known: bool = True

    @property
    def resource(self) -> str:
        """Its name with its group, as permissions and messages have it: `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "", sub: str = "") -> str:
        """The address of a collection, an object, or a part of it."""
        parts = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [self.plural, *(part for part in (name, sub) if part)]
        return "/" + "/".join(quote(part, safe="") for part in parts)


def _apps(name: str, plural: str, short: str = "") -> Kind:
    return Kind(name, plural, "apps", "v1", True, short)


POD = Kind("Pod", "pods", short="po")
NODE = Kind("Node", "nodes", namespaced=False, short="no")
EVENT = Kind("Event", "events", short="ev")
SECRET = Kind("Secret", "secrets")
DEPLOYMENT = _apps("Deployment", "deployments", "deploy")
REPLICA_SET = _apps("ReplicaSet", "replicasets", "rs")
STATEFUL_SET = _apps("StatefulSet", "statefulsets", "sts")
DAEMON_SET = _apps("DaemonSet", "daemonsets", "ds")
REVISION = _apps("ControllerRevision", "controllerrevisions")
JOB = Kind("Job", "jobs", "batch")
CRON_JOB = Kind("CronJob", "cronjobs", "batch", short="cj")
AUTOSCALER = Kind("HorizontalPodAutoscaler", "horizontalpodautoscalers", "autoscaling", "v2", short="hpa")
NAMESPACE = Kind("Namespace", "namespaces", namespaced=False, short="ns")
BUDGET = Kind("PodDisruptionBudget", "poddisruptionbudgets", "policy", short="pdb")
_RBAC = "rbac.authorization.k8s.io"

KINDS = (
    POD, NODE, EVENT, SECRET, DEPLOYMENT, REPLICA_SET, STATEFUL_SET, DAEMON_SET, REVISION, JOB, CRON_JOB, AUTOSCALER,
    BUDGET,
    NAMESPACE,
    Kind("Service", "services", short="svc"),
    Kind("ConfigMap", "configmaps", short="cm"),
    Kind("ServiceAccount", "serviceaccounts", short="sa"),
    Kind("PersistentVolumeClaim", "persistentvolumeclaims", short="pvc"),
    Kind("PersistentVolume", "persistentvolumes", namespaced=False, short="pv"),
    Kind("ResourceQuota", "resourcequotas", short="quota"),
    Kind("LimitRange", "limitranges", short="limits"),
    Kind("Endpoints", "endpoints", short="ep"),
    Kind("EndpointSlice", "endpointslices", "discovery.k8s.io"),
    Kind("Ingress", "ingresses", "networking.k8s.io", short="ing"),
    Kind("NetworkPolicy", "networkpolicies", "networking.k8s.io", short="netpol"),
    Kind("Lease", "leases", "coordination.k8s.io"),
    Kind("PriorityClass", "priorityclasses", "scheduling.k8s.io", namespaced=False, short="pc"),
    Kind("StorageClass", "storageclasses", "storage.k8s.io", namespaced=False, short="sc"),
    Kind("VolumeAttachment", "volumeattachments", "storage.k8s.io", namespaced=False),
    Kind("Role", "roles", _RBAC),
    Kind("RoleBinding", "rolebindings", _RBAC),
    Kind("ClusterRole", "clusterroles", _RBAC, namespaced=False),
    Kind("ClusterRoleBinding", "clusterrolebindings", _RBAC, namespaced=False),
)  # fmt: skip


def _words() -> Iterator[tuple[str, Kind]]:
    for kind in KINDS:
        for word in (kind.name, kind.plural, kind.short):
            if word:
                yield word.lower(), kind


_BY_WORD = dict(_words())
_BY_NAME = {(kind.api_version, kind.name): kind for kind in KINDS}
_BY_RESOURCE = {(kind.plural, kind.group): kind for kind in KINDS}


def find(word: str, namespace: str = "") -> Kind:
    """The kind that a word means; a custom one has a namespace when one is given. ValueError when there is none."""
    known = _BY_WORD.get(word.lower())
    if known is not None:
        return known
    plural, _, rest = word.partition(".")
    version, _, group = rest.partition(".")
    if group:
        built_in = _BY_RESOURCE.get((plural, group))
        if built_in is not None:  # whichever way it is written, it is what it is
            return replace(built_in, version=version)
        return Kind(word, plural, group, version, namespaced=bool(namespace), known=False)
    close = suggest(word, [kind.name for kind in KINDS])
    raise ValueError(f"no kind of object is called {word!r}{close}; a custom one is written PLURAL.VERSION.GROUP")


def named(api_version: str, name: str) -> Kind | None:
    """The kind as a manifest writes it; None for one that is not built in."""
    return _BY_NAME.get((api_version, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Which object. `namespace` is empty where its kind has none."""

    kind: Kind
    namespace: str = ""
    name: str

    def path(self, sub: str = "") -> str:
        """Its address, or that of a part of it."""
        return self.kind.path(self.namespace, self.name, sub)

    def __str__(self) -> str:
        parts = (self.kind.name.lower(), self.namespace, self.name)
        return "/".join(part for part in parts if part)


def at(value: Object, path: str, missing: Any = None) -> Any:  # Any: any JSON value
    """What stands at a path of fields; `missing` where a field on the way is not there."""
    found: Any = value
    for field in path.split("."):
        if not isinstance(found, dict) or found.get(field) is None:
            return missing
        found = found[field]
    return found
