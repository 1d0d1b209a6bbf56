"""Tables, as kubectl asks for them: the columns that a server prints for each kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.testing.kubernetes.asked import Asked
from bot.testing.kubernetes.cluster import moment
from bot.testing.kubernetes.kinds import (
    AUTOSCALER,
    BUDGET,
    CRON_JOB,
    DAEMON_SET,
    DEPLOYMENT,
    EVENT,
    JOB,
    NAMESPACE,
    NODE,
    POD,
    REPLICA_SET,
    SERVICE,
    STATEFUL_SET,
    Kind,
)
from bot.testing.kubernetes.refusals import Object

Cells = Callable[[Object, datetime], Sequence[object]]
_WANTED = "as=Table"


def table(kind: Kind, value: Object, asked: Asked, now: datetime, *, headed: bool = True) -> Object:
    """An answer as a table where one was asked for, else as it is."""
    wants = any(_WANTED in part and "v=v1;" in f"{part.replace(' ', '')};" for part in asked.accept.split(","))
    if not wants or asked.method != "GET" or value.get("kind") not in (kind.kind, f"{kind.kind}List"):
        return value
    names, cells = _COLUMNS.get(kind, ((), lambda one, at: ()))
    items = value["items"] if value["kind"] == f"{kind.kind}List" else [value]
    rows = []
    for one in items:
        shown = [one["metadata"]["name"], *cells(one, now)]
        if kind is not EVENT:
            shown.append(_age(one["metadata"]["creationTimestamp"], now))
        rows.append({"cells": shown, "object": _object(asked, one, kind)})
    metadata = {
        name: text
        for name, text in value["metadata"].items()
        if name in ("resourceVersion", "continue", "remainingItemCount")
    }
    columns = ["Name", *names] if kind is EVENT else ["Name", *names, "Age"]
    definitions = [_column(name) for name in columns] if headed else []
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": definitions,
        "rows": rows,
    }


def _object(asked: Asked, one: Object, kind: Kind) -> Object:
    match asked.get("includeObject"):
        case "None":
            return {}
        case "Object":
            return {"kind": kind.kind, "apiVersion": kind.api_version, **one}
        case _:
            return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": one["metadata"]}


def _column(name: str) -> Object:
    format_ = "name" if name == "Name" else ""
    return {"name": name, "type": "string", "format": format_, "description": name, "priority": 0}


def _age(written: str, now: datetime) -> str:
    seconds = max(0, int((now - moment(written)).total_seconds()))
    for size, letter in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{letter}"
    return f"{seconds}s"


def pod_status(pod: Object) -> str:
    """What people call the state of a pod."""
    status = pod["status"]
    said = status.get("reason") or status.get("phase", "")
    for one in status.get("containerStatuses") or ():
        state = one["state"]
        if reason := (state.get("waiting") or state.get("terminated") or {}).get("reason"):
            said = reason
    return "Terminating" if "deletionTimestamp" in pod["metadata"] else str(said)


def _pod(one: Object, now: datetime) -> Sequence[object]:
    containers = one["status"].get("containerStatuses") or ()
    ready = sum(1 for container in containers if container["ready"])
    restarts = sum(container["restartCount"] for container in containers)
    return f"{ready}/{len(one['spec']['containers'])}", pod_status(one), str(restarts)


def _deployment(one: Object, now: datetime) -> Sequence[object]:
    status = one.get("status") or {}
    ready = f"{status.get('readyReplicas', 0)}/{one['spec']['replicas']}"
    return ready, str(status.get("updatedReplicas", 0)), str(status.get("availableReplicas", 0))


def _replica_set(one: Object, now: datetime) -> Sequence[object]:
    status = one.get("status") or {}
    return str(one["spec"]["replicas"]), str(status.get("replicas", 0)), str(status.get("readyReplicas", 0))


def _stateful_set(one: Object, now: datetime) -> Sequence[object]:
    return (f"{(one.get('status') or {}).get('readyReplicas', 0)}/{one['spec']['replicas']}",)


def _daemon_set(one: Object, now: datetime) -> Sequence[object]:
    names = (
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
    )
    return [str((one.get("status") or {}).get(name, 0)) for name in names]


def _job(one: Object, now: datetime) -> Sequence[object]:
    status = one.get("status") or {}
    said = (status.get("conditions") or [{"type": "Running"}])[-1]["type"]
    return said, f"{status.get('succeeded', 0)}/{one['spec'].get('completions') or 1}"


def _cron_job(one: Object, now: datetime) -> Sequence[object]:
    active = len((one.get("status") or {}).get("active") or ())
    return one["spec"]["schedule"], str(bool(one["spec"]["suspend"])), str(active)


def _node(one: Object, now: datetime) -> Sequence[object]:
    conditions = {each["type"]: each["status"] for each in (one.get("status") or {}).get("conditions") or ()}
    said = "Ready" if conditions.get("Ready") == "True" else "NotReady"
    if (one.get("spec") or {}).get("unschedulable"):
        said += ",SchedulingDisabled"
    return said, "<none>", ((one.get("status") or {}).get("nodeInfo") or {}).get("kubeletVersion", "")


def _namespace(one: Object, now: datetime) -> Sequence[object]:
    return ((one.get("status") or {}).get("phase", ""),)


def _service(one: Object, now: datetime) -> Sequence[object]:
    ports = ",".join(f"{port['port']}/{port['protocol']}" for port in one["spec"].get("ports") or ())
    return one["spec"]["type"], one["spec"].get("clusterIP", "<none>"), ports or "<none>"


def _budget(one: Object, now: datetime) -> Sequence[object]:
    spec = one["spec"]
    shown = [str(spec.get(name, "N/A")) for name in ("minAvailable", "maxUnavailable")]
    return *shown, str((one.get("status") or {}).get("disruptionsAllowed", 0))


def _autoscaler(one: Object, now: datetime) -> Sequence[object]:
    spec, status = one["spec"], one.get("status") or {}
    target = spec["scaleTargetRef"]
    shown = (spec["minReplicas"], spec["maxReplicas"], status.get("currentReplicas", 0))
    return f"{target['kind']}/{target['name']}", *(str(number) for number in shown)


def _event(one: Object, now: datetime) -> Sequence[object]:
    about = one["involvedObject"]
    last = one.get("lastTimestamp") or one["metadata"]["creationTimestamp"]
    subject = f"{about.get('kind', '').lower()}/{about.get('name', '')}"
    return _age(last, now), one.get("type", ""), one.get("reason", ""), subject, one.get("message", "")


_COLUMNS: dict[Kind, tuple[Sequence[str], Cells]] = {
    POD: (("Ready", "Status", "Restarts"), _pod),
    DEPLOYMENT: (("Ready", "Up-to-date", "Available"), _deployment),
    REPLICA_SET: (("Desired", "Current", "Ready"), _replica_set),
    STATEFUL_SET: (("Ready",), _stateful_set),
    DAEMON_SET: (("Desired", "Current", "Ready", "Up-to-date", "Available"), _daemon_set),
    JOB: (("Status", "Completions"), _job),
    CRON_JOB: (("Schedule", "Suspend", "Active"), _cron_job),
    NODE: (("Status", "Roles", "Version"), _node),
    NAMESPACE: (("Status",), _namespace),
    SERVICE: (("Type", "Cluster-IP", "Port(s)"), _service),
    BUDGET: (("Min Available", "Max Unavailable", "Allowed Disruptions"), _budget),
    AUTOSCALER: (("Reference", "MinPods", "MaxPods", "Replicas"), _autoscaler),
    EVENT: (("Last Seen", "Type", "Reason", "Object", "Message"), _event),
}
