"""CronJobs: a job whenever their schedule says so."""

from __future__ import annotations

import copy
from datetime import datetime

from bot.testing.kubernetes import defaults
from bot.testing.kubernetes.births import born
from bot.testing.kubernetes.cluster import Cluster, moment, stamp
from bot.testing.kubernetes.controllers.owned import is_going, owned, reference
from bot.testing.kubernetes.kinds import CRON_JOB, JOB
from bot.testing.kubernetes.refusals import Object
from bot.testing.kubernetes.schedules import after


def control(cluster: Cluster) -> datetime | None:
    """One pass."""
    dues = [_one(cluster, one) for one in cluster.store.all(CRON_JOB) if not is_going(one)]
    return min((due for due in dues if due is not None), default=None)


def _one(cluster: Cluster, one: Object) -> datetime | None:
    spec, before = one["spec"], one.get("status") or {}
    running = [job for job in owned(cluster, JOB, one) if not (job.get("status") or {}).get("conditions")]
    active = [
        {"apiVersion": "batch/v1", "kind": "Job", "name": job["metadata"]["name"], "uid": job["metadata"]["uid"]}
        for job in running
    ]
    status = {
        **{name: value for name, value in before.items() if name != "active"},
        **({"active": active} if active else {}),
    }
    one = cluster.set(CRON_JOB, one, status=status)
    if spec["suspend"]:
        return None
    due = after(spec["schedule"], moment(before.get("lastScheduleTime") or one["metadata"]["creationTimestamp"]))
    if due > cluster.now():
        return due
    while (later := after(spec["schedule"], due)) <= cluster.now():
        due = later  # of those that were missed, the last counts
    if running and spec["concurrencyPolicy"] == "Forbid":
        return None
    _start(cluster, one, due)
    cluster.set(CRON_JOB, one, status={**status, "lastScheduleTime": stamp(due)})
    return None


def _start(cluster: Cluster, one: Object, due: datetime) -> None:
    template = one["spec"]["jobTemplate"]
    given = template.get("metadata") or {}
    metadata = {
        "name": f"{one['metadata']['name']}-{int(due.timestamp()) // 60}",
        "namespace": one["metadata"]["namespace"],
        "uid": cluster.uid(),
        "labels": dict(given.get("labels") or {}),
        "annotations": {
            **(given.get("annotations") or {}),
            "batch.kubernetes.io/cronjob-scheduled-timestamp": stamp(due),
        },
        "ownerReferences": [reference(CRON_JOB, one)],
    }
    job: Object = {"metadata": metadata, "spec": copy.deepcopy(template["spec"])}
    born(cluster, JOB, job)
    defaults.job(job["spec"])
    cluster.make(JOB, job)
