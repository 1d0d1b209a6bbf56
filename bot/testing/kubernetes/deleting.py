"""How something is to be deleted: what the options say, how long it gets, and what is answered when it is gone."""

from __future__ import annotations

from dataclasses import dataclass

from bot.testing.kubernetes.asked import Asked
from bot.testing.kubernetes.kinds import JOB, NAMESPACE, POD, Kind
from bot.testing.kubernetes.refusals import Object, bad_request, forbidden, invalid_options, unlike, unsupported, wrong

_POLICIES = ("Background", "Foreground", "Orphan")
_IMMORTAL = ("default", "kube-system", "kube-public")
_PODS_STAY = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set "
    "propagationPolicy=Orphan to suppress this warning"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """How something is to be deleted, from the body or the query."""

    grace: int | None = None
    policy: str = "Background"
    uid: str = ""
    version: str = ""
    is_dry: bool = False


def asked_for(asked: Asked, kind: Kind) -> Deletion:
    """Reads the options of a DELETE: from its body, or, where it has none, from its query. Never from both.

    So `dryRun=All` in the query of a DELETE with a body is no dry run.
    """
    said = asked.written() if asked.body else _queried(asked)
    if said.get("kind", "DeleteOptions") != "DeleteOptions":
        raise bad_request(f"{said['kind']} cannot be handled as a DeleteOptions: unknown conversion")
    if not isinstance(said.get("gracePeriodSeconds") or 0, int):
        field = "DeleteOptions.gracePeriodSeconds of type int64"
        raise bad_request(
            f"json: cannot unmarshal {type(said['gracePeriodSeconds']).__name__} into Go struct field {field}"
        )
    if kind is JOB and said.get("propagationPolicy") is None and said.get("orphanDependents") is None:
        asked.warnings.append(_PODS_STAY)
        said = {**said, "propagationPolicy": "Orphan"}
    return deletion(said)


def _queried(asked: Asked) -> Object:
    said: Object = {name: asked.get(name) for name in ("propagationPolicy",) if asked.get(name)}
    if "orphanDependents" in asked.query:
        said["orphanDependents"] = asked.flag("orphanDependents")
    return said | {"gracePeriodSeconds": asked.whole("gracePeriodSeconds"), "dryRun": asked.query.get("dryRun") or []}


def deletion(said: Object) -> Deletion:
    """Reads DeleteOptions; 422 for what they cannot say."""
    conditions, dry = said.get("preconditions") or {}, said.get("dryRun") or []
    policy, orphans = said.get("propagationPolicy"), said.get("orphanDependents")
    if policy is not None and policy not in _POLICIES:
        raise invalid_options("DeleteOptions", unsupported("propagationPolicy", policy, _POLICIES))
    if orphans is not None and policy is not None:
        why = "orphanDependents and deletionPropagation cannot be both set"
        raise invalid_options("DeleteOptions", wrong("propagationPolicy", policy, why))
    if any(word != "All" for word in dry):
        raise invalid_options("DeleteOptions", unsupported("dryRun", dry[0], ("All",)))
    return Deletion(
        grace=said.get("gracePeriodSeconds"),
        policy=policy or ("Orphan" if orphans else "Background"),
        uid=conditions.get("uid") or "",
        version=conditions.get("resourceVersion") or "",
        is_dry=bool(dry),
    )


def check(kind: Kind, value: Object, how: Deletion) -> None:
    """Refuses to delete what is not what the client thinks it is, and what is never deleted."""
    metadata = value["metadata"]
    for word, wanted, there in (
        ("UID", how.uid, metadata["uid"]),
        ("ResourceVersion", how.version, metadata["resourceVersion"]),
    ):
        if wanted and wanted != there:
            since = "deleted and then recreated" if word == "UID" else "modified"
            raise unlike(
                kind,
                metadata["name"],
                f"the {word} in the precondition ({wanted}) does not match the {word} in record ({there}). "
                f"The object might have been {since}",
            )
    if kind is NAMESPACE and metadata["name"] in _IMMORTAL:
        raise forbidden(kind, metadata["name"], "this namespace may not be deleted")


def grace(kind: Kind, value: Object, asked: int | None) -> int:
    """Only pods end gracefully, and those only that run somewhere."""
    if kind is not POD:
        return 0
    phase = (value.get("status") or {}).get("phase")
    if not value["spec"].get("nodeName") or phase in ("Succeeded", "Failed"):
        return 0
    seconds = int(value["spec"].get("terminationGracePeriodSeconds", 30) if asked is None else asked)
    return seconds if seconds >= 0 else 1  # what is negative is as short as can be, and not at once


def gone(kind: Kind, metadata: Object) -> Object:
    """The answer for something that is gone at once."""
    details = {"name": metadata["name"], "group": kind.group, "kind": kind.plural, "uid": metadata["uid"]}
    details = {name: value for name, value in details.items() if value}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
