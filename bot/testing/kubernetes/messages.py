"""The messages of Kubernetes' API that are read from protobuf: those that kubectl's commands make, field by field.

The numbers are those of the API's `generated.proto`, and never change. A field that has none here is not spoken.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

# Any: a number or bytes as they were sent, or a message as plain JSON; plain JSON comes of it.
Read = Callable[[Any], Any]


def _text(value: bytes) -> str:
    return value.decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field. `inner`: it is a message of these; `keyed`: one of a map's entries, which have `key` and `value`.

    `pointer`: that it is zero says something.
    """

    name: str
    read: Read = _text
    inner: Mapping[int, Field] | None = None
    many: bool = False
    keyed: bool = False
    pointer: bool = False


Shape = Mapping[int, Field]


def _as_it_is(value: Any) -> Any:  # Any: see Read
    return value


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _int_or_text(value: Mapping[str, Any]) -> int | str:  # Any: see Read
    return str(value.get("text", "")) if value.get("type") else int(value.get("number", 0))


def _amount(value: Mapping[str, Any]) -> str:  # Any: see Read
    return str(value.get("text", "0"))


def _words(*names: str) -> Shape:
    """Texts, numbered from one."""
    return {number: Field(name=name) for number, name in enumerate(names, 1)}


def _texts(name: str) -> Field:
    return Field(name=name, many=True)


def _number(name: str, *, pointer: bool = True) -> Field:
    return Field(name=name, read=_as_it_is, pointer=pointer)


def _flag(name: str, *, pointer: bool = True) -> Field:
    return Field(name=name, read=bool, pointer=pointer)


def _one(name: str, inner: Shape) -> Field:
    return Field(name=name, read=_as_it_is, inner=inner)


def _many(name: str, inner: Shape) -> Field:
    return Field(name=name, read=_as_it_is, inner=inner, many=True)


def _by_key(name: str, value: Field | None = None) -> Field:
    return Field(name=name, read=_as_it_is, inner={1: Field(name="key"), 2: value or Field(name="value")}, keyed=True)


def _either(name: str) -> Field:
    inner = {1: _number("type", pointer=False), 2: _number("number", pointer=False), 3: Field(name="text")}
    return Field(name=name, read=_int_or_text, inner=inner, pointer=True)


def _quantity(name: str) -> Field:
    return Field(name=name, read=_amount, inner=_words("text"), pointer=True)


