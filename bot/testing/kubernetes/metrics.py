"""What kube-state-metrics would tell of the cluster: the series that alert rules on Kubernetes are written against."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.testing.kubernetes.cluster import Cluster, moment
from bot.testing.kubernetes.controllers.owned import condition, controller_of
from bot.testing.kubernetes.kinds import (
    AUTOSCALER,
    BUDGET,
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    NODE,
    POD,
    REPLICA_SET,
    STATEFUL_SET,
)
from bot.testing.kubernetes.quantities import amount
from bot.testing.kubernetes.refusals import Object

Sample = tuple[str, Mapping[str, str], float]
_PHASES = ("Pending", "Succeeded", "Failed", "Unknown", "Running")
_COUNTERS = ("kube_pod_container_status_restarts_total",)
_UNITS = {"cpu": "core", "memory": "byte", "pods": "integer"}


def exposition(cluster: Cluster) -> str:
    """Prometheus' text format; series of one name stand together."""
    found: dict[str, list[str]] = {}
    for about in (_pods, _deployments, _replicas, _sets, _daemons, _nodes, _autoscalers, _jobs, _budgets):
        for name, labels, value in about(cluster):
            inner = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            found.setdefault(name, []).append(
                f"{name}{{{inner}}} {value:g}" if value < 1e6 else f"{name}{{{inner}}} {int(value)}"
            )
    lines = []
    for name, samples in found.items():
        lines += [f"# TYPE {name} {'counter' if name in _COUNTERS else 'gauge'}", *samples]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _named(value: Object, label: str) -> dict[str, str]:
    return {"namespace": value["metadata"]["namespace"], label: value["metadata"]["name"]}


def _pods(cluster: Cluster) -> Iterator[Sample]:
    for pod in cluster.store.all(POD):
        labels = {**_named(pod, "pod"), "uid": pod["metadata"]["uid"]}
        status = pod["status"]
        by = controller_of(pod) or {"kind": "", "name": ""}
        info = {"node": pod["spec"].get("nodeName", ""), "created_by_kind": by["kind"], "created_by_name": by["name"]}
        yield "kube_pod_info", {**labels, **info}, 1
        owner = {"owner_kind": by["kind"], "owner_name": by["name"], "owner_is_controller": "true"}
        yield "kube_pod_owner", {**labels, **owner}, 1
        for phase in _PHASES:
            yield "kube_pod_status_phase", {**labels, "phase": phase}, status.get("phase") == phase
        for word in ("true", "false", "unknown"):
            ready = (condition(pod, "Ready") or {"status": "False"})["status"].lower()
            yield "kube_pod_status_ready", {**labels, "condition": word}, ready == word
        if (condition(pod, "PodScheduled") or {}).get("reason") == "Unschedulable":
            yield "kube_pod_status_unschedulable", labels, 1
        for one in status.get("containerStatuses") or ():
            yield from _container({**labels, "container": one["name"]}, one)


def _container(labels: dict[str, str], one: Object) -> Iterator[Sample]:
    yield "kube_pod_container_info", {**labels, "image": one["image"]}, 1
    yield "kube_pod_container_status_restarts_total", labels, one["restartCount"]
    yield "kube_pod_container_status_ready", labels, one["ready"]
    for state in ("running", "waiting", "terminated"):
        yield f"kube_pod_container_status_{state}", labels, state in one["state"]
    if reason := (one["state"].get("waiting") or {}).get("reason"):
        yield "kube_pod_container_status_waiting_reason", {**labels, "reason": reason}, 1
    if reason := (one["state"].get("terminated") or {}).get("reason"):
        yield "kube_pod_container_status_terminated_reason", {**labels, "reason": reason}, 1
    if last := (one.get("lastState") or {}).get("terminated"):
        yield "kube_pod_container_status_last_terminated_reason", {**labels, "reason": last["reason"]}, 1
        yield "kube_pod_container_status_last_terminated_exitcode", labels, last["exitCode"]


def _numbers(prefix: str, labels: dict[str, str], value: Object, names: Mapping[str, str]) -> Iterator[Sample]:
    """One series for each number in the status of an object."""
    for name, field in names.items():
        yield f"{prefix}_{name}", labels, (value.get("status") or {}).get(field, 0)


def _deployments(cluster: Cluster) -> Iterator[Sample]:
    names = {
        "status_replicas": "replicas",
        "status_replicas_ready": "readyReplicas",
        "status_replicas_available": "availableReplicas",
        "status_replicas_unavailable": "unavailableReplicas",
        "status_replicas_updated": "updatedReplicas",
        "status_observed_generation": "observedGeneration",
    }
    for one in cluster.store.all(DEPLOYMENT):
        labels = _named(one, "deployment")
        yield "kube_deployment_spec_replicas", labels, one["spec"]["replicas"]
        yield "kube_deployment_spec_paused", labels, bool(one["spec"].get("paused"))
        yield "kube_deployment_metadata_generation", labels, one["metadata"]["generation"]
        yield from _numbers("kube_deployment", labels, one, names)
        for said in (one.get("status") or {}).get("conditions") or ():
            about = {**labels, "condition": said["type"], "reason": said["reason"]}
            for word in ("true", "false", "unknown"):
                yield "kube_deployment_status_condition", {**about, "status": word}, said["status"].lower() == word


