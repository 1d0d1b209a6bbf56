"""What may be done with objects of any kind: make, replace, patch, delete; all that an API server checks on the way."""

from __future__ import annotations

import copy
from datetime import timedelta

from bot.testing.kubernetes import defaults, deleting, validation
from bot.testing.kubernetes.applying import Ownership, apply
from bot.testing.kubernetes.asked import APPLY, Asked, Target
from bot.testing.kubernetes.births import born
from bot.testing.kubernetes.cluster import Cluster, stamp
from bot.testing.kubernetes.deleting import Deletion
from bot.testing.kubernetes.kinds import BUDGET, DEPLOYMENT, NAMESPACE, POD, Kind
from bot.testing.kubernetes.patches import json_patch, merge_patch, strategic_patch
from bot.testing.kubernetes.refusals import (
    Object,
    Refused,
    already_exists,
    another_name,
    another_namespace,
    bad_request,
    conflict,
    invalid,
    method_not_allowed,
    not_found,
    required,
    undecodable_patch,
    untyped,
    wrong,
)
from bot.testing.kubernetes.store import Key, key_of

_KEPT = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "name",
    "namespace",
)


class Objects:
    """The handlers of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.ownership = Ownership(cluster.schema)

    def found(self, at: Target) -> Object:
        """An object, or 404."""
        value = self.cluster.store.get(at.kind, _key(at))
        if value is None:
            raise not_found(at.kind, at.name)
        return value

    # ---- making ---------------------------------------------------------------------------------------------------

    def create(self, asked: Asked, at: Target) -> Object:
        """POST to a collection."""
        value = self._read(asked, at.kind, asked.written())
        return self._create(asked, at, value)

    def _create(self, asked: Asked, at: Target, value: Object) -> Object:
        metadata = value["metadata"]
        if metadata.get("resourceVersion"):
            raise Refused(500, "", "resourceVersion should not be set on objects to be created")
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = self.cluster.name(metadata["generateName"])
        if not metadata.get("name"):
            cause = required("metadata.name", "name or generateName is required")
            raise invalid(at.kind, "", [cause])
        self._place(at, metadata)
        now = self.cluster.now()
        metadata.pop("deletionTimestamp", None)
        metadata |= {"uid": self.cluster.uid(), "creationTimestamp": stamp(now)}
        if at.kind.generation:
            metadata["generation"] = 1
        born(self.cluster, at.kind, value)
        self._check(at.kind, value, None)
        if self.cluster.store.get(at.kind, key_of(at.kind, value)) is not None:
            raise already_exists(at.kind, metadata["name"])
        if asked.content_type != APPLY:
            self.ownership.note(at.kind, None, value, manager=asked.manager, at=stamp(now))
        return self._kept(asked, at.kind, value)

    def _place(self, at: Target, metadata: Object) -> None:
        if not at.kind.namespaced:
            metadata.pop("namespace", None)
            return
        if metadata.setdefault("namespace", at.namespace) != at.namespace:
            raise another_namespace()
        namespace = self.cluster.store.get(NAMESPACE, ("", at.namespace))
        if namespace is None:
            raise not_found(NAMESPACE, at.namespace)
        if "deletionTimestamp" in namespace["metadata"]:
            why = f"unable to create new content in namespace {at.namespace} because it is being terminated"
            message = f'{at.kind.resource} "{metadata["name"]}" is forbidden: {why}'
            cause = {
                "reason": "NamespaceTerminating",
                "message": f"namespace {at.namespace} is being terminated",
                "field": "metadata.namespace",
            }
            raise Refused(403, "Forbidden", message, details={"name": metadata["name"], "causes": [cause]})

    # ---- changing -------------------------------------------------------------------------------------------------

    def update(self, asked: Asked, at: Target) -> Object:
        """PUT."""
        value = self._read(asked, at.kind, asked.written())
        before = self.found(at)
        if at.kind is BUDGET and not value["metadata"].get("resourceVersion"):
            cause = wrong("metadata.resourceVersion", 0, "must be specified for an update")
            raise invalid(at.kind, at.name, [cause])
        if value["metadata"].setdefault("name", at.name) != at.name:
            theirs = value["metadata"]["name"]
            raise another_name(theirs, at.name)
        return self.replace(asked, at, before, value)

    def patch(self, asked: Asked, at: Target) -> Object:
        """PATCH, of any of the four types."""
        asked.check_patch()
        if asked.content_type == APPLY:
            return self._apply(asked, at)
        before = self.found(at)
        value = self.patched(asked, at.kind, before)
        if not (name := (value.get("metadata") or {}).get("name")):
            why = f"the name of the object ({at.name} based on URL) was undeterminable: name must be provided"
            raise bad_request(why)
        if name != at.name:
            raise another_name(name, at.name)
        if (value.get("apiVersion"), value.get("kind")) != (before["apiVersion"], before["kind"]):
            what = f'no kind "{value.get("kind")}" is registered for version "{value.get("apiVersion")}" in scheme'
            raise undecodable_patch(what)
        return self.replace(asked, at, before, self._checked(asked, at.kind, value, is_patch=True))

    def patched(self, asked: Asked, kind: Kind | None, before: Object) -> Object:
        """What a patch makes of an object; strategic ones need the schema of its kind."""
        patch = asked.parsed()
        if asked.content_type == "application/json-patch+json":
            return json_patch(before, patch)
        if not isinstance(patch, dict):
            raise bad_request(
                "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
            )
        if asked.content_type == "application/merge-patch+json" or kind is None:
            merged: Object = merge_patch(copy.deepcopy(before), patch)
            return merged
        schema = self.cluster.schema
        return strategic_patch(schema, schema.of(kind), copy.deepcopy(before), patch)

    def _apply(self, asked: Asked, at: Target) -> Object:
        version = (written := asked.written()).get("apiVersion", "")
        if version != at.kind.api_version:
            why = f"Specified patch version: {version}, expected: {at.kind.api_version}"
            raise bad_request(f"Incorrect version specified in apply patch. {why}")
        wanted = self._read(asked, at.kind, written)
        if wanted["metadata"].setdefault("name", at.name) != at.name:
            theirs = wanted["metadata"]["name"]
            raise another_name(theirs, at.name)
        if wanted["metadata"].get("managedFields"):
            raise bad_request("metadata.managedFields must be nil")
        before = self.cluster.store.get(at.kind, _key(at))
        if before is None and at.sub:
            raise not_found(at.kind, at.name)
        if before is None and (uid := wanted["metadata"].get("uid")):
            why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            raise conflict(at.kind, at.name, why)
        made = apply(
            self.ownership, at.kind, before, wanted,
            manager=asked.manager, force=asked.flag("force"), at=stamp(self.cluster.now()), sub=at.sub,
        )  # fmt: skip
        if before is None:
            return self._create(asked, at, made)
        return self.replace(asked, at, before, made)

    def replace(self, asked: Asked, at: Target, before: Object, value: Object) -> Object:
        """Puts an object in the place of another, as far as this address may change it."""
        kind, metadata, old = at.kind, value["metadata"], before["metadata"]
        if kind.namespaced and metadata.get("namespace", at.namespace) != at.namespace:
            raise another_namespace()
        uid = metadata.get("uid") or old["uid"]
        if uid != old["uid"] and asked.method == "PUT":
            why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {old['uid']}"
            raise conflict(kind, at.name, why)
        if (version := metadata.get("resourceVersion")) and version != old["resourceVersion"]:
            raise conflict(kind, at.name)
        if uid != old["uid"]:
            raise invalid(kind, at.name, [wrong("metadata.uid", uid, "field is immutable")])
        managed = metadata.get("managedFields", old.get("managedFields"))
        kept = {name: old[name] for name in _KEPT if name in old}
        value["metadata"] = {**{k: v for k, v in metadata.items() if k not in _KEPT}, **kept}
        value["metadata"]["resourceVersion"] = old["resourceVersion"]
        if managed:
            value["metadata"]["managedFields"] = managed
        if "status" in kind.subresources:
            value = _only_its_part(at.sub, before, value)
        defaults.fill(kind, value)
        if kind.generation and _is_other(kind, value, before) and at.sub != "status":
            value["metadata"]["generation"] = old.get("generation", 1) + 1
        self._check(kind, value, before)
        if asked.content_type != APPLY:
            at_ = stamp(self.cluster.now())
            self.ownership.note(kind, before, value, manager=asked.manager, at=at_, sub=at.sub)
        kept_value = self._kept(asked, kind, value)
        if "deletionTimestamp" in old and not kept_value["metadata"].get("finalizers") and not asked.is_dry:
            self._let_go(kind, kept_value)
        return kept_value

    def _let_go(self, kind: Kind, value: Object) -> None:
        """The last finalizer of something that is to be deleted is gone, and so is it."""
        if not value["metadata"].get("deletionGracePeriodSeconds"):
            self.cluster.store.remove(kind, key_of(kind, value))

    # ---- deleting -------------------------------------------------------------------------------------------------

    def delete(self, asked: Asked, at: Target) -> Object:
        """DELETE of an object."""
        return self.remove(at, deleting.asked_for(asked, at.kind))

    def delete_all(self, asked: Asked, at: Target, chosen: list[Object]) -> Object:
        """DELETE of a collection."""
        how = deleting.asked_for(asked, at.kind)
        gone = [
            self.remove(
                Target(kind=at.kind, namespace=one["metadata"].get("namespace", ""), name=one["metadata"]["name"]), how
            )
            for one in chosen
        ]
        return {"kind": f"{at.kind.kind}List", "apiVersion": at.kind.api_version, "metadata": {}, "items": gone}

    def remove(self, at: Target, how: Deletion) -> Object:
        """Deletes an object: at once, or, where something must happen before, by marking it."""
        value = self.found(at)
        metadata = value["metadata"]
        deleting.check(at.kind, value, how)
        grace = deleting.grace(at.kind, value, how.grace)
        waits = {"Foreground": ["foregroundDeletion"], "Orphan": ["orphan"]}.get(how.policy, [])
        finalizers = [*dict.fromkeys([*(metadata.get("finalizers") or ()), *waits])]
        if at.kind is NAMESPACE:
            finalizers = finalizers or ["kubernetes"]
        if not finalizers and not grace:
            if not how.is_dry:
                self.cluster.store.remove(at.kind, _key(at))
            return value if at.kind is POD else deleting.gone(at.kind, metadata)
        return self._marked(at.kind, value, finalizers, grace, is_dry=how.is_dry)

    def _marked(self, kind: Kind, value: Object, finalizers: list[str], grace: int, *, is_dry: bool) -> Object:
        metadata = {**value["metadata"]}
        before = metadata.get("deletionGracePeriodSeconds")
        if "deletionTimestamp" not in metadata or (before is not None and grace < before):
            metadata["deletionTimestamp"] = stamp(self.cluster.now() + timedelta(seconds=grace))
            metadata["deletionGracePeriodSeconds"] = grace
            if "generation" in metadata:
                metadata["generation"] += 1
        if finalizers and kind is not NAMESPACE:
            metadata["finalizers"] = finalizers
        made = {**value, "metadata": metadata}
        if kind is NAMESPACE:
            made["status"] = {"phase": "Terminating"}
        return made if is_dry else self.cluster.store.put(kind, made)

    # ---- what all of them do --------------------------------------------------------------------------------------

    def _read(self, asked: Asked, kind: Kind, value: Object) -> Object:
        said = (value.get("apiVersion", kind.api_version), value.get("kind", kind.kind))
        if said != (kind.api_version, kind.kind):
            raise bad_request(
                f"the API version in the data ({said[0]}) does not match the expected API version ({kind.api_version})"
                if said[0] != kind.api_version
                else f'{said[1]} in version "{kind.version}" cannot be handled as a {kind.kind}: converting '
                f"({said[1]}) to ({kind.kind}): unknown conversion"
            )
        return self._checked(asked, kind, value)

    def _checked(self, asked: Asked, kind: Kind, value: Object, *, is_patch: bool = False) -> Object:
        value = {**value, "apiVersion": kind.api_version, "kind": kind.kind}
        value["metadata"] = value.get("metadata") or {}
        found = self.cluster.schema.look(kind, value)
        if asked.content_type == APPLY and (found.unknown or found.mistyped):
            untold = [f".{name}: field not declared in schema" for name in found.unknown]
            name, namespace = value["metadata"].get("name", ""), value["metadata"].get("namespace", "")
            raise untyped(kind, namespace, name, (untold + found.mistyped)[0])
        if asked.content_type == APPLY and (why := next(self.ownership.unfit(kind, value), "")):
            raise untyped(kind, value["metadata"].get("namespace", ""), value["metadata"].get("name", ""), why)
        if found.mistyped:
            if is_patch:
                raise undecodable_patch(found.mistyped[0])
            message = f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {found.mistyped[0]}'
            raise bad_request(message)
        said = [f'unknown field "{name}"' for name in found.unknown]
        if said and asked.validation == "Strict":
            text = f"strict decoding error: {', '.join(said)}"
            if is_patch:
                raise undecodable_patch(text)
            raise bad_request(f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: {text}')
        if asked.validation == "Warn":
            asked.warnings += said
        return value

    def _check(self, kind: Kind, value: Object, before: Object | None) -> None:
        missing = self.cluster.schema.look(kind, value).missing
        found = validation.causes(kind, value, before)
        told = {cause.field for cause in found}
        causes = [*found, *(cause for cause in missing if cause.field not in told)]
        if causes:
            raise invalid(kind, value["metadata"].get("name", ""), causes)

    def _kept(self, asked: Asked, kind: Kind, value: Object) -> Object:
        return value if asked.is_dry else self.cluster.store.put(kind, value)


def _key(at: Target) -> Key:
    return (at.namespace if at.kind.namespaced else "", at.name)


def _is_other(kind: Kind, value: Object, before: Object) -> bool:
    """Whether something else is wanted. Of a Deployment its annotations count too: it hands them on."""
    other = value.get("spec") != before.get("spec")
    if kind is DEPLOYMENT:
        new, old = (one["metadata"].get("annotations") or {} for one in (value, before))
        return other or new != old
    return other


def _only_its_part(sub: str, before: Object, value: Object) -> Object:
    """The address of an object leaves its status alone, that of its status everything else."""
    if sub == "status":
        return {
            **before,
            "metadata": {**before["metadata"], "managedFields": value["metadata"].get("managedFields", [])},
            "status": value.get("status", {}),
        }
    made = {name: part for name, part in value.items() if name != "status"}
    return {**made, "status": before["status"]} if "status" in before else made


def allowed(kind: Kind, sub: str, verb: str) -> None:
    """405 for a verb that a resource, or a part of it, does not have."""
    if verb not in (kind.subresources[sub] if sub else kind.verbs):
        raise method_not_allowed(kind)
