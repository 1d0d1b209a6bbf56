"""What whoever approves a change should know of an object besides the diff: who may set it back, what it waits for."""

from __future__ import annotations

from collections.abc import Iterator

from bot.integrations.kubernetes.kinds import Object, at

_KEEPERS = (
    ("labels", "argocd.argoproj.io/instance", "Argo CD"),
    ("annotations", "argocd.argoproj.io/tracking-id", "Argo CD"),
    ("labels", "kustomize.toolkit.fluxcd.io/name", "Flux"),
    ("labels", "helm.toolkit.fluxcd.io/name", "Flux"),
    ("annotations", "meta.helm.sh/release-name", "Helm"),
)


def cautions(before: Object, after: Object) -> tuple[str, ...]:
    """One line each. `after` is the object as the API server says that the change would make it."""
    return (*_kept(before), *(_held(after) if at(before, "spec.template") != at(after, "spec.template") else ()))


def by_hand(value: Object) -> str:
    """Why a workload exchanges no pod by itself; empty where it does."""
    if at(value, "spec.updateStrategy.type") != "OnDelete":
        return ""
    return "its update strategy is OnDelete: a pod is only exchanged when it is deleted"


def _kept(value: Object) -> Iterator[str]:
    """Who keeps it as it is, and may set it back."""
    metadata = value.get("metadata", {})
    owner = next((one for one in metadata.get("ownerReferences") or () if one.get("controller")), None)
    if owner is not None:
        yield f"it belongs to {str(owner.get('kind', '')).lower()}/{owner.get('name', '')}, which may set this back"
    for part, key, who in _KEEPERS:
        name = (metadata.get(part) or {}).get(key)
        if name:
            when = "with the next upgrade" if who == "Helm" else "at any time"
            yield f"{who} keeps it ({name}), and may set this back {when}: change it there too"
            return


def _held(value: Object) -> Iterator[str]:
    """What keeps the pods of a changed template from coming."""
    if at(value, "spec.paused"):
        yield "it is paused: no pod is exchanged before kubernetes.rollout_resume"
    if why := by_hand(value):
        yield why
    if partition := at(value, "spec.updateStrategy.rollingUpdate.partition", 0):
        yield f"its partition is {partition}: pods with lower numbers stay as they are"
    in_order = at(value, "spec.podManagementPolicy") == "OrderedReady"
    if in_order and at(value, "status.readyReplicas", 0) < at(value, "spec.replicas", 0):
        yield "a pod that is not ready is not exchanged by itself: kubernetes.delete_pod lets the new one come"
