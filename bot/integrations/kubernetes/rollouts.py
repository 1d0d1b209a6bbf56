"""How a rollout goes (`rollout_status`) and what was rolled out before (`rollout_history`)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from pydantic import Field

from bot.integrations.kubernetes.cautions import by_hand
from bot.integrations.kubernetes.cluster import Cluster
from bot.integrations.kubernetes.kinds import DAEMON_SET, DEPLOYMENT, STATEFUL_SET, Kind, Object, Thing, at
from bot.integrations.kubernetes.reading import Aim, Reading, Seen
from bot.integrations.kubernetes.revisions import images, revisions
from bot.integrations.kubernetes.waiting import MARGIN
from bot.integrations.kubernetes.words import InNamespace, KindWord, Name
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec, Say

ROLLED_OUT = (DEPLOYMENT, STATEFUL_SET, DAEMON_SET)


class Workload(InNamespace):
    """A workload whose pods are made from a template."""

    kind: KindWord = Field(default="Deployment", description="`Deployment`, `StatefulSet` or `DaemonSet`.")
    name: Name = Field(description="Its name.")


class StatusParams(Workload):
    """`with:` of kubernetes.rollout_status."""

    wait: bool = Field(
        default=False, description="Whether to wait, as long as the step has time, until it is complete."
    )


class HistoryParams(Workload):
    """`with:` of kubernetes.rollout_history."""


STATUS = ActionSpec(
    name="kubernetes.rollout_status",
    params=StatusParams,
    risk=Risk.READ,
    help="Says how far a rollout is; it fails when the rollout is stuck, or not complete in the time it is given.",
    result={
        "complete": "whether every pod is of the newest template and ready",
        "stuck": "whether the cluster says that it does not go on",
        "desired": "how many pods there should be",
        "updated": "how many are of the newest template",
        "ready": "how many are ready",
        "images": "the images that are wanted now",
    },
    needs=("get {kind}",),
)
HISTORY = ActionSpec(
    name="kubernetes.rollout_history",
    params=HistoryParams,
    risk=Risk.READ,
    help="Lists the pod templates that were rolled out and are still kept.",
    result={
        "count": "how many there are",
        "revisions": "each with `revision`, `images`, `created`, `cause`, `current`; the newest last",
        "current": "the number of the one that is wanted now",
        "previous": "the number of the one before; null when there is none",
    },
    needs=("get {kind}", "list {revisions}"),
)
SPECS = (STATUS, HISTORY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a rollout is. `why` says what is missing, or why it is stuck."""

    desired: int
    updated: int
    ready: int
    complete: bool
    stuck: bool
    why: str


