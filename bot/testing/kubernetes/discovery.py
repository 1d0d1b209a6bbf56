"""What there is to be asked: versions, groups, resources, as an API server lists them."""

from __future__ import annotations

from collections.abc import Mapping

from bot.testing.kubernetes.kinds import KINDS, Kind
from bot.testing.kubernetes.refusals import Object

VERSION = {
    "major": "1",
    "minor": "37",
    "emulationMajor": "1",
    "emulationMinor": "37",
    "minCompatibilityMajor": "1",
    "minCompatibilityMinor": "36",
    "gitVersion": "v1.37.0",
    "gitCommit": "0000000000000000000000000000000000000000",
    "gitTreeState": "clean",
    "buildDate": "2026-08-26T00:00:00Z",
    "goVersion": "go1.26.0",
    "compiler": "gc",
    "platform": "linux/amd64",
}
_PART_KINDS = {
    "scale": ("autoscaling", "v1", "Scale"),
    "eviction": ("policy", "v1", "Eviction"),
    "exec": ("", "v1", "PodExecOptions"),
}
_REVIEWS = {
    ("authorization.k8s.io", "v1"): ("selfsubjectaccessreviews", "selfsubjectrulesreviews"),
    ("authentication.k8s.io", "v1"): ("selfsubjectreviews",),
}
_REVIEW_KINDS = {
    "selfsubjectaccessreviews": "SelfSubjectAccessReview",
    "selfsubjectrulesreviews": "SelfSubjectRulesReview",
    "selfsubjectreviews": "SelfSubjectReview",
}
_METRICS = ("metrics.k8s.io", "v1beta1")


def documents(*, metrics: bool = True) -> Mapping[str, Object]:
    """Every document of discovery, by its path. Without a metrics server, its group is not there."""
    versions: dict[tuple[str, str], list[Object]] = {}
    for kind in KINDS:
        versions.setdefault((kind.group, kind.version), []).extend(_resources(kind))
    for at, plurals in _REVIEWS.items():
        versions[at] = [_review(plural) for plural in plurals]
    if metrics:
        versions[_METRICS] = [
            _entry("nodes", "NodeMetrics", namespaced=False, verbs=("get", "list")),
            _entry("pods", "PodMetrics", namespaced=True, verbs=("get", "list")),
        ]
    found: dict[str, Object] = {"/version": VERSION, "/api": _versions()}
    groups = []
    for (group, version), resources in versions.items():
        full = f"{group}/{version}" if group else version
        root = f"/apis/{full}" if group else "/api/v1"
        found[root] = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": full, "resources": resources}
        if group:
            one = {"groupVersion": full, "version": version}
            about = {"name": group, "versions": [one], "preferredVersion": one}
            found[f"/apis/{group}"] = {"kind": "APIGroup", "apiVersion": "v1", **about}
            groups.append(about)
    found["/apis"] = {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    return found


def _versions() -> Object:
    return {
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}],
    }


def _resources(kind: Kind) -> list[Object]:
    own = _entry(kind.plural, kind.kind, namespaced=kind.namespaced, verbs=kind.verbs)
    own["singularName"] = kind.kind.lower()
    if kind.short:
        own["shortNames"] = list(kind.short)
    if kind.categories:
        own["categories"] = list(kind.categories)
    parts = []
    for sub, verbs in kind.subresources.items():
        group, version, name = _PART_KINDS.get(sub, ("", "", kind.kind))
        part = _entry(f"{kind.plural}/{sub}", name, namespaced=kind.namespaced, verbs=verbs)
        if group:
            part |= {"group": group, "version": version}
        parts.append(part)
    return [own, *parts]


def _review(plural: str) -> Object:
    return _entry(plural, _REVIEW_KINDS[plural], namespaced=False, verbs=("create",))


def _entry(name: str, kind: str, *, namespaced: bool, verbs: tuple[str, ...]) -> Object:
    return {"name": name, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": list(verbs)}
