"""Garbage: what nobody owns any more goes, and what waits for that; namespaces end with all that is in them."""

from __future__ import annotations

from datetime import datetime

from bot.testing.kubernetes.cluster import Cluster
from bot.testing.kubernetes.controllers.owned import is_going, is_over
from bot.testing.kubernetes.kinds import KINDS, NAMESPACE, POD, Kind
from bot.testing.kubernetes.refusals import Object

_FOREGROUND, _ORPHAN = "foregroundDeletion", "orphan"


def control(cluster: Cluster) -> datetime | None:
    """One pass."""
    everything = [(kind, one) for kind in KINDS for one in cluster.store.all(kind)]
    there = {one["metadata"]["uid"] for _, one in everything}
    for kind, one in everything:
        owners = [by["uid"] for by in one["metadata"].get("ownerReferences") or ()]
        if owners and not there.intersection(owners):
            _delete(cluster, kind, one)
        finalizers = one["metadata"].get("finalizers") or ()
        if is_going(one) and _ORPHAN in finalizers:
            _orphan(cluster, everything, one)
            _release(cluster, kind, one, _ORPHAN)
        elif is_going(one) and _FOREGROUND in finalizers:
            _first(cluster, everything, kind, one)
    for namespace in cluster.store.all(NAMESPACE):
        if is_going(namespace):
            _empty(cluster, namespace["metadata"]["name"])
    return None


def _delete(cluster: Cluster, kind: Kind, one: Object) -> None:
    if is_going(one):
        return
    grace = 0
    if kind is POD and one["spec"].get("nodeName") and not is_over(one):
        grace = one["spec"].get("terminationGracePeriodSeconds", 30)
    cluster.delete(kind, one, grace=grace)


def _depend(everything: list[tuple[Kind, Object]], owner: Object) -> list[tuple[Kind, Object]]:
    uid = owner["metadata"]["uid"]
    return [
        (kind, one)
        for kind, one in everything
        if any(by["uid"] == uid for by in one["metadata"].get("ownerReferences") or ())
    ]


def _orphan(cluster: Cluster, everything: list[tuple[Kind, Object]], owner: Object) -> None:
    for kind, one in _depend(everything, owner):
        uid = owner["metadata"]["uid"]
        left = [by for by in one["metadata"]["ownerReferences"] if by["uid"] != uid]
        metadata = {name: value for name, value in one["metadata"].items() if name != "ownerReferences"}
        cluster.set(kind, one, metadata={**metadata, "ownerReferences": left} if left else metadata)


def _first(cluster: Cluster, everything: list[tuple[Kind, Object]], kind: Kind, owner: Object) -> None:
    below = _depend(everything, owner)
    for inner, one in below:
        _delete(cluster, inner, one)
    if not below:
        _release(cluster, kind, owner, _FOREGROUND)


def _release(cluster: Cluster, kind: Kind, one: Object, finalizer: str) -> None:
    left = [name for name in one["metadata"]["finalizers"] if name != finalizer]
    made = cluster.set(kind, one, metadata={**one["metadata"], "finalizers": left})
    if made and not left:
        cluster.store.remove(kind, (made["metadata"].get("namespace", ""), made["metadata"]["name"]))


def _empty(cluster: Cluster, name: str) -> None:
    inside = [(kind, one) for kind in KINDS if kind.namespaced for one in cluster.store.all(kind, name)]
    for kind, one in inside:
        _delete(cluster, kind, one)
    if not inside:
        cluster.store.remove(NAMESPACE, ("", name))
