"""The revisions of a workload: which pod template was rolled out when, as the cluster itself keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.integrations.kubernetes.cluster import Cluster
from bot.integrations.kubernetes.kinds import DEPLOYMENT, REPLICA_SET, REVISION, Kind, Object, Thing, at

_REVISION = "deployment.kubernetes.io/revision"
_CAUSE = "kubernetes.io/change-cause"
_HASH = "pod-template-hash"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One pod template that was rolled out. `current` is the one that is now wanted."""

    number: int
    template: Object
    images: tuple[str, ...]
    created: str
    cause: str
    current: bool = False

    def plain(self) -> dict[str, Any]:
        """As a later step may use it."""
        return {
            "revision": self.number,
            "images": list(self.images),
            "created": self.created,
            "cause": self.cause,
            "current": self.current,
        }


def images(template: Object | None) -> tuple[str, ...]:
    """The images of a pod template, in the order of its containers."""
    return tuple(str(one.get("image", "")) for one in at(template or {}, "spec.containers", []))


async def revisions(cluster: Cluster, thing: Thing, value: Object) -> Sequence[Revision]:
    """Those that are still kept, the oldest first."""
    if thing.kind == DEPLOYMENT:
        found = [
            _of(owned, at(owned, "spec.template"), at(owned, "metadata.annotations", {}).get(_REVISION, ""))
            for owned in await _owned(cluster, thing, value, REPLICA_SET)
        ]
        current = str((value["metadata"].get("annotations") or {}).get(_REVISION, ""))
    else:
        kept = await _owned(cluster, thing, value, REVISION)
        found = [_of(one, at(one, "data.spec.template"), str(one.get("revision", ""))) for one in kept]
        by_name = {one["metadata"]["name"]: str(one.get("revision", "")) for one in kept}
        newest = str(max((one.number for one in found if one), default=0))
        current = by_name.get(at(value, "status.updateRevision", ""), newest)
    known = sorted((one for one in found if one is not None), key=lambda one: one.number)
    return [replace(one, current=str(one.number) == current) for one in known]


def _of(owned: Object, template: Object | None, number: str) -> Revision | None:
    if template is None or not number.isdigit():
        return None
    template = {key: item for key, item in template.items() if key != "$patch"}
    metadata = dict(template.get("metadata") or {})
    labels = {key: item for key, item in (metadata.get("labels") or {}).items() if key != _HASH}
    template["metadata"] = metadata | {"labels": labels}
    return Revision(
        number=int(number),
        template=template,
        images=images(template),
        created=str(owned["metadata"].get("creationTimestamp", "")),
        cause=str((owned["metadata"].get("annotations") or {}).get(_CAUSE, "")),
    )


async def _owned(cluster: Cluster, thing: Thing, value: Object, kind: Kind) -> list[Object]:
    """What this very object owns; the selector narrows the list, the owner's uid decides."""
    labels = ",".join(f"{key}={text}" for key, text in at(value, "spec.selector.matchLabels", {}).items())
    found = await cluster.list(kind, thing.namespace, labels=labels)
    return [one for one in found.items if owner_of(one) == value["metadata"]["uid"]]


def owner_of(value: Object) -> str:
    """The uid of the controller that an object belongs to; empty when it belongs to none."""
    owners = value["metadata"].get("ownerReferences") or ()
    return next((str(one.get("uid")) for one in owners if one.get("controller")), "")