_OWNER: Shape = {
    1: Field(name="kind"), 3: Field(name="name"), 4: Field(name="uid"), 5: Field(name="apiVersion"),
    6: _flag("controller"), 7: _flag("blockOwnerDeletion"),
}  # fmt: skip
_METADATA: Shape = {
    1: Field(name="name"), 2: Field(name="generateName"), 3: Field(name="namespace"), 5: Field(name="uid"),
    6: Field(name="resourceVersion"), 11: _by_key("labels"), 12: _by_key("annotations"),
    13: _many("ownerReferences", _OWNER), 14: _texts("finalizers"),
}  # fmt: skip
_SELECTOR: Shape = {
    1: _by_key("matchLabels"),
    2: _many("matchExpressions", {1: Field(name="key"), 2: Field(name="operator"), 3: _texts("values")}),
}
_CONTAINER_PORT: Shape = {
    1: Field(name="name"), 2: _number("hostPort", pointer=False), 3: _number("containerPort", pointer=False),
    4: Field(name="protocol"), 5: Field(name="hostIP"),
}  # fmt: skip
_RESOURCES: Shape = {1: _by_key("limits", _quantity("value")), 2: _by_key("requests", _quantity("value"))}
_CONTAINER: Shape = {
    1: Field(name="name"), 2: Field(name="image"), 3: _texts("command"), 4: _texts("args"),
    5: Field(name="workingDir"), 6: _many("ports", _CONTAINER_PORT), 7: _many("env", _words("name", "value")),
    8: _one("resources", _RESOURCES), 13: Field(name="terminationMessagePath"), 14: Field(name="imagePullPolicy"),
    16: _flag("stdin", pointer=False), 17: _flag("stdinOnce", pointer=False), 18: _flag("tty", pointer=False),
    20: Field(name="terminationMessagePolicy"),
}  # fmt: skip
_POD: Shape = {
    2: _many("containers", _CONTAINER), 3: Field(name="restartPolicy"), 4: _number("terminationGracePeriodSeconds"),
    5: _number("activeDeadlineSeconds"), 6: Field(name="dnsPolicy"), 7: _by_key("nodeSelector"),
    8: Field(name="serviceAccountName"), 9: Field(name="serviceAccount"), 10: Field(name="nodeName"),
    11: _flag("hostNetwork", pointer=False), 19: Field(name="schedulerName"),
}  # fmt: skip
_TEMPLATE: Shape = {1: _one("metadata", _METADATA), 2: _one("spec", _POD)}
_DEPLOYMENT: Shape = {
    1: _number("replicas"), 2: _one("selector", _SELECTOR), 3: _one("template", _TEMPLATE),
    5: _number("minReadySeconds", pointer=False), 6: _number("revisionHistoryLimit"),
    7: _flag("paused", pointer=False), 9: _number("progressDeadlineSeconds"),
}  # fmt: skip
_JOB: Shape = {
    1: _number("parallelism"), 2: _number("completions"), 3: _number("activeDeadlineSeconds"),
    4: _one("selector", _SELECTOR), 5: _flag("manualSelector"), 6: _one("template", _TEMPLATE),
    7: _number("backoffLimit"), 8: _number("ttlSecondsAfterFinished"), 9: Field(name="completionMode"),
    10: _flag("suspend"), 14: Field(name="podReplacementPolicy"),
}  # fmt: skip
_CRON_JOB: Shape = {
    1: Field(name="schedule"), 2: _number("startingDeadlineSeconds"), 3: Field(name="concurrencyPolicy"),
    4: _flag("suspend"), 5: _one("jobTemplate", {1: _one("metadata", _METADATA), 2: _one("spec", _JOB)}),
    6: _number("successfulJobsHistoryLimit"), 7: _number("failedJobsHistoryLimit"), 8: Field(name="timeZone"),
}  # fmt: skip
_SERVICE_PORT: Shape = {
    1: Field(name="name"), 2: Field(name="protocol"), 3: _number("port", pointer=False), 4: _either("targetPort"),
    5: _number("nodePort", pointer=False), 6: Field(name="appProtocol"),
}  # fmt: skip
_SERVICE: Shape = {
    1: _many("ports", _SERVICE_PORT), 2: _by_key("selector"), 3: Field(name="clusterIP"), 4: Field(name="type"),
    5: _texts("externalIPs"), 7: Field(name="sessionAffinity"), 8: Field(name="loadBalancerIP"),
    10: Field(name="externalName"), 11: Field(name="externalTrafficPolicy"),
}  # fmt: skip
_BUDGET: Shape = {
    1: _either("minAvailable"), 2: _one("selector", _SELECTOR), 3: _either("maxUnavailable"),
    4: Field(name="unhealthyPodEvictionPolicy"),
}  # fmt: skip
_METRIC_TARGET: Shape = {
    1: Field(name="type"), 2: _quantity("value"), 3: _quantity("averageValue"), 4: _number("averageUtilization"),
}  # fmt: skip
_AUTOSCALER: Shape = {
    1: _one("scaleTargetRef", _words("kind", "name", "apiVersion")), 2: _number("minReplicas"),
    3: _number("maxReplicas", pointer=False),
    4: _many(
        "metrics",
        {1: Field(name="type"), 4: _one("resource", {1: Field(name="name"), 2: _one("target", _METRIC_TARGET)})},
    ),
}  # fmt: skip
_RULES = _many(
    "rules",
    {number: _texts(name) for number, name in enumerate(
        ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs"), 1
    )},
)  # fmt: skip
_BINDING: Shape = {
    2: _many("subjects", _words("kind", "apiGroup", "name", "namespace")),
    3: _one("roleRef", _words("apiGroup", "kind", "name")),
}
_ACCESS: Shape = {
    1: _one("resourceAttributes", _words("namespace", "verb", "group", "version", "resource", "subresource", "name")),
    2: _one("nonResourceAttributes", _words("path", "verb")),
}
_RBAC, _RIGHTS = "rbac.authorization.k8s.io/v1", "authorization.k8s.io/v1"
_REFERENCES: Shape = {
    1: Field(name="kind"), 2: Field(name="namespace"), 3: Field(name="name"), 4: Field(name="uid"),
    5: Field(name="apiVersion"), 6: Field(name="resourceVersion"), 7: Field(name="fieldPath"),
}  # fmt: skip


def _of(spec: Shape) -> Shape:
    return {2: _one("spec", spec)}


KINDS: Mapping[tuple[str, str], Shape] = {
    kind: {1: _one("metadata", _METADATA), **shape}
    for kind, shape in {
        ("v1", "Namespace"): _of({1: _texts("finalizers")}),
        ("v1", "ConfigMap"): {
            2: _by_key("data"), 3: _by_key("binaryData", Field(name="value", read=_base64)), 4: _flag("immutable"),
        },
        ("v1", "Secret"): {
            2: _by_key("data", Field(name="value", read=_base64)), 3: Field(name="type"), 4: _by_key("stringData"),
            5: _flag("immutable"),
        },
        ("v1", "ServiceAccount"): {
            2: _many("secrets", _REFERENCES), 3: _many("imagePullSecrets", _words("name")),
            4: _flag("automountServiceAccountToken"),
        },
        ("v1", "Service"): _of(_SERVICE),
        ("apps/v1", "Deployment"): _of(_DEPLOYMENT),
        ("batch/v1", "Job"): _of(_JOB),
        ("batch/v1", "CronJob"): _of(_CRON_JOB),
        ("policy/v1", "PodDisruptionBudget"): _of(_BUDGET),
        ("autoscaling/v2", "HorizontalPodAutoscaler"): _of(_AUTOSCALER),
        (_RBAC, "Role"): {2: _RULES},
        (_RBAC, "ClusterRole"): {2: _RULES, 3: _one("aggregationRule", {1: _many("clusterRoleSelectors", _SELECTOR)})},
        (_RBAC, "RoleBinding"): _BINDING,
        (_RBAC, "ClusterRoleBinding"): _BINDING,
        (_RIGHTS, "SelfSubjectAccessReview"): _of(_ACCESS),
        (_RIGHTS, "SelfSubjectRulesReview"): _of(_words("namespace")),
        ("authentication.k8s.io/v1", "SelfSubjectReview"): {},
    }.items()
}  # fmt: skip
