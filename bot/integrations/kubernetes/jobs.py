"""`kubernetes.job_run`: runs what a CronJob runs, now."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import timedelta

from pydantic import Field

from bot.errors import IntegrationError, Temporary
from bot.integrations.kubernetes.answers import Declined, code_of
from bot.integrations.kubernetes.changing import mark_of
from bot.integrations.kubernetes.cluster import Cluster
from bot.integrations.kubernetes.kinds import CRON_JOB, JOB, Object, Thing, at
from bot.integrations.kubernetes.reading import failed, refused, short
from bot.integrations.kubernetes.showing import diff, state
from bot.integrations.kubernetes.waiting import MARGIN
from bot.integrations.kubernetes.words import InNamespace, Name
from bot.model.plan import ActionResult, Did, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec, Occasion, Say

_FOR = "tocsin/run-for"
_MANUAL = {"cronjob.kubernetes.io/instantiate": "manual"}
_LONGEST_NAME = 63
_LONG_KEPT = 3600  # seconds


class JobParams(InNamespace):
    """`with:` of kubernetes.job_run."""

    cron_job: Name = Field(description="The name of the CronJob.")
    wait: bool = Field(default=True, description="Whether to wait, as long as the step has time, until it is done.")


RUN = ActionSpec(
    name="kubernetes.job_run",
    params=JobParams,
    risk=Risk.WRITE,
    help="Runs now what a CronJob runs by the clock, as a Job of its own.",
    result={"job": "the name of the Job", "done": "whether it has ended well", "failed": "whether it has failed"},
    needs=("get cronjobs.batch", "create jobs.batch", "get jobs.batch"),
)


class Jobs:
    """Makes the action of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def actions(self) -> Sequence[Action]:
        """The one."""
        return (Action(spec=RUN, plan=self._plan, run=self._run, probe=self._probe),)

    async def _plan(self, params: JobParams, occasion: Occasion) -> Plan:
        cluster, mark = self._cluster, mark_of(occasion)
        cron_job = await cluster.get(cluster.thing(CRON_JOB, params.namespace, params.cron_job))
        job, is_kept = _job(cron_job, mark), _is_kept(cron_job)
        await cluster.may("create", JOB, params.namespace)
        await self._rehearse(params, job)
        return Plan(
            action=RUN.name,
            integration=cluster.name,
            params=params.model_dump(mode="json"),
            targets=(f"job/{params.namespace}/{job['metadata']['name']}",),
            summary=short(f"run cronjob {params.namespace}/{params.cron_job} now on {cluster.name}"),
            risk=Risk.WRITE,
            repeatable=is_kept,
            can_probe=is_kept,
            diff=diff(f"job/{params.namespace}/{job['metadata']['name']}", None, job, cluster.clean),
            preconditions={
                "uid": str(cron_job["metadata"]["uid"]),
                "template": state(at(cron_job, "spec.jobTemplate", {})),
                "mark": mark,
            },
            places=cluster.places(namespace=params.namespace),
        )

    async def _rehearse(self, params: JobParams, job: Object) -> None:
        """Whether the API server takes it. What it adds is not shown: a selector with another id each time."""
        try:
            await self._cluster.create(JOB, params.namespace, job, dry_run=True)
        except IntegrationError as error:
            if not _is_there(error):
                raise

    async def _run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        params, cluster = JobParams.model_validate(plan.params), self._cluster
        until = asyncio.get_running_loop().time() + within.total_seconds() - MARGIN
        try:
            cron_job = await cluster.get(cluster.thing(CRON_JOB, params.namespace, params.cron_job))
            same = state(at(cron_job, "spec.jobTemplate", {})) == plan.preconditions["template"]
            if not same or cron_job["metadata"]["uid"] != plan.preconditions["uid"]:
                message = f"cronjob {params.namespace}/{params.cron_job} has changed since it was planned"
                return refused(message)
            job = _job(cron_job, plan.preconditions["mark"])
            try:
                await cluster.create(JOB, params.namespace, job)
                say(f"job {job['metadata']['name']} has begun\n")
            except Declined as error:
                if not _is_there(error):  # one of this name is of this step: begun by an attempt before
                    raise
        except IntegrationError as error:
            if not isinstance(error, Temporary) or await self._probe(plan) is not Did.DID:
                return failed(error)
        return await self._awaited(plan, params, self._thing(plan), until)

    def _thing(self, plan: Plan) -> Thing:
        return Thing(kind=JOB, namespace=plan.params["namespace"], name=plan.targets[0].rpartition("/")[2])

    async def _awaited(self, plan: Plan, params: JobParams, thing: Thing, until: float) -> ActionResult:
        for pause in self._cluster.pauses():
            try:
                job = await self._cluster.get(thing)
            except IntegrationError as error:
                if isinstance(error, Temporary) and until - asyncio.get_running_loop().time() > pause:
                    await asyncio.sleep(pause)
                    continue
                return _unseen(thing, error)
            conditions = {
                one.get("type"): one for one in at(job, "status.conditions", []) if one.get("status") == "True"
            }
            done, wrong = "Complete" in conditions, conditions.get("Failed")
            left = until - asyncio.get_running_loop().time()
            if done or wrong or not params.wait or left < pause:
                return _ended(thing, params, done=done, wrong=wrong)
            await asyncio.sleep(pause)
        raise AssertionError("there is always another pause")

    async def _probe(self, plan: Plan) -> Did:
        try:
            job = await self._cluster.get(self._thing(plan))
        except IntegrationError as error:
            return Did.DID_NOT if code_of(error) == 404 else Did.UNKNOWN
        mark = (job["metadata"].get("annotations") or {}).get(_FOR)
        return Did.DID if mark == plan.preconditions["mark"] else Did.UNKNOWN


