"""Jobs: pods that are to end well, so many times."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.testing.kubernetes.cluster import Cluster, moment, stamp
from bot.testing.kubernetes.controllers.owned import condition, end_pod, is_going, is_over, is_ready, make_pod, owned
from bot.testing.kubernetes.kinds import JOB, POD
from bot.testing.kubernetes.refusals import Object
from bot.testing.kubernetes.store import key_of


def control(cluster: Cluster) -> datetime | None:
    """One pass."""
    dues = [_one(cluster, one) for one in cluster.store.all(JOB) if not is_going(one)]
    return min((due for due in dues if due is not None), default=None)


def _is_done(one: Object) -> bool:
    return any((condition(one, type_) or {}).get("status") == "True" for type_ in ("Complete", "Failed"))


def _one(cluster: Cluster, one: Object) -> datetime | None:
    if _is_done(one):
        return _forget(cluster, one)
    spec, before = one["spec"], one.get("status") or {}
    pods = owned(cluster, POD, one)
    good = sum(1 for pod in pods if pod["status"].get("phase") == "Succeeded")
    bad = sum(1 for pod in pods if pod["status"].get("phase") == "Failed")
    active = [pod for pod in pods if not is_over(pod) and not is_going(pod)]
    started = before.get("startTime")
    due, late = None, False
    if started and (seconds := spec.get("activeDeadlineSeconds")) is not None:
        due = moment(started) + timedelta(seconds=seconds)
        late = due <= cluster.now()
    restarts = sum(sum(c["restartCount"] for c in pod["status"].get("containerStatuses") or ()) for pod in pods)
    said = _verdict(spec, good, bad + restarts, late=late)
    if said is None and not spec.get("suspend"):
        wanted = min(spec["parallelism"], (spec.get("completions") or spec["parallelism"]) - good)
        for _ in range(wanted - len(active)):
            make_pod(cluster, JOB, one, spec["template"])
        started = started or stamp(cluster.now())
    elif said is not None or spec.get("suspend"):
        for pod in active:
            end_pod(cluster, JOB, one, pod)
    _tell(cluster, one, started, said)
    return due if said is None else None


def _verdict(spec: Object, good: int, bad: int, *, late: bool) -> tuple[str, str, str] | None:
    if good >= (spec.get("completions") or 1):
        return "Complete", "CompletionsReached", "Reached expected number of succeeded pods"
    if late:
        return "Failed", "DeadlineExceeded", "Job was active longer than specified deadline"
    if bad > spec["backoffLimit"]:
        return "Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"
    return None


def _tell(cluster: Cluster, one: Object, started: str | None, said: tuple[str, str, str] | None) -> None:
    current = cluster.store.get(JOB, key_of(JOB, one))
    if current is None:
        return
    pods = owned(cluster, POD, current)
    active = [pod for pod in pods if not is_over(pod) and not is_going(pod)]
    counts = {
        "active": len(active),
        "succeeded": sum(1 for pod in pods if pod["status"].get("phase") == "Succeeded"),
        "failed": sum(1 for pod in pods if pod["status"].get("phase") == "Failed"),
    }
    status: Object = {name: count for name, count in counts.items() if count}
    status["ready"] = sum(1 for pod in active if is_ready(pod))
    if started:
        status["startTime"] = started
    if said is not None:
        type_, reason, message = said
        at = stamp(cluster.now())
        status["conditions"] = [
            {
                "type": type_,
                "status": "True",
                "reason": reason,
                "message": message,
                "lastProbeTime": at,
                "lastTransitionTime": at,
            }
        ]
        if type_ == "Complete":
            status["completionTime"] = at
        event = ("Normal", "Completed", "Job completed") if type_ == "Complete" else ("Warning", reason, message)
        cluster.record(JOB, current, *event, "job-controller")
    cluster.set(JOB, current, status=status)


def _forget(cluster: Cluster, one: Object) -> datetime | None:
    """A job that is done is kept as long as it says."""
    seconds = one["spec"].get("ttlSecondsAfterFinished")
    if seconds is None:
        return None
    ended = one["status"]["conditions"][-1]["lastTransitionTime"]
    due = moment(ended) + timedelta(seconds=seconds)
    if due > cluster.now():
        return due
    cluster.delete(JOB, one)
    return None
