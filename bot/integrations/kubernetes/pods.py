"""Making one pod leave: `evict_pod` as budgets allow, `delete_pod` whatever they say."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from pydantic import Field

from bot.errors import IntegrationError
from bot.integrations.kubernetes.answers import code_of
from bot.integrations.kubernetes.cluster import Cluster
from bot.integrations.kubernetes.kinds import POD, Object
from bot.integrations.kubernetes.leaving import Leaving, Left, controller_of, is_mirror, thing_of
from bot.integrations.kubernetes.reading import failed, refused, short
from bot.integrations.kubernetes.waiting import MARGIN
from bot.integrations.kubernetes.words import Pod
from bot.model.plan import ActionResult, Did, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec, Occasion, Say


class EvictParams(Pod):
    """`with:` of kubernetes.evict_pod."""

    grace: int | None = Field(default=None, ge=1, le=3600, description="Seconds it gets to end; without: its own.")


class DeleteParams(Pod):
    """`with:` of kubernetes.delete_pod."""

    grace: int | None = Field(default=None, ge=1, le=3600, description="Seconds it gets to end; without: its own.")
    force: bool = Field(
        default=False,
        description="Forget it at once, without its node's word that it has ended: it may still be running.",
    )


_RESULT = {"gone": "whether it is not there any more", "controller": "what makes it anew; empty when nothing does"}
EVICT = ActionSpec(
    name="kubernetes.evict_pod",
    params=EvictParams,
    risk=Risk.DESTRUCTIVE,
    help="Makes a pod leave as its disruption budgets allow; destructive when nothing makes it anew.",
    result=_RESULT,
    needs=("get pods", "create pods/eviction"),
    mildest=Risk.WRITE,
)
DELETE = ActionSpec(
    name="kubernetes.delete_pod",
    params=DeleteParams,
    risk=Risk.DESTRUCTIVE,
    help="Deletes a pod whatever budgets say; destructive with `force`, and when nothing makes it anew.",
    result=_RESULT,
    needs=("get pods", "delete pods"),
    mildest=Risk.WRITE,
)
SPECS = (EVICT, DELETE)
PodParams = EvictParams | DeleteParams


class Pods:
    """Makes the actions of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def actions(self) -> Sequence[Action]:
        """One each."""
        return tuple(
            Action(spec=spec, plan=plan, run=self._run, probe=self._probe)
            for spec, plan in ((EVICT, self._plan_evict), (DELETE, self._plan_delete))
        )

    async def _plan_evict(self, params: EvictParams, _: Occasion) -> Plan:
        pod = await self._pod(params)
        await self._cluster.may("create", POD, params.namespace, params.pod, "eviction")
        note = ""
        try:
            await self._cluster.evict(pod, grace=params.grace, dry_run=True)
        except IntegrationError as error:
            if code_of(error) != 429:
                raise
            note = f"not yet: {error.message}"
        return self._plan(EVICT, params, pod, "evict", note)

    async def _plan_delete(self, params: DeleteParams, _: Occasion) -> Plan:
        pod = await self._pod(params)
        await self._cluster.may("delete", POD, params.namespace, params.pod)
        grace = 0 if params.force else params.grace
        await self._cluster.delete(thing_of(pod), str(pod["metadata"]["uid"]), grace=grace, dry_run=True)
        return self._plan(DELETE, params, pod, "forget" if params.force else "delete", "", grave=params.force)

    async def _pod(self, params: Pod) -> Object:
        pod = await self._cluster.get(self._cluster.thing(POD, params.namespace, params.pod))
        if is_mirror(pod):
            message = f"{params.namespace}/{params.pod} is a static pod of its node, which makes it anew by itself"
            raise self._cluster.mistake(message, "change the manifest on the node")
        return pod

    def _plan(
        self, spec: ActionSpec, params: PodParams, pod: Object, verb: str, note: str, *, grave: bool = False
    ) -> Plan:
        thing, controller = thing_of(pod), controller_of(pod)
        node = str((pod.get("spec") or {}).get("nodeName") or "")
        after = f"{controller} makes a new one" if controller else "nothing makes it anew"
        return Plan(
            action=spec.name,
            integration=self._cluster.name,
            params=params.model_dump(mode="json"),
            targets=(str(thing),),
            summary=short(f"{verb} {thing} on {self._cluster.name}: {after}"),
            risk=Risk.DESTRUCTIVE if grave or not controller else Risk.WRITE,
            repeatable=True,
            can_probe=True,
            diff="\n".join(line for line in (f"- {thing} (uid {pod['metadata']['uid']})", note) if line),
            preconditions={"uid": str(pod["metadata"]["uid"]), "controller": controller},
            places=self._cluster.places(namespace=thing.namespace, node=node),
        )

    async def _run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        thing = self._cluster.thing(POD, plan.params["namespace"], plan.params["pod"])
        until = asyncio.get_running_loop().time() + within.total_seconds() - MARGIN
        try:
            pod = await self._cluster.get(thing)
            if pod["metadata"]["uid"] != plan.preconditions["uid"]:
                return self._left(plan, Left(name=str(thing), gone=True))
            if controller_of(pod) != plan.preconditions["controller"]:
                message = f"{thing} belongs to something else than when it was planned"
                return refused(message)
            leaving = Leaving(cluster=self._cluster, until=until, say=say)
            if plan.action == EVICT.name:
                left = await leaving.evict(pod, plan.params["grace"])
            else:
                left = await leaving.delete(pod, 0 if plan.params["force"] else plan.params["grace"])
        except IntegrationError as error:
            if code_of(error) == 404:
                return self._left(plan, Left(name=str(thing), gone=True))
            return failed(error)
        return self._left(plan, left)

    def _left(self, plan: Plan, left: Left) -> ActionResult:
        controller = plan.preconditions["controller"]
        after = f"; {controller} makes a new one" if controller else ""
        summary = f"{plan.targets[0]} is gone{after}" if left.gone else f"{plan.targets[0]} is still there: {left.why}"
        return ActionResult(
            outcome=Outcome.SUCCEEDED if left.gone else Outcome.FAILED,
            summary=short(summary),
            value={"gone": left.gone, "controller": controller},
            temporary=not left.gone,
        )

    async def _probe(self, plan: Plan) -> Did:
        """A pod that is gone, or about to be, was made to leave: nobody can tell by whom, and it does not matter."""
        try:
            pod = await self._cluster.get(self._cluster.thing(POD, plan.params["namespace"], plan.params["pod"]))
        except IntegrationError as error:
            return Did.DID if code_of(error) == 404 else Did.UNKNOWN
        same = pod["metadata"]["uid"] == plan.preconditions["uid"]
        return Did.DID_NOT if same and "deletionTimestamp" not in pod["metadata"] else Did.DID
