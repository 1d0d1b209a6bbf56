"""Changes of a rollout: start its pods anew, go back to an older template, hold it and let it go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from bot.integrations.kubernetes.changing import NOW, Changing, Wish
from bot.integrations.kubernetes.cluster import JSON_PATCH, Cluster
from bot.integrations.kubernetes.kinds import DEPLOYMENT, Object, Thing, at, find
from bot.integrations.kubernetes.revisions import Revision, images, revisions
from bot.integrations.kubernetes.rollouts import Workload, progress, workload
from bot.integrations.kubernetes.showing import state
from bot.integrations.kubernetes.words import InNamespace, Name
from bot.model.plan import Plan
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec

_RESTARTED = "kubectl.kubernetes.io/restartedAt"
_FOR = "tocsin/restarted-for"


class RestartParams(Workload):
    """`with:` of kubernetes.rollout_restart."""


class UndoParams(Workload):
    """`with:` of kubernetes.rollout_undo."""

    revision: int | None = Field(
        default=None, ge=1, description="The revision to go back to; without one, the one before the present."
    )


class PauseParams(InNamespace):
    """`with:` of kubernetes.rollout_pause."""

    name: Name = Field(description="The name of the Deployment.")


class ResumeParams(PauseParams):
    """`with:` of kubernetes.rollout_resume."""


_AFTER = {
    "images": "the images that are wanted now",
    "generation": "the number of its last change",
    "rollout": "how far the rollout is",
}
RESTART = ActionSpec(
    name="kubernetes.rollout_restart",
    params=RestartParams,
    risk=Risk.WRITE,
    help="Starts all pods of a workload anew, as many at a time as its own strategy says.",
    result=_AFTER,
    needs=("get {kind}", "patch {kind}"),
)
UNDO = ActionSpec(
    name="kubernetes.rollout_undo",
    params=UndoParams,
    risk=Risk.WRITE,
    undoes=True,
    help="Rolls a workload back to the pod template of an older revision.",
    result=_AFTER,
    needs=("get {kind}", "patch {kind}", "list {revisions}"),
)
PAUSE = ActionSpec(
    name="kubernetes.rollout_pause",
    params=PauseParams,
    risk=Risk.WRITE,
    undoes=True,
    help="Holds the rollout of a Deployment: pods that run go on, no further ones are exchanged.",
    result=_AFTER,
    needs=("get deployments.apps", "patch deployments.apps"),
)
RESUME = ActionSpec(
    name="kubernetes.rollout_resume",
    params=ResumeParams,
    risk=Risk.WRITE,
    undoes=True,
    help="Lets a Deployment that was held go on with its rollout.",
    result=_AFTER,
    needs=("get deployments.apps", "patch deployments.apps"),
)
SPECS = (RESTART, UNDO, PAUSE, RESUME)


class Restarting:
    """Makes the actions of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._restart = Changing(
            cluster=cluster, spec=RESTART, thing=self._workload, wish=self._wish_restart, tell=_tell, marks=True
        )
        self._undo = Changing(
            cluster=cluster, spec=UNDO, thing=self._workload, wish=self._wish_undo, tell=_tell, back=self._back_to
        )
        self._pause = Changing(
            cluster=cluster, spec=PAUSE, thing=self._deployment, wish=self._wish_pause, tell=_tell, back=self._resumed
        )
        self._resume = Changing(
            cluster=cluster, spec=RESUME, thing=self._deployment, wish=self._wish_resume, tell=_tell, back=self._paused
        )

    def actions(self) -> Sequence[Action]:
        """One each."""
        return (self._restart.action(), self._undo.action(), self._pause.action(), self._resume.action())

    def _workload(self, params: Workload) -> Thing:
        return workload(self._cluster, params)

    def _deployment(self, params: PauseParams) -> Thing:
        return self._cluster.thing(DEPLOYMENT, params.namespace, params.name)

    async def _wish_restart(self, params: RestartParams, value: Object, mark: str) -> Wish:
        self._refuse_paused(value, "it would not be restarted before it goes on")
        template = at(value, "spec.template", {})
        annotations = at(template, "metadata.annotations", {})
        bare = {key: text for key, text in annotations.items() if key not in (_RESTARTED, _FOR)}
        rest = {**template, "metadata": {**template.get("metadata", {}), "annotations": bare}}
        about = {"template": state(rest), "for": annotations.get(_FOR, "")}
        marked = {_RESTARTED: NOW, _FOR: mark}
        return Wish(
            patch={"spec": {"template": {"metadata": {"annotations": marked}}}},
            about=about,
            then={**about, "for": mark},
            summary=f"restart the pods of {params.kind.lower()} {params.namespace}/{params.name}",
            undo="not needed: the same template runs as before",
        )

    async def _wish_undo(self, params: UndoParams, value: Object, _: str) -> Wish:
        self._refuse_paused(value, "resume it first")
        thing = self._workload(params)
        if params.revision is None and at(value, "status.observedGeneration", 0) < at(value, "metadata.generation", 0):
            # "The one before" would be the one before that: the newest has no revision yet.
            raise self._cluster.mistake(f"the cluster has not seen the last change of {thing} yet", "try again")
        known = await revisions(self._cluster, thing, value)
        now = next((one for one in known if one.current), None)
        wanted = self._wanted(params, known, now)
        if now is None:
            raise self._cluster.mistake(f"{thing} has no revision yet", "wait until the cluster has seen it")
        template = at(value, "spec.template", {})
        return Wish(
            patch=[{"op": "replace", "path": "/spec/template", "value": wanted.template}],
            how=JSON_PATCH,
            about={"template": state(_normal(template))},
            then={"template": state(_normal(wanted.template))},
            summary=f"roll {thing} back to revision {wanted.number} ({_images(wanted)})",
            before={"revision": str(now.number)},
            undo=f"roll it back to revision {now.number} ({_images(now)})",
            can_undo=True,
            notes=(f"image: {_images(now)} -> {_images(wanted)}",),
            params={"revision": wanted.number},
        )

    def _wanted(self, params: UndoParams, known: Sequence[Revision], now: Revision | None) -> Revision:
        if params.revision is not None:
            found = [one for one in known if one.number == params.revision]
        else:
            found = [one for one in known if now is None or one.number < now.number]
        if found:
            return found[-1]
        which = f"revision {params.revision}" if params.revision is not None else "earlier revision"
        kept = ", ".join(str(one.number) for one in known) or "none"
        message = f"{params.kind.lower()} {params.namespace}/{params.name} keeps no {which}; it keeps {kept}"
        raise self._cluster.mistake(message, "see kubernetes.rollout_history")

    async def _wish_pause(self, params: PauseParams, value: Object, _: str) -> Wish:
        return _hold(params, value, held=True)

    async def _wish_resume(self, params: ResumeParams, value: Object, _: str) -> Wish:
        return _hold(params, value, held=False)

    async def _back_to(self, plan: Plan) -> Plan:
        wanted = {**plan.params, "revision": int(plan.preconditions["before.revision"])}
        return await self._undo.plan(UndoParams.model_validate(wanted))

    async def _resumed(self, plan: Plan) -> Plan:
        return await self._resume.plan(ResumeParams.model_validate(plan.params))

    async def _paused(self, plan: Plan) -> Plan:
        return await self._pause.plan(PauseParams.model_validate(plan.params))

    def _refuse_paused(self, value: Object, why: str) -> None:
        if at(value, "spec.paused"):
            raise self._cluster.mistake(
                f"{value['metadata']['name']} is paused: {why}", "use kubernetes.rollout_resume"
            )


def _hold(params: PauseParams, value: Object, *, held: bool) -> Wish:
    verb, other = ("pause", "resume") if held else ("resume", "pause")
    return Wish(
        patch={"spec": {"paused": held}},
        about={"paused": bool(at(value, "spec.paused", False))},
        then={"paused": held},
        summary=f"{verb} the rollout of deployment {params.namespace}/{params.name}",
        undo=f"{other} it",
        can_undo=True,
    )


def _normal(template: Object) -> Object:
    """A template as it can be compared with another: without what means the same when it is not there."""
    metadata = {key: item for key, item in (template.get("metadata") or {}).items() if item}
    return {**template, "metadata": metadata}


def _images(revision: Revision) -> str:
    return ", ".join(revision.images)


def _tell(_: Plan, value: Object) -> dict[str, Any]:
    # Any: plain JSON.
    kind = find(str(value.get("kind", "Deployment")))
    return {
        "images": list(images(at(value, "spec.template"))),
        "generation": int(at(value, "metadata.generation", 0)),
        "rollout": progress(kind, value).why,
    }
