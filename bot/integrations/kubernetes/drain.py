"""`kubernetes.drain`: empties a node as its pods' disruption budgets allow."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import Field

from bot.errors import IntegrationError
from bot.integrations.kubernetes.answers import code_of
from bot.integrations.kubernetes.cluster import STRATEGIC, Cluster
from bot.integrations.kubernetes.kinds import NODE, POD, Object, Thing, at
from bot.integrations.kubernetes.leaving import Leaving, Left, controller_of, is_mirror, is_over, name_of
from bot.integrations.kubernetes.nodes import Nodes
from bot.integrations.kubernetes.reading import failed, refused, short
from bot.integrations.kubernetes.showing import diff
from bot.integrations.kubernetes.waiting import MARGIN
from bot.integrations.kubernetes.words import Node
from bot.model.plan import ActionResult, Did, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec, Occasion, Say

_MOST_REHEARSED = 200
_CORDON = {"spec": {"unschedulable": True}}


class DrainParams(Node):
    """`with:` of kubernetes.drain."""

    force: bool = Field(default=False, description="Also pods that nothing makes anew when they are gone.")
    empty_dirs: bool = Field(default=False, description="Also pods with data of their own on the node, which is lost.")
    grace: int | None = Field(default=None, ge=1, le=3600, description="Seconds each gets to end; without: its own.")
    at_once: int = Field(default=5, ge=1, le=50, description="How many pods leave at the same time.")


DRAIN = ActionSpec(
    name="kubernetes.drain",
    params=DrainParams,
    risk=Risk.DESTRUCTIVE,
    undoes=True,
    help="Lets no new pods come to a node and makes those that run there leave, as their disruption budgets allow.",
    result={
        "evicted": "the names of the pods that left",
        "left": "the names of those that stay: of DaemonSets, and static ones",
        "remaining": "the names of those that should have left and are still there",
        "stopped": "why no further pod was asked to leave, where it was cut short; empty otherwise",
    },
    needs=("get nodes", "patch nodes", "list pods", "get pods", "create pods/eviction"),
)


@dataclass(slots=True)
class Sorted:
    """The pods of a node: who goes, who stays, and who must not be touched without being told to."""

    go: list[Object] = field(default_factory=list)
    stay: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class Draining:
    """Makes the action of one cluster."""

    def __init__(self, cluster: Cluster, nodes: Nodes) -> None:
        self._cluster, self._nodes = cluster, nodes

    def actions(self) -> Sequence[Action]:
        """The one."""
        return (Action(spec=DRAIN, plan=self._plan, run=self._run, probe=self._probe, undo=self._undo),)

    async def _plan(self, params: DrainParams, _: Occasion) -> Plan:
        cluster, thing = self._cluster, self._thing(params)
        node = await cluster.get(thing)
        await cluster.may("patch", NODE, name=params.node)
        await cluster.may("create", POD, sub="eviction")
        pods = await self._pods(params)
        self._refuse(pods)
        cordoned = await cluster.patch(thing, _CORDON, STRATEGIC, dry_run=True)
        notes = await self._rehearsed(params, pods)
        open_now = not at(node, "spec.unschedulable", False)
        lines = [diff(str(thing), node, cordoned, cluster.clean), *(f"- pod/{name_of(pod)}" for pod in pods.go), *notes]
        lines += [f"stays: {name}" for name in pods.stay]
        namespaces = sorted({_namespace_of(pod) for pod in pods.go})
        return Plan(
            action=DRAIN.name,
            integration=cluster.name,
            params=params.model_dump(mode="json"),
            targets=(str(thing),),
            summary=short(f"drain node {params.node} on {cluster.name}: {len(pods.go)} pods leave"),
            risk=Risk.DESTRUCTIVE,
            repeatable=True,
            can_probe=True,
            diff="\n".join(line for line in lines if line),
            undo="uncordon it; the pods run elsewhere, and stay there" if open_now else "",
            preconditions={"uid": str(node["metadata"]["uid"]), "before.open": str(open_now).lower()},
            places=(*cluster.places(node=params.node), *(f"namespace:{name}" for name in namespaces)),
            can_undo=open_now,
        )

    def _thing(self, params: Node) -> Thing:
        return self._cluster.thing(NODE, "", params.node)

    async def _pods(self, params: DrainParams) -> Sorted:
        found = await self._cluster.list(POD, fields=f"spec.nodeName={params.node}")
        pods = Sorted()
        for pod in found.items:
            why = _stays(pod)
            if why:
                pods.stay.append(f"{name_of(pod)} ({why})")
            elif refused := _refused(pod, params):
                pods.refused.append(f"{name_of(pod)} {refused}")
            else:
                pods.go.append(pod)
        return pods

    def _refuse(self, pods: Sorted) -> None:
        if pods.refused:
            message = f"{len(pods.refused)} pods cannot simply leave: {'; '.join(pods.refused[:10])}"
            raise self._cluster.mistake(message, "say `force: true` or `empty_dirs: true` if they shall all the same")

    async def _rehearsed(self, params: DrainParams, pods: Sorted) -> list[str]:
        """What the API server says to each eviction; a budget that forbids it now is waited for later."""
        turns = asyncio.Semaphore(params.at_once)

        async def ask(pod: Object) -> str:
            async with turns:
                try:
                    await self._cluster.evict(pod, grace=params.grace, dry_run=True)
                except IntegrationError as error:
                    if code_of(error) not in (404, 429):
                        raise
                    return f"pod/{name_of(pod)}: not at once: {error.message}" if code_of(error) == 429 else ""
            return ""

        said = await asyncio.gather(*(ask(pod) for pod in pods.go[:_MOST_REHEARSED]))
        return [text for text in said if text]

    async def _run(self, plan: Plan, within: timedelta, say: Say) -> ActionResult:
        params = DrainParams.model_validate(plan.params)
        until = asyncio.get_running_loop().time() + within.total_seconds() - MARGIN
        left: dict[str, Left] = {}
        try:
            node = await self._cluster.get(self._thing(params))
            if node["metadata"]["uid"] != plan.preconditions["uid"]:
                message = f"another node {params.node} has taken the place of the one that was planned for"
                return refused(message)
            pods = await self._pods(params)
            self._refuse(pods)  # before anything is touched
            strangers = _elsewhere(plan, pods.go)
            if strangers:
                return refused(f"since it was planned, pods of {', '.join(strangers)} have come to {params.node}")
            await self._cluster.patch(self._thing(params), _CORDON, STRATEGIC)
            say(f"{params.node}: no new pods come to it\n")
            pods = await self._pods(params)
            self._refuse(pods)
            meant = [pod for pod in pods.go if not _elsewhere(plan, [pod])]
            left |= {name_of(pod): Left(name=name_of(pod), gone=False) for pod in meant}
            await self._evict(params, meant, Leaving(cluster=self._cluster, until=until, say=say), left)
            return _ended(params.node, left, await self._pods(params))
        except IntegrationError as error:
            return _broken_off(params.node, left, error)

    async def _evict(
        self, params: DrainParams, pods: Sequence[Object], leaving: Leaving, left: dict[str, Left]
    ) -> None:
        turns = asyncio.Semaphore(params.at_once)

        async def one(pod: Object) -> None:
            name = name_of(pod)
            async with turns:
                why_not = await leaving.why_not_on()
                left[name] = (
                    Left(name=name, gone=False, why=why_not, stopped=True)
                    if why_not
                    else await leaving.evict(pod, params.grace)
                )

        ends = await asyncio.gather(*(one(pod) for pod in pods), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException):
                raise end

    async def _probe(self, plan: Plan) -> Did:
        params = DrainParams.model_validate(plan.params)
        try:
            node = await self._cluster.get(self._thing(params))
            pods = await self._pods(params)
        except IntegrationError:
            return Did.UNKNOWN
        if node["metadata"]["uid"] != plan.preconditions["uid"]:
            return Did.UNKNOWN
        return Did.DID if at(node, "spec.unschedulable", False) and not pods.go else Did.DID_NOT

    async def _undo(self, plan: Plan, _: ActionResult) -> Plan:
        if not plan.can_undo:
            raise self._cluster.mistake(
                f"{plan.targets[0]} was cordoned before", "uncordon it by hand if that is wanted"
            )
        return await self._nodes.uncordoned(plan)


def _ended(node: str, left: Mapping[str, Left], after: Sorted) -> ActionResult:
    """What is there now decides, and not what was answered."""
    remaining = [name_of(pod) for pod in after.go] + after.refused
    value = {**_told(left), "left": after.stay, "remaining": remaining}
    gone, stopped = f"{len(value['evicted'])} pods have left", value["stopped"]
    summary = f"{node} is empty: {gone}, {len(after.stay)} stay"
    if remaining:
        because = f"stopped, because {stopped}: " if stopped else ""
        summary = f"{because}{gone}, {len(remaining)} pods are still on {node}: {', '.join(remaining[:5])}"
    return ActionResult(
        outcome=Outcome.FAILED if remaining else Outcome.SUCCEEDED,
        summary=short(summary),
        value=value,
        text="\n".join([summary, *_each(left, remaining)]),
        temporary=bool(remaining),
    )


def _broken_off(node: str, left: Mapping[str, Left], error: IntegrationError) -> ActionResult:
    """Nobody saw what is there now: what is known of each pod is told, and the others are taken to be there still."""
    ended, value = failed(error), _told(left)
    remaining = [name for name, one in left.items() if not one.gone]
    return ActionResult(
        outcome=ended.outcome,
        summary=short(f"{ended.summary}; {len(value['evicted'])} pods have left {node}"),
        value={**value, "left": [], "remaining": remaining},
        text="\n".join([ended.text, *_each(left, remaining)]),
        temporary=ended.temporary,
    )


# Any: plain JSON.
def _told(left: Mapping[str, Left]) -> dict[str, Any]:
    stopped = next((one.why for one in left.values() if one.stopped), "")
    return {"evicted": sorted(name for name, one in left.items() if one.gone), "stopped": stopped}


def _each(left: Mapping[str, Left], remaining: Sequence[str]) -> list[str]:
    """A line for each pod: whether it has left, and what keeps it where it has not."""
    gone = [f"{name}: has left" for name in _told(left)["evicted"]]
    unknown = Left(name="", gone=False)
    return gone + [f"{name}: {left.get(name, unknown).why or 'is still there'}" for name in remaining]


def _elsewhere(plan: Plan, pods: Sequence[Object]) -> Sequence[str]:
    """The namespaces of these pods of which the plan knows nothing: they may be protected."""
    return sorted({name for pod in pods if f"namespace:{(name := _namespace_of(pod))}" not in plan.places})


def _namespace_of(pod: Object) -> str:
    return str(pod["metadata"]["namespace"])


def _stays(pod: Object) -> str:
    """Why a pod is left where it is; empty when it is not."""
    if is_mirror(pod):
        return "static"
    return "of a DaemonSet" if controller_of(pod).startswith("DaemonSet/") and not is_over(pod) else ""


def _refused(pod: Object, params: DrainParams) -> str:
    """Why a pod must not leave without being told to; empty when it may."""
    if is_over(pod):
        return ""
    if not controller_of(pod) and not params.force:
        return "(nothing makes it anew)"
    if not params.empty_dirs and any("emptyDir" in volume for volume in at(pod, "spec.volumes", [])):
        return "(its data on the node would be lost)"
    return ""