def _replicas(cluster: Cluster) -> Iterator[Sample]:
    for one in cluster.store.all(REPLICA_SET):
        labels = _named(one, "replicaset")
        by = controller_of(one) or {"kind": "", "name": ""}
        owner = {"owner_kind": by["kind"], "owner_name": by["name"], "owner_is_controller": "true"}
        yield "kube_replicaset_owner", {**labels, **owner}, 1
        yield "kube_replicaset_created", labels, moment(one["metadata"]["creationTimestamp"]).timestamp()
        yield "kube_replicaset_spec_replicas", labels, one["spec"]["replicas"]
        yield from _numbers(
            "kube_replicaset", labels, one, {"status_replicas": "replicas", "status_ready_replicas": "readyReplicas"}
        )


def _sets(cluster: Cluster) -> Iterator[Sample]:
    names = {
        "status_replicas": "replicas",
        "status_replicas_ready": "readyReplicas",
        "status_replicas_available": "availableReplicas",
        "status_replicas_updated": "updatedReplicas",
    }
    for one in cluster.store.all(STATEFUL_SET):
        labels = _named(one, "statefulset")
        yield "kube_statefulset_replicas", labels, one["spec"]["replicas"]
        yield from _numbers("kube_statefulset", labels, one, names)


def _daemons(cluster: Cluster) -> Iterator[Sample]:
    names = {
        "status_desired_number_scheduled": "desiredNumberScheduled",
        "status_current_number_scheduled": "currentNumberScheduled",
        "status_number_ready": "numberReady",
        "status_number_available": "numberAvailable",
        "status_number_misscheduled": "numberMisscheduled",
    }
    for one in cluster.store.all(DAEMON_SET):
        yield from _numbers("kube_daemonset", _named(one, "daemonset"), one, names)


def _nodes(cluster: Cluster) -> Iterator[Sample]:
    for one in cluster.store.all(NODE):
        labels = {"node": one["metadata"]["name"]}
        spec, status = one.get("spec") or {}, one.get("status") or {}
        yield "kube_node_info", labels, 1
        yield "kube_node_spec_unschedulable", labels, bool(spec.get("unschedulable"))
        for taint in spec.get("taints") or ():
            about = {"key": taint["key"], "value": taint.get("value", ""), "effect": taint["effect"]}
            yield "kube_node_spec_taint", {**labels, **about}, 1
        for said in status.get("conditions") or ():
            for word in ("true", "false", "unknown"):
                about = {"condition": said["type"], "status": word}
                yield "kube_node_status_condition", {**labels, **about}, said["status"].lower() == word
        for resource, unit in _UNITS.items():
            about = {"resource": resource, "unit": unit}
            yield (
                "kube_node_status_allocatable",
                {**labels, **about},
                amount((status.get("allocatable") or {}).get(resource, 0)),
            )


def _autoscalers(cluster: Cluster) -> Iterator[Sample]:
    names = {"status_current_replicas": "currentReplicas", "status_desired_replicas": "desiredReplicas"}
    prefix = "kube_horizontalpodautoscaler"
    for one in cluster.store.all(AUTOSCALER):
        labels = _named(one, "horizontalpodautoscaler")
        target = one["spec"]["scaleTargetRef"]
        about = {"scaletargetref_kind": target["kind"], "scaletargetref_name": target["name"]}
        yield f"{prefix}_info", {**labels, **about}, 1
        yield f"{prefix}_spec_min_replicas", labels, one["spec"]["minReplicas"]
        yield f"{prefix}_spec_max_replicas", labels, one["spec"]["maxReplicas"]
        yield from _numbers(prefix, labels, one, names)


def _jobs(cluster: Cluster) -> Iterator[Sample]:
    for one in cluster.store.all(JOB):
        labels = {"namespace": one["metadata"]["namespace"], "job_name": one["metadata"]["name"]}
        yield from _numbers(
            "kube_job",
            labels,
            one,
            {"status_active": "active", "status_succeeded": "succeeded", "status_failed": "failed"},
        )
        for type_, name in (("Complete", "kube_job_complete"), ("Failed", "kube_job_failed")):
            if (said := condition(one, type_)) is not None:
                yield name, {**labels, "condition": "true"}, said["status"] == "True"
        if started := (one.get("status") or {}).get("startTime"):
            yield "kube_job_status_start_time", labels, moment(started).timestamp()


def _budgets(cluster: Cluster) -> Iterator[Sample]:
    names = {
        "status_current_healthy": "currentHealthy",
        "status_desired_healthy": "desiredHealthy",
        "status_pod_disruptions_allowed": "disruptionsAllowed",
        "status_expected_pods": "expectedPods",
    }
    for one in cluster.store.all(BUDGET):
        yield from _numbers("kube_poddisruptionbudget", _named(one, "poddisruptionbudget"), one, names)
