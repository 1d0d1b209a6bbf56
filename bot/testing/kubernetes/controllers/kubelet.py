"""The kubelets: pods that have a node start there, crash, wait, become ready, and end."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.testing.kubernetes.cluster import Cluster, stamp
from bot.testing.kubernetes.controllers.containers import Container, step
from bot.testing.kubernetes.controllers.owned import condition, is_going, is_over, is_ready, with_condition
from bot.testing.kubernetes.kinds import NODE, POD
from bot.testing.kubernetes.refusals import Object
from bot.testing.kubernetes.store import key_of


class Run:
    """What a kubelet knows of a pod beyond what it has told."""

    def __init__(self, started: datetime, number: int) -> None:
        self.started = started
        self.ip = f"10.244.{number // 250}.{number % 250 + 1}"
        self.ends: datetime | None = None
        self.containers: dict[str, Container] = {}


def control(cluster: Cluster) -> datetime | None:
    """One pass."""
    alive = {node["metadata"]["name"] for node in cluster.store.all(NODE) if is_ready(node)}
    dues = []
    for pod in cluster.store.all(POD):
        if pod["spec"].get("nodeName") in alive:
            dues.append(_tend(cluster, pod))
        elif is_going(pod) and pod["metadata"].get("deletionGracePeriodSeconds") == 0:
            _let_go(cluster, pod)
    for uid in set(cluster.runs) - {pod["metadata"]["uid"] for pod in cluster.store.all(POD)}:
        del cluster.runs[uid]
    return min((due for due in dues if due is not None), default=None)


def run_of(cluster: Cluster, pod: Object) -> Run:
    """What its kubelet knows of a pod."""
    uid = pod["metadata"]["uid"]
    found = cluster.runs.get(uid)
    if not isinstance(found, Run):
        found = cluster.runs[uid] = Run(cluster.now(), len(cluster.runs))
    return found


def _tend(cluster: Cluster, pod: Object) -> datetime | None:
    run, now = run_of(cluster, pod), cluster.now()
    if is_going(pod):
        grace = pod["metadata"].get("deletionGracePeriodSeconds", 0)
        if run.ends is None:
            run.ends = now + timedelta(seconds=min(cluster.settings.stop, grace))
            cluster.record(POD, pod, "Normal", "Killing", "Stopping container", "kubelet")
        if run.ends <= now or not grace:
            _let_go(cluster, pod)
            return None
        return run.ends
    if is_over(pod):
        return None
    dues = _step(cluster, pod, run)
    current = cluster.store.get(POD, key_of(POD, pod))
    if current is not None:
        _tell(cluster, current, run)
    return min((due for due in dues if due is not None), default=None)


def _step(cluster: Cluster, pod: Object, run: Run) -> list[datetime | None]:
    """What is next of each container: those that come first one after the other, and then all others."""
    policy, dues, is_time = pod["spec"]["restartPolicy"], [], True
    for spec in pod["spec"].get("initContainers") or ():
        again = "Always" if is_sidecar(spec) else "Never" if policy == "Never" else "OnFailure"
        one = run.containers.setdefault(spec["name"], Container(spec["name"], again, first=True))
        dues.append(_next(cluster, pod, spec, one, is_time=is_time))
        is_time = is_time and _is_past(spec, one)
    for spec in pod["spec"]["containers"]:
        one = run.containers.setdefault(spec["name"], Container(spec["name"], policy))
        dues.append(_next(cluster, pod, spec, one, is_time=is_time))
    return dues


def _next(cluster: Cluster, pod: Object, spec: Object, one: Container, *, is_time: bool) -> datetime | None:
    if is_time or one.image:
        return step(cluster, pod, spec, one)
    one.wait("PodInitializing")
    return None


def is_sidecar(spec: Object) -> bool:
    """Whether a container that comes first runs on beside the others."""
    return spec.get("restartPolicy") == "Always"


def _is_past(spec: Object, one: Container) -> bool:
    """Whether those that wait for it may begin."""
    return one.state == "running" if is_sidecar(spec) else one.state == "terminated" and one.exit_code == 0


def _let_go(cluster: Cluster, pod: Object) -> None:
    """It has ended; who holds it by a finalizer holds what has ended."""
    if not pod["metadata"].get("finalizers"):
        cluster.store.remove(POD, key_of(POD, pod))


def _tell(cluster: Cluster, pod: Object, run: Run) -> None:
    now = cluster.now()
    containers = [run.containers[spec["name"]] for spec in pod["spec"]["containers"]]
    first = [(spec, run.containers[spec["name"]]) for spec in pod["spec"].get("initContainers") or ()]
    incomplete = [one.name for spec, one in first if not _is_past(spec, one)]
    phase = _phase(containers, [one for spec, one in first if not is_sidecar(spec)])
    node = cluster.store.get(NODE, ("", pod["spec"]["nodeName"])) or {}
    addresses = (node.get("status") or {}).get("addresses") or [{"address": ""}]
    status: Object = {
        **pod["status"],
        "phase": phase,
        "hostIP": addresses[0]["address"],
        "startTime": stamp(run.started),
        "containerStatuses": [
            one.status(spec["image"]) for one, spec in zip(containers, pod["spec"]["containers"], strict=True)
        ],
    }
    if first:
        status["initContainerStatuses"] = [one.status(spec["image"]) for spec, one in first]
    if phase != "Pending":
        status |= {"podIP": run.ip, "podIPs": [{"ip": run.ip}]}
    conditions = pod["status"].get("conditions") or []
    for said in _conditions(containers, phase, incomplete):
        conditions = with_condition(conditions, said, now)
    cluster.set(POD, pod, status={**status, "conditions": conditions})


def _phase(containers: list[Container], first: list[Container]) -> str:
    if any(one.state == "terminated" and one.exit_code and one.policy == "Never" for one in first):
        return "Failed"
    if all(one.state == "terminated" for one in containers):
        return "Succeeded" if all(one.exit_code == 0 for one in containers) else "Failed"
    if any(one.state == "waiting" and not one.restarts and one.last is None for one in containers):
        return "Pending"
    return "Running"


def _conditions(containers: list[Container], phase: str, incomplete: list[str]) -> list[Object]:
    unready = [one.name for one in containers if not one.ready]
    ready: Object = {"status": "True"}
    if phase == "Succeeded":
        ready = {"status": "False", "reason": "PodCompleted"}
    elif unready:
        message = f"containers with unready status: [{' '.join(unready)}]"
        ready = {"status": "False", "reason": "ContainersNotReady", "message": message}
    initialized: Object = {"status": "True"}
    if incomplete:
        message = f"containers with incomplete status: [{' '.join(incomplete)}]"
        initialized = {"status": "False", "reason": "ContainersNotInitialized", "message": message}
    return [
        {"type": "PodScheduled", "status": "True"},
        {"type": "Initialized", **initialized},
        {"type": "ContainersReady", **ready},
        {"type": "Ready", **ready},
    ]


def unready(cluster: Cluster, pod: Object) -> None:
    """Marks a pod whose node is lost."""
    if (condition(pod, "Ready") or {}).get("status") == "True":
        said = {"type": "Ready", "status": "False", "reason": "NodeNotReady"}
        conditions = with_condition(pod["status"]["conditions"], said, cluster.now())
        cluster.set(POD, pod, status={**pod["status"], "conditions": conditions})