class Rollouts:
    """Makes the actions of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def actions(self) -> Sequence[Action]:
        """One each."""
        cluster = self._cluster
        return (
            Reading(cluster=cluster, spec=STATUS, aim=self._aim_status, look=self._status).action(),
            Reading(cluster=cluster, spec=HISTORY, aim=self._aim_history, look=self._history).action(),
        )

    def _aim_status(self, params: StatusParams) -> Aim:
        verb = "wait until the rollout is complete of" if params.wait else "see how far the rollout is of"
        return self._aim(params, verb)

    def _aim_history(self, params: HistoryParams) -> Aim:
        return self._aim(params, "list what was rolled out of")

    def _aim(self, params: Workload, verb: str) -> Aim:
        thing = workload(self._cluster, params)
        places = self._cluster.places(namespace=params.namespace)
        return Aim(target=str(thing), summary=f"{verb} {thing} on {self._cluster.name}", places=places)

    async def _status(self, params: StatusParams, within: timedelta, say: Say) -> Seen:
        thing = workload(self._cluster, params)
        loop = asyncio.get_running_loop()
        until, last = loop.time() + within.total_seconds() - MARGIN, ""
        for pause in self._cluster.pauses():
            value = await self._cluster.get(thing)
            found = progress(thing.kind, value)
            if found.why != last:
                say(f"{thing}: {found.why}\n")
                last = found.why
            if not params.wait or found.complete or found.stuck or loop.time() + pause > until:
                return _told(thing, params, value, found)
            await asyncio.sleep(pause)
        raise AssertionError("there is always another pause")

    async def _history(self, params: HistoryParams, _: timedelta, __: Say) -> Seen:
        thing = workload(self._cluster, params)
        found = await revisions(self._cluster, thing, await self._cluster.get(thing))
        current = next((one.number for one in found if one.current), None)
        before = [one.number for one in found if current is not None and one.number < current]
        lines = [
            f"{one.number}{' (now)' if one.current else ''}: {', '.join(one.images)} since {one.created}"
            + (f" {one.cause}" if one.cause else "")
            for one in found
        ]
        return Seen(
            summary=f"{len(found)} revisions of {thing}" + (f", now {current}" if current is not None else ""),
            value={
                "count": len(found),
                "revisions": [one.plain() for one in found],
                "current": current,
                "previous": before[-1] if before else None,
            },
            text="\n".join(lines),
        )


def workload(cluster: Cluster, params: Workload, kinds: Sequence[Kind] = ROLLED_OUT) -> Thing:
    """The workload that is meant; Permanent when its kind is none of these."""
    kind = cluster.kind(params.kind, params.namespace)
    if kind not in kinds:
        message = f"a {kind.name} has no such thing"
        raise cluster.mistake(message, f"write `kind` as one of {', '.join(one.name for one in kinds)}")
    return cluster.thing(kind, params.namespace, params.name)


def progress(kind: Kind, value: Object) -> Progress:
    """How far the rollout of a workload is, in the way kubectl tells it."""
    observed, generation = at(value, "status.observedGeneration", 0), at(value, "metadata.generation", 0)
    if kind == DAEMON_SET:
        desired, updated, ready = (
            at(value, f"status.{field}", 0)
            for field in ("desiredNumberScheduled", "updatedNumberScheduled", "numberAvailable")
        )
        total = updated
    else:
        desired = at(value, "spec.replicas", 1)
        updated = at(value, "status.updatedReplicas", 0)
        ready = at(value, "status.readyReplicas" if kind == STATEFUL_SET else "status.availableReplicas", 0)
        total = at(value, "status.replicas", 0)
    why = _missing(kind, value, desired, updated, ready, total)
    stuck = _stuck(value) or (by_hand(value) if why and updated < desired else "")
    if observed < generation:
        why = "the cluster has not seen the change yet"
    elif at(value, "spec.paused"):
        why = f"paused, with {updated} of {desired} pods of the newest template"
    elif stuck:
        why = f"stuck: {stuck}; {why or 'complete'}"
    complete = not why
    return Progress(
        desired=desired,
        updated=updated,
        ready=ready,
        complete=complete,
        stuck=bool(stuck) and not complete and observed >= generation,
        why=why or f"complete: {ready} of {desired} pods are of the newest template and ready",
    )


def _missing(kind: Kind, value: Object, desired: int, updated: int, ready: int, total: int) -> str:
    wanted = desired
    if kind == STATEFUL_SET:
        wanted = max(0, desired - at(value, "spec.updateStrategy.rollingUpdate.partition", 0))
    if updated < wanted:
        return f"{updated} of {wanted} pods are of the newest template"
    if total > max(updated, desired):
        return f"{total - max(updated, desired)} pods of older templates are still there"
    if ready < desired:
        return f"{ready} of {desired} pods are ready"
    return ""


def _stuck(value: Object) -> str:
    for one in at(value, "status.conditions", []):
        failed = one.get("type") == "Progressing" and one.get("status") == "False"
        refused = one.get("type") == "ReplicaFailure" and one.get("status") == "True"
        if (failed and one.get("reason") != "DeploymentPaused") or refused:
            return str(one.get("message") or one.get("reason", ""))
    return ""


def _told(thing: Thing, params: StatusParams, value: Object, found: Progress) -> Seen:
    return Seen(
        summary=f"{thing}: {found.why}",
        value={
            "complete": found.complete,
            "stuck": found.stuck,
            "desired": found.desired,
            "updated": found.updated,
            "ready": found.ready,
            "images": list(images(at(value, "spec.template"))),
        },
        text=found.why,
        well=not found.stuck and (found.complete or not params.wait),
    )
