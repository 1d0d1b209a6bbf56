"""One container: waiting, running or ended, by how its image behaves."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.testing.kubernetes.cluster import Cluster, stamp
from bot.testing.kubernetes.kinds import POD
from bot.testing.kubernetes.refusals import Object
from bot.testing.kubernetes.settings import Behaviour, Does

DOES = "sim.tocsin.dev/does"
"""A pod with this annotation behaves so, whatever its image."""
_BY_TAG = {
    "bad": Does.CRASH,
    "crash": Does.CRASH,
    "oom": Does.OOM,
    "missing": Does.MISSING,
    "unconfigured": Does.UNCONFIGURED,
    "slow": Does.SLOW,
    "done": Does.DONE,
}
_KILLED = 137


class Container:
    """The present instance of a container, and what is left of the one before.

    `policy` says when it is started again, `first` that the others wait for it.
    """

    def __init__(self, name: str, policy: str, *, first: bool = False) -> None:
        self.name, self.policy, self.first = name, policy, first
        self.state = ""
        self.reason = ""
        self.message = ""
        self.image = ""
        self.exit_code = 0
        self.restarts = 0
        self.ready = False
        self.started: datetime | None = None
        self.finished: datetime | None = None
        self.due: datetime | None = None
        self.last: Object | None = None
        self.log: list[tuple[datetime, str]] = []
        self.previous: list[tuple[datetime, str]] | None = None

    def status(self, image: str) -> Object:
        """As it stands in the status of its pod."""
        shown: Object = {
            "name": self.name,
            "state": {self.state: self._state()},
            "lastState": {"terminated": self.last} if self.last else {},
            "ready": self.ready,
            "restartCount": self.restarts,
            "image": image,
            "imageID": "" if self.state == "waiting" and not self.last else f"{image}@sha256:{'0' * 64}",
            "started": self.state == "running",
        }
        if self.started is not None:
            shown["containerID"] = f"containerd://{self.name}-{self.restarts}"
        return shown

    def _state(self) -> Object:
        if self.state == "running":
            return {"startedAt": stamp(self.started) if self.started else ""}
        if self.state == "terminated":
            return self._ended()
        return {"reason": self.reason, **({"message": self.message} if self.message else {})}

    def _ended(self) -> Object:
        started, finished = self.started or self.finished, self.finished
        return {
            "exitCode": self.exit_code,
            "reason": self.reason,
            "startedAt": stamp(started) if started else None,
            "finishedAt": stamp(finished) if finished else None,
            "containerID": f"containerd://{self.name}-{self.restarts}",
        }

    def wait(self, reason: str, message: str = "", due: datetime | None = None) -> None:
        """It does not run, and why."""
        self.state, self.reason, self.message, self.due, self.ready = "waiting", reason, message, due, False

    def end(self, exit_code: int, reason: str, now: datetime) -> None:
        """It has ended."""
        self.state, self.reason, self.exit_code, self.finished = "terminated", reason, exit_code, now
        self.due, self.ready = None, False


def behaviour(cluster: Cluster, pod: Object, image: str, one: Container) -> Behaviour:
    """How a container behaves: as its pod says, as its image was said to, or as its tag says."""
    said = (pod["metadata"].get("annotations") or {}).get(DOES)
    if said is not None and not one.first:
        return Behaviour(does=Does(said) if said in set(Does) else Does.UNCONFIGURED)
    if image in cluster.behaviours:
        return cluster.behaviours[image]
    usual = Does.RUN if one.policy == "Always" else Does.DONE
    return Behaviour(does=_BY_TAG.get(image.rpartition("/")[2].rpartition(":")[2], usual))


def step(cluster: Cluster, pod: Object, spec: Object, one: Container) -> datetime | None:
    """The next thing that happens to a container, if it is due; returns when the one after that is."""
    now, image = cluster.now(), spec["image"]
    does = behaviour(cluster, pod, image, one)
    if one.image != image:
        if one.state == "running":
            one.end(_KILLED, "Error", now)
            one.last, one.previous = one._ended(), one.log
            one.restarts += 1
        one.image = image
        _begin(cluster, pod, one, does)
    elif one.state == "waiting" and one.reason in ("ImagePullBackOff", "CreateContainerConfigError"):
        if does.does not in (Does.MISSING, Does.UNCONFIGURED):
            _begin(cluster, pod, one, does)
    elif one.due is not None and one.due <= now:
        if one.state == "running":
            _stop(cluster, pod, one, does)
        else:
            _go_on(cluster, pod, one, does)
    return one.due


def _begin(cluster: Cluster, pod: Object, one: Container, does: Behaviour) -> None:
    due = cluster.now() + timedelta(seconds=cluster.settings.start)
    image = one.image
    if does.does is Does.MISSING:
        text = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": {image}: not found'
        one.wait("ErrImagePull", text, due)
        _tell(cluster, pod, "Warning", "Failed", f'Failed to pull image "{image}": {text}')
        _tell(cluster, pod, "Warning", "Failed", "Error: ErrImagePull")
    elif does.does is Does.UNCONFIGURED:
        text = f'configmap "{one.name}" not found'
        one.wait("CreateContainerConfigError", text)
        _tell(cluster, pod, "Warning", "Failed", f"Error: {text}")
    else:
        one.wait("ContainerCreating", due=due)


def _go_on(cluster: Cluster, pod: Object, one: Container, does: Behaviour) -> None:
    """A wait is over."""
    if one.reason == "ErrImagePull":
        one.wait("ImagePullBackOff", f'Back-off pulling image "{one.image}"')
        _tell(cluster, pod, "Normal", "BackOff", f'Back-off pulling image "{one.image}"')
        _tell(cluster, pod, "Warning", "Failed", "Error: ImagePullBackOff")
        return
    now = cluster.now()
    if one.reason == "CrashLoopBackOff":
        one.restarts += 1
        one.previous = one.log
    one.log = [(now, line) for line in does.log or _log(does.does, one.name)]
    one.state, one.reason, one.message, one.started = "running", "", "", now
    ends = does.does in (Does.CRASH, Does.OOM, Does.DONE)
    after = cluster.settings.crash_after if does.after is None else does.after
    one.due = now + timedelta(seconds=after) if ends else None
    one.ready = does.does is Does.RUN
    _tell(cluster, pod, "Normal", "Pulled", f'Container image "{one.image}" already present on machine')
    _tell(cluster, pod, "Normal", "Created", f"Created container: {one.name}")
    _tell(cluster, pod, "Normal", "Started", f"Started container {one.name}")
    if does.does is Does.SLOW:
        text = "Readiness probe failed: HTTP probe failed with statuscode: 503"
        _tell(cluster, pod, "Warning", "Unhealthy", text)


def _stop(cluster: Cluster, pod: Object, one: Container, does: Behaviour) -> None:
    """A container that runs ends by itself."""
    now = cluster.now()
    code, reason = {Does.DONE: (0, "Completed"), Does.OOM: (_KILLED, "OOMKilled")}.get(
        does.does, (does.exit_code, "Error")
    )
    one.end(code, reason, now)
    one.ready = one.first and code == 0
    if one.policy == "Never" or (one.policy == "OnFailure" and code == 0):
        return
    one.last = one._ended()
    settings = cluster.settings
    seconds = min(settings.longest_backoff, settings.backoff * 2 ** min(one.restarts, 20))
    metadata = pod["metadata"]
    full = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
    where = f"container {one.name} in pod {full}"
    text = f"back-off {10 * 2 ** min(one.restarts, 5)}s restarting failed container={one.name} pod={full}"
    one.wait("CrashLoopBackOff", text, now + timedelta(seconds=seconds))
    _tell(cluster, pod, "Warning", "BackOff", f"Back-off restarting failed {where}")


def _log(does: Does, name: str) -> list[str]:
    match does:
        case Does.CRASH:
            return [f"{name}: starting", f"{name}: fatal: cannot read its configuration"]
        case Does.OOM:
            return [f"{name}: starting", f"{name}: loading everything into memory"]
        case Does.DONE:
            return [f"{name}: starting", f"{name}: done"]
        case _:
            return [f"{name}: starting", f"{name}: listening on :8080"]


def _tell(cluster: Cluster, pod: Object, type_: str, reason: str, message: str) -> None:
    cluster.record(POD, pod, type_, reason, message, "kubelet")
