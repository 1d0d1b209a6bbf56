"""The kinds of objects there are: where they live, what they are called, and which parts of them have an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_PACKAGES = {"": "core", "rbac.authorization.k8s.io": "rbac"}
_ALL = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """One kind of object. `fields` are those a field selector may name, besides metadata.name and .namespace.

    `subresources` maps each to the verbs it has. `categories` are words of kubectl, as `all`.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    subresources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fields: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    generation: bool = True

    @property
    def resource(self) -> str:
        """Its name with its group, as messages have it: `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def api_version(self) -> str:
        """`apps/v1`, or `v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def definition(self) -> str:
        """Its name in the API's own schema."""
        package = _PACKAGES.get(self.group, self.group)
        return f"io.k8s.api.{package}.{self.version}.{self.kind}"

    @property
    def verbs(self) -> tuple[str, ...]:
        """What may be asked of it. Namespaces are deleted one by one."""
        return tuple(verb for verb in _ALL if verb != "deletecollection" or self.plural != "namespaces")

    @property
    def root(self) -> str:
        """The address of its group: `/apis/apps/v1`."""
        return f"/apis/{self.api_version}" if self.group else "/api/v1"

    def path(self, namespace: str = "", name: str = "") -> str:
        """The address of a collection or of an object."""
        within = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{self.root}{within}/{self.plural}{'/' + name if name else ''}"


_STATUS = {"status": ("get", "patch", "update")}
_SCALED = {**_STATUS, "scale": ("get", "patch", "update")}
_POD = {
    **_STATUS,
    "log": ("get",),
    "eviction": ("create",),
    "exec": ("create", "get"),
}
_POD_FIELDS = (
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
)
_EVENT_FIELDS = (
    *(
        f"involvedObject.{one}"
        for one in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
    ),
    "reason",
    "reportingComponent",
    "source",
    "type",
)

POD = Kind(
    group="", version="v1", kind="Pod", plural="pods", short=("po",), subresources=_POD, fields=_POD_FIELDS,
    categories=("all",),
)  # fmt: skip
NODE = Kind(
    group="", version="v1", kind="Node", plural="nodes", namespaced=False, short=("no",), subresources=_STATUS,
    fields=("spec.unschedulable",), generation=False,
)  # fmt: skip
NAMESPACE = Kind(
    group="", version="v1", kind="Namespace", plural="namespaces", namespaced=False, short=("ns",),
    subresources=_STATUS, fields=("status.phase",), generation=False,
)  # fmt: skip
EVENT = Kind(
    group="", version="v1", kind="Event", plural="events", short=("ev",), fields=_EVENT_FIELDS, generation=False
)
SERVICE = Kind(
    group="", version="v1", kind="Service", plural="services", short=("svc",), subresources=_STATUS,
    fields=("spec.clusterIP", "spec.type"), categories=("all",), generation=False,
)  # fmt: skip
CONFIG_MAP = Kind(group="", version="v1", kind="ConfigMap", plural="configmaps", short=("cm",), generation=False)
SECRET = Kind(group="", version="v1", kind="Secret", plural="secrets", fields=("type",), generation=False)
SERVICE_ACCOUNT = Kind(
    group="", version="v1", kind="ServiceAccount", plural="serviceaccounts", short=("sa",), generation=False
)
CLAIM = Kind(
    group="", version="v1", kind="PersistentVolumeClaim", plural="persistentvolumeclaims", short=("pvc",),
    subresources=_STATUS, generation=False,
)  # fmt: skip
DEPLOYMENT = Kind(
    group="apps", version="v1", kind="Deployment", plural="deployments", short=("deploy",), subresources=_SCALED,
    categories=("all",),
)  # fmt: skip
REPLICA_SET = Kind(
    group="apps", version="v1", kind="ReplicaSet", plural="replicasets", short=("rs",), subresources=_SCALED,
    fields=("status.replicas",), categories=("all",),
)  # fmt: skip
STATEFUL_SET = Kind(
    group="apps", version="v1", kind="StatefulSet", plural="statefulsets", short=("sts",), subresources=_SCALED,
    categories=("all",),
)  # fmt: skip
DAEMON_SET = Kind(
    group="apps", version="v1", kind="DaemonSet", plural="daemonsets", short=("ds",), subresources=_STATUS,
    categories=("all",),
)  # fmt: skip
REVISION = Kind(group="apps", version="v1", kind="ControllerRevision", plural="controllerrevisions", generation=False)
JOB = Kind(
    group="batch", version="v1", kind="Job", plural="jobs", subresources=_STATUS, fields=("status.successful",),
    categories=("all",),
)  # fmt: skip
CRON_JOB = Kind(
    group="batch", version="v1", kind="CronJob", plural="cronjobs", short=("cj",), subresources=_STATUS,
    categories=("all",),
)  # fmt: skip
BUDGET = Kind(
    group="policy", version="v1", kind="PodDisruptionBudget", plural="poddisruptionbudgets", short=("pdb",),
    subresources=_STATUS,
)  # fmt: skip
AUTOSCALER = Kind(
    group="autoscaling", version="v2", kind="HorizontalPodAutoscaler", plural="horizontalpodautoscalers",
    short=("hpa",), subresources=_STATUS, categories=("all",), generation=False,
)  # fmt: skip
_RBAC = "rbac.authorization.k8s.io"
ROLE = Kind(group=_RBAC, version="v1", kind="Role", plural="roles", generation=False)
ROLE_BINDING = Kind(group=_RBAC, version="v1", kind="RoleBinding", plural="rolebindings", generation=False)
CLUSTER_ROLE = Kind(
    group=_RBAC, version="v1", kind="ClusterRole", plural="clusterroles", namespaced=False, generation=False
)
CLUSTER_ROLE_BINDING = Kind(
    group=_RBAC,
    version="v1",
    kind="ClusterRoleBinding",
    plural="clusterrolebindings",
    namespaced=False,
    generation=False,
)

KINDS = (
    POD, NODE, NAMESPACE, EVENT, SERVICE, CONFIG_MAP, SECRET, SERVICE_ACCOUNT, CLAIM,
    DEPLOYMENT, REPLICA_SET, STATEFUL_SET, DAEMON_SET, REVISION, JOB, CRON_JOB, BUDGET, AUTOSCALER,
    ROLE, ROLE_BINDING, CLUSTER_ROLE, CLUSTER_ROLE_BINDING,
)  # fmt: skip

BY_PLACE = {(kind.group, kind.version, kind.plural): kind for kind in KINDS}
BY_NAME = {(kind.api_version, kind.kind): kind for kind in KINDS}
