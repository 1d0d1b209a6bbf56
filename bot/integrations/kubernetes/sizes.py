"""How many pods a workload has (`scale`), and of which image (`set_image`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from bot.errors import IntegrationError
from bot.integrations.kubernetes.changing import Changing, Wish
from bot.integrations.kubernetes.cluster import MERGE, Cluster
from bot.integrations.kubernetes.kinds import AUTOSCALER, DEPLOYMENT, REPLICA_SET, STATEFUL_SET, Object, Thing, at
from bot.integrations.kubernetes.rollouts import Workload, progress, workload
from bot.integrations.kubernetes.words import Image, InNamespace, KindWord, Name, Namespace
from bot.model.plan import Plan
from bot.model.runbook import Risk
from bot.ports.actions import Action, ActionSpec

_SCALED = (DEPLOYMENT, STATEFUL_SET, REPLICA_SET)
_MOST = 1000


class ScaleParams(InNamespace):
    """`with:` of kubernetes.scale."""

    kind: KindWord = Field(default="Deployment", description="`Deployment`, `StatefulSet` or `ReplicaSet`.")
    name: Name = Field(description="Its name.")
    replicas: int = Field(ge=0, le=_MOST, description="How many pods there shall be.")


class ImageParams(Workload):
    """`with:` of kubernetes.set_image."""

    container: Namespace = Field(description="The name of the container.")
    image: Image = Field(description="The image it shall run.")


SCALE = ActionSpec(
    name="kubernetes.scale",
    params=ScaleParams,
    risk=Risk.DESTRUCTIVE,
    undoes=True,
    help="Sets how many pods a workload has; to none is destructive.",
    result={"replicas": "how many there shall be now", "before": "how many there were to be before"},
    needs=("get {kind}", "patch {kind}/scale", "list horizontalpodautoscalers.autoscaling"),
    mildest=Risk.WRITE,
)
SET_IMAGE = ActionSpec(
    name="kubernetes.set_image",
    params=ImageParams,
    risk=Risk.WRITE,
    undoes=True,
    help="Sets the image of one container of a workload, which rolls it out.",
    result={"image": "the image that is wanted now", "before": "the image before", "rollout": "how far the rollout is"},
    needs=("get {kind}", "patch {kind}"),
)
SPECS = (SCALE, SET_IMAGE)


class Sizes:
    """Makes the actions of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._scale = Changing(
            cluster=cluster,
            spec=SCALE,
            thing=self._scaled,
            wish=self._wish_scale,
            tell=_tell_scale,
            back=self._unscaled,
        )
        self._image = Changing(
            cluster=cluster, spec=SET_IMAGE, thing=self._of, wish=self._wish_image, tell=_tell_image, back=self._unset
        )

    def actions(self) -> Sequence[Action]:
        """One each."""
        return (self._scale.action(), self._image.action())

    def _scaled(self, params: ScaleParams) -> Thing:
        return workload(self._cluster, Workload(**params.model_dump(exclude={"replicas"})), _SCALED)

    def _of(self, params: ImageParams) -> Thing:
        return workload(self._cluster, params)

    async def _wish_scale(self, params: ScaleParams, value: Object, _: str) -> Wish:
        before = int(at(value, "spec.replicas", 1))
        return Wish(
            patch={"spec": {"replicas": params.replicas}},
            how=MERGE,
            sub="scale",
            about={"replicas": before},
            then={"replicas": params.replicas},
            summary=f"scale {self._scaled(params)} from {before} to {params.replicas}",
            risk=Risk.WRITE if params.replicas else Risk.DESTRUCTIVE,
            before={"replicas": str(before)},
            undo=f"scale it to {before}",
            can_undo=True,
            notes=await self._autoscaled(params),
        )

    async def _autoscaled(self, params: ScaleParams) -> tuple[str, ...]:
        """A warning where somebody else decides how many there are."""
        try:
            found = await self._cluster.list(AUTOSCALER, params.namespace)
        except IntegrationError as error:
            return (f"whether an autoscaler decides otherwise could not be seen: {error.message}",)
        kind = self._cluster.kind(params.kind).name
        return tuple(
            f"the autoscaler {one['metadata']['name']} does nothing while there are to be none"
            if not params.replicas
            else f"the autoscaler {one['metadata']['name']} decides how many there are "
            f"({at(one, 'spec.minReplicas', 1)} to {at(one, 'spec.maxReplicas')}): it will change this again"
            for one in found.items
            if (at(one, "spec.scaleTargetRef.kind"), at(one, "spec.scaleTargetRef.name")) == (kind, params.name)
        )

    async def _wish_image(self, params: ImageParams, value: Object, _: str) -> Wish:
        containers = _images(value)
        thing = self._of(params)
        if params.container not in containers:
            message = f"{thing} has no container {params.container}"
            raise self._cluster.mistake(message, f"it has: {', '.join(containers)}")
        part, before = containers[params.container]
        change = {part: [{"name": params.container, "image": params.image}]}
        return Wish(
            patch={"spec": {"template": {"spec": change}}},
            about={"image": before},
            then={"image": params.image},
            summary=f"set the image of {thing}/{params.container} to {params.image}",
            before={"image": before},
            undo=f"set it to {before}",
            can_undo=True,
        )

    async def _unscaled(self, plan: Plan) -> Plan:
        before = int(plan.preconditions["before.replicas"])
        return await self._scale.plan(ScaleParams.model_validate({**plan.params, "replicas": before}))

    async def _unset(self, plan: Plan) -> Plan:
        before = plan.preconditions["before.image"]
        return await self._image.plan(ImageParams.model_validate({**plan.params, "image": before}))


def _images(value: Object) -> dict[str, tuple[str, str]]:
    """Of each container of a workload in which list it stands, for those that come first have their own; its image."""
    return {
        str(one["name"]): (part, str(one.get("image", "")))
        for part in ("initContainers", "containers")
        for one in at(value, f"spec.template.spec.{part}", [])
    }


def _tell_scale(plan: Plan, value: Object) -> dict[str, Any]:
    # Any: plain JSON.
    return {"replicas": int(at(value, "spec.replicas", 1)), "before": int(plan.preconditions["before.replicas"])}


def _tell_image(plan: Plan, value: Object) -> dict[str, Any]:
    # Any: plain JSON.
    rollout = progress(DEPLOYMENT, value).why if value.get("kind") == "Deployment" else ""
    _, image = _images(value).get(plan.params["container"], ("", ""))
    return {"image": image, "before": plan.preconditions["before.image"], "rollout": rollout}
