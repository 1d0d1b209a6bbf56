"""What the server writes into an object where its author wrote nothing."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from bot.testing.kubernetes.kinds import (
    AUTOSCALER,
    BUDGET,
    CLAIM,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    EVENT,
    JOB,
    NAMESPACE,
    POD,
    REPLICA_SET,
    SECRET,
    SERVICE,
    STATEFUL_SET,
    Kind,
)
from bot.testing.kubernetes.refusals import Object

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_NODE_TAINTS = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def fill(kind: Kind, value: Object) -> None:
    """Fills in, in place, what is not said. It is done on every write, as it finds nothing to do a second time."""
    spec = value.get("spec")
    if kind in _SPECS:
        if spec is None:
            spec = value["spec"] = {}
        if isinstance(spec, dict):
            _SPECS[kind](spec)
    elif kind is EVENT:
        _set(value, {"source": {}, "reportingComponent": "", "reportingInstance": ""})
    elif kind is SECRET:
        _set(value, {"type": "Opaque"})
        for name, text in (value.pop("stringData", None) or {}).items():  # it is written only, and never read
            value.setdefault("data", {})[name] = base64.b64encode(str(text).encode()).decode()


def _set(value: Object, wanted: Mapping[str, Any]) -> None:  # Any: whatever JSON a field takes
    for name, default in wanted.items():
        if value.get(name) is None:
            value[name] = default


def _part(value: Object, name: str) -> Object:
    """A part that is an object, made where it is missing."""
    if not isinstance(value.get(name), dict):
        value[name] = {}
    part: Object = value[name]
    return part


def pod(spec: Object) -> None:
    """The spec of a pod, or of a template of pods."""
    _set(
        spec,
        {
            "restartPolicy": "Always",
            "dnsPolicy": "ClusterFirst",
            "terminationGracePeriodSeconds": 30,
            "schedulerName": "default-scheduler",
            "securityContext": {},
        },
    )
    for name in ("containers", "initContainers"):
        for container in spec.get(name) or ():
            if isinstance(container, dict):
                _container(container)
    for volume in spec.get("volumes") or ():
        for source in ("configMap", "secret", "projected"):
            if isinstance(volume.get(source), dict):
                _set(volume[source], {"defaultMode": 420})


def _container(container: Object) -> None:
    image = str(container.get("image", ""))
    tag = image.rpartition("/")[2].partition(":")[2]
    _set(
        container,
        {
            "imagePullPolicy": "Always" if tag in ("", "latest") else "IfNotPresent",
            "resources": {},
            "terminationMessagePath": "/dev/termination-log",
            "terminationMessagePolicy": "File",
        },
    )
    limits = container["resources"].get("limits") if isinstance(container["resources"], dict) else None
    if limits:  # what is limited and not asked for is asked for in full
        container["resources"]["requests"] = {**limits, **(container["resources"].get("requests") or {})}
    for port in container.get("ports") or ():
        _set(port, {"protocol": "TCP"})
    for name in _PROBES:
        if isinstance(probe := container.get(name), dict):
            _set(probe, {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3})
            if isinstance(get := probe.get("httpGet"), dict):
                _set(get, {"path": "/", "scheme": "HTTP"})


def _admitted_pod(spec: Object) -> None:
    pod(spec)
    _set(
        spec, {"serviceAccountName": "default", "enableServiceLinks": True, "preemptionPolicy": "PreemptLowerPriority"}
    )
    _set(spec, {"serviceAccount": spec["serviceAccountName"], "priority": 0})
    tolerated = spec.get("tolerations") or []
    for key in _NODE_TAINTS:
        if not any(one.get("key") in (key, None) and one.get("effect") in ("NoExecute", None) for one in tolerated):
            tolerated.append({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
    spec["tolerations"] = tolerated


def _template(spec: Object) -> None:
    template = _part(spec, "template")
    pod(_part(template, "spec"))
    _part(template, "metadata")


def _deployment(spec: Object) -> None:
    _template(spec)
    _set(spec, {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600, "strategy": {}})
    strategy = spec["strategy"]
    _set(strategy, {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        _set(_part(strategy, "rollingUpdate"), {"maxUnavailable": "25%", "maxSurge": "25%"})


def _replica_set(spec: Object) -> None:
    _template(spec)
    _set(spec, {"replicas": 1})


def _stateful_set(spec: Object) -> None:
    _template(spec)
    _set(spec, {"replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady", "serviceName": ""})
    _set(spec, {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"}})
    strategy = _part(spec, "updateStrategy")
    _set(strategy, {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        _set(_part(strategy, "rollingUpdate"), {"partition": 0})


def _daemon_set(spec: Object) -> None:
    _template(spec)
    _set(spec, {"revisionHistoryLimit": 10})
    strategy = _part(spec, "updateStrategy")
    _set(strategy, {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        _set(_part(strategy, "rollingUpdate"), {"maxUnavailable": 1, "maxSurge": 0})


def job(spec: Object) -> None:
    """The spec of a job."""
    _template(spec)
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    _set(spec, {"parallelism": 1, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": False})
    _set(spec, {"podReplacementPolicy": "TerminatingOrFailed", "manualSelector": False})


def _cron_job(spec: Object) -> None:
    _set(spec, {"concurrencyPolicy": "Allow", "suspend": False})
    _set(spec, {"successfulJobsHistoryLimit": 3, "failedJobsHistoryLimit": 1})
    if isinstance(template := spec.get("jobTemplate"), dict):
        _template(_part(template, "spec"))


def _service(spec: Object) -> None:
    _set(spec, {"type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster"})
    _set(spec, {"ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack"})
    for port in spec.get("ports") or ():
        _set(port, {"protocol": "TCP", "targetPort": port.get("port")})


def _autoscaler(spec: Object) -> None:
    target = {"type": "Utilization", "averageUtilization": 80}
    _set(spec, {"minReplicas": 1, "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]})


def _namespace(spec: Object) -> None:
    _set(spec, {"finalizers": ["kubernetes"]})


def _claim(spec: Object) -> None:
    _set(spec, {"volumeMode": "Filesystem"})


def _budget(spec: Object) -> None:
    """Nothing: a budget says all that it says."""


_SPECS: dict[Kind, Callable[[Object], None]] = {
    POD: _admitted_pod,
    DEPLOYMENT: _deployment,
    REPLICA_SET: _replica_set,
    STATEFUL_SET: _stateful_set,
    DAEMON_SET: _daemon_set,
    JOB: job,
    CRON_JOB: _cron_job,
    SERVICE: _service,
    AUTOSCALER: _autoscaler,
    NAMESPACE: _namespace,
    CLAIM: _claim,
    BUDGET: _budget,
}