def _job(cron_job: Object, mark: str) -> Object:
    """The Job, as `kubectl create job --from` makes it; its name is the same each time the step is tried."""
    metadata, template = cron_job["metadata"], at(cron_job, "spec.jobTemplate", {})
    digest = hashlib.sha256(f"{metadata['uid']} {mark}".encode()).hexdigest()[:10]
    name = f"{metadata['name'][: _LONGEST_NAME - 11].rstrip('-.')}-{digest}"
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": metadata["name"], "uid": metadata["uid"]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "labels": at(template, "metadata.labels", {}),
            "annotations": at(template, "metadata.annotations", {}) | _MANUAL | {_FOR: mark},
            "ownerReferences": [owner | {"controller": True}],
        },
        "spec": template.get("spec", {}),
    }


def _is_kept(cron_job: Object) -> bool:
    """Whether its Jobs are still there some time after their end. Of one that is gone nobody can tell that it ran."""
    limits = (at(cron_job, "spec.successfulJobsHistoryLimit", 3), at(cron_job, "spec.failedJobsHistoryLimit", 1))
    return all(limits) and bool(at(cron_job, "spec.jobTemplate.spec.ttlSecondsAfterFinished", _LONG_KEPT) >= _LONG_KEPT)


def _is_there(error: IntegrationError) -> bool:
    return isinstance(error, Declined) and error.word == "AlreadyExists"


def _unseen(thing: Thing, error: IntegrationError) -> ActionResult:
    """It has begun, and what came of it nobody saw: a Job may be gone as soon as it has ended."""
    why = error.message
    if code_of(error) == 404:
        why = "it is gone, as its ttlSecondsAfterFinished or the CronJob's history limits may have it"
    return ActionResult(
        outcome=Outcome.UNKNOWN,
        summary=short(f"job {thing.namespace}/{thing.name} has begun, and its end was not seen: {why}"),
        value={"job": thing.name, "done": False, "failed": False},
    )


def _ended(thing: Thing, params: JobParams, *, done: bool, wrong: Object | None) -> ActionResult:
    said = "is done" if done else f"has failed: {wrong.get('message', '')}" if wrong else "is under way"
    return ActionResult(
        outcome=Outcome.SUCCEEDED if done or (not wrong and not params.wait) else Outcome.FAILED,
        summary=short(f"job {thing.namespace}/{thing.name} {said}"),
        value={"job": thing.name, "done": done, "failed": bool(wrong)},
    )
