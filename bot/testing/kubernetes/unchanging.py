"""What may not change in an object that is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.testing.kubernetes import selectors
from bot.testing.kubernetes.kinds import (
    CLAIM,
    CLUSTER_ROLE_BINDING,
    CONFIG_MAP,
    DAEMON_SET,
    DEPLOYMENT,
    JOB,
    POD,
    REPLICA_SET,
    ROLE_BINDING,
    SECRET,
    SERVICE,
    STATEFUL_SET,
    Kind,
)
from bot.testing.kubernetes.quantities import amount
from bot.testing.kubernetes.refusals import Cause, Object, forbidden_field, wrong

_POD_UPDATE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
_SET_UPDATE = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)
_SET_MAY_CHANGE = (
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "minReadySeconds",
    "persistentVolumeClaimRetentionPolicy",
)  # fmt: skip
_CLAIM_UPDATE = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
)
_SEALED = "field is immutable when `immutable` is set"
_IMMUTABLE = "field is immutable"

Causes = Iterator[Cause]


def causes(kind: Kind, value: Object, before: Object) -> Causes:
    """Everything about an object that may not be otherwise than it was."""
    yield from _finalizers(value["metadata"], before["metadata"])
    if kind in _WHOLE:
        yield from _WHOLE[kind](value, before)
    if kind in _SPECS:
        yield from _SPECS[kind](value.get("spec") or {}, before.get("spec") or {})


def _finalizers(metadata: Object, before: Object) -> Causes:
    new = sorted({*(metadata.get("finalizers") or ())} - {*(before.get("finalizers") or ())})
    if new and "deletionTimestamp" in before:
        shown = ", ".join(f'"{name}"' for name in new)
        why = f"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{shown}}}"
        yield forbidden_field("metadata.finalizers", why)


def _sealed(value: Object, before: Object) -> Causes:
    """A config map or a secret that says that it never changes."""
    if before.get("immutable"):
        for name in ("immutable", "data", "binaryData"):
            if value.get(name) != before.get(name):
                yield forbidden_field(name, _SEALED)


def _secret(value: Object, before: Object) -> Causes:
    if value.get("type") != before.get("type"):
        yield wrong("type", value.get("type"), _IMMUTABLE)
    yield from _sealed(value, before)


def _same_role(value: Object, before: Object) -> Causes:
    if value.get("roleRef") != before.get("roleRef"):
        yield wrong("roleRef", "{...}", "cannot change roleRef")


def _same_claim(value: Object, before: Object) -> Causes:
    spec, old = value.get("spec") or {}, before.get("spec") or {}
    if (before.get("status") or {}).get("phase") != "Bound":
        if spec != old:
            yield forbidden_field("spec", _CLAIM_UPDATE)
        return
    freely = {"resources": {}, "volumeAttributesClassName": ""}
    if {**spec, **freely} != {**old, **freely}:
        yield forbidden_field("spec", _CLAIM_UPDATE)
    if _storage(spec) < _storage(old):
        yield forbidden_field("spec.resources.requests.storage", "field can not be less than status.capacity")


def _storage(spec: Object) -> float:
    return amount(((spec.get("resources") or {}).get("requests") or {}).get("storage", 0))


def _same_selector(spec: Object, before: Object) -> Causes:
    if spec.get("selector") != before.get("selector"):
        yield wrong("spec.selector", selectors.written(spec.get("selector")), _IMMUTABLE)


def _same_set(spec: Object, before: Object) -> Causes:
    if {**before, **dict.fromkeys(_SET_MAY_CHANGE)} != {**spec, **dict.fromkeys(_SET_MAY_CHANGE)}:
        yield forbidden_field("spec", _SET_UPDATE)


def _same_job(spec: Object, before: Object) -> Causes:
    fixed = ["selector", "completions", "completionMode"]
    if not before.get("suspend"):
        fixed.append("template")
    for name in fixed:
        if spec.get(name) != before.get(name):
            yield wrong(f"spec.{name}", "{...}", _IMMUTABLE)


def _same_pod(spec: Object, before: Object) -> Causes:
    if len(spec.get("containers") or ()) != len(before.get("containers") or ()):
        yield forbidden_field("spec.containers", "pod updates may not add or remove containers")
    elif _fixed(spec) != _fixed(before) or any(
        one not in (spec.get("tolerations") or ()) for one in before.get("tolerations") or ()
    ):
        yield forbidden_field("spec", _POD_UPDATE)


def _fixed(spec: Object) -> Object:
    parts: Object = {
        part: [{**one, "image": "", "resources": {}} for one in spec.get(part) or ()]
        for part in ("containers", "initContainers", "ephemeralContainers")
    }
    return {**spec, **parts, "activeDeadlineSeconds": None, "tolerations": None}


def _same_address(spec: Object, before: Object) -> Causes:
    if before.get("clusterIP") and spec.get("clusterIP") != before["clusterIP"]:
        yield wrong("spec.clusterIPs[0]", spec.get("clusterIP"), "may not change once set")


_WHOLE: dict[Kind, Callable[[Object, Object], Causes]] = {
    CONFIG_MAP: _sealed,
    SECRET: _secret,
    ROLE_BINDING: _same_role,
    CLUSTER_ROLE_BINDING: _same_role,
    CLAIM: _same_claim,
}
_SPECS: dict[Kind, Callable[[Object, Object], Causes]] = {
    POD: _same_pod,
    DEPLOYMENT: _same_selector,
    REPLICA_SET: _same_selector,
    DAEMON_SET: _same_selector,
    STATEFUL_SET: _same_set,
    JOB: _same_job,
    SERVICE: _same_address,
}
