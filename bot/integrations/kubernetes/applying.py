"""Changing an object by what it shall say: `apply` (server-side, as the manager `tocsin`) and `patch`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

import yaml
from pydantic import Field

from bot.documents import Strict
from bot.integrations.kubernetes.changing import Changing, Wish
from bot.integrations.kubernetes.cluster import APPLY, MERGE, STRATEGIC, Cluster
from bot.integrations.kubernetes.kinds import SECRET, Object, Thing, at
from bot.integrations.kubernetes.kinds import named as known
from bot.integrations.kubernetes.showing import cleaned
from bot.integrations.kubernetes.words import MaybeNamespace, One
from bot.model.plan import Plan
from bot.model.runbook import Risk
from bot.ports.actions import LANGUAGE, Action, ActionSpec

_LONGEST_TEXT = 64 * 1024
_LONGEST_UNDO = 4096
_ITS_OWN = ("uid", "resourceVersion", "managedFields", "generation", "creationTimestamp", "deletionTimestamp")
_GRAVE_GROUPS = (
    "rbac.authorization.k8s.io", "apiextensions.k8s.io", "admissionregistration.k8s.io", "apiregistration.k8s.io",
    "certificates.k8s.io",
)  # fmt: skip
_GRAVE_KINDS = ("Namespace", "Node", "PersistentVolume", "StorageClass")


class ApplyParams(Strict):
    """`with:` of kubernetes.apply."""

    manifest: str = Field(
        max_length=_LONGEST_TEXT,
        json_schema_extra=LANGUAGE,
        description="One object as YAML text (`manifest: |`), with only the fields that matter.",
    )
    namespace: MaybeNamespace = Field(default="", description="The namespace, where the manifest names none.")
    force: bool = Field(default=False, description="Whether to take over fields that others manage.")


class PatchParams(One):
    """`with:` of kubernetes.patch."""

    patch: str = Field(
        max_length=_LONGEST_TEXT, json_schema_extra=LANGUAGE, description="The patch as YAML text (`patch: |`)."
    )
    type: Literal["merge", "strategic"] = Field(
        default="merge", description="`merge` replaces lists; `strategic` merges those of built-in kinds by their keys."
    )


_AFTER = {"generation": "the number of its last change", "uid": "the object's own id"}
APPLY_SPEC = ActionSpec(
    name="kubernetes.apply",
    params=ApplyParams,
    risk=Risk.DESTRUCTIVE,
    mildest=Risk.WRITE,
    help="Makes an object say what a manifest says, by server-side apply; makes it where there is none.",
    result=_AFTER,
    needs=("get {manifest}", "patch {manifest}", "create {manifest}"),
)
PATCH_SPEC = ActionSpec(
    name="kubernetes.patch",
    params=PatchParams,
    risk=Risk.DESTRUCTIVE,
    undoes=True,
    mildest=Risk.WRITE,
    help="Changes the fields of an object that a patch names.",
    result=_AFTER,
    needs=("get {kind}", "patch {kind}"),
)
SPECS = (APPLY_SPEC, PATCH_SPEC)


class Applying:
    """Makes the actions of one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._patch = Changing(
            cluster=cluster,
            spec=PATCH_SPEC,
            thing=self._patched,
            wish=self._wish_patch,
            tell=_tell,
            back=self._unpatched,
        )
        self._apply = Changing(
            cluster=cluster, spec=APPLY_SPEC, thing=self._applied, wish=self._wish_apply, tell=_tell, makes=True
        )

    def actions(self) -> Sequence[Action]:
        """One each."""
        return (self._apply.action(), self._patch.action())

    def _patched(self, params: PatchParams) -> Thing:
        return self._cluster.thing(self._cluster.kind(params.kind, params.namespace), params.namespace, params.name)

    def _applied(self, params: ApplyParams) -> Thing:
        manifest = self._manifest(params)
        api_version, word = str(manifest.get("apiVersion", "")), str(manifest.get("kind", ""))
        kind = known(api_version, word)
        if kind is None:
            message = f"{api_version} {word}"[:100] + " is no kind that can be applied"
            raise self._cluster.mistake(message, "apply built-in kinds; patch custom ones by PLURAL.VERSION.GROUP")
        metadata = manifest["metadata"]
        one = One.model_validate(
            {"kind": word, "name": metadata.get("name"), "namespace": metadata.get("namespace") or params.namespace}
        )
        return self._cluster.thing(kind, one.namespace, one.name)

    def _manifest(self, params: ApplyParams) -> Object:
        manifest = self._document(params.manifest)
        if not isinstance(manifest.get("metadata"), dict) or not isinstance(manifest["metadata"].get("name"), str):
            raise self._cluster.mistake("the manifest names no object", "write `metadata: {name: ...}`")
        return manifest

    def _document(self, text: str) -> Object:
        try:
            # JSON's types and nothing else: a date, say, is refused by the API server as a text would be.
            found = json.loads(json.dumps(yaml.safe_load(text), allow_nan=False, default=str))
        except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
            raise self._cluster.mistake(f"this is no YAML: {str(error).splitlines()[0]}", "correct the text") from None
        if not isinstance(found, dict) or not found:
            raise self._cluster.mistake("this is no YAML mapping", "write the fields that are to be changed")
        own = [key for key in _ITS_OWN if key in (found.get("metadata") or {})]
        if own:
            raise self._cluster.mistake(f"{', '.join(own)} is the API server's to say", "leave it out")
        return found

    async def _wish_apply(self, params: ApplyParams, value: Object, _: str) -> Wish:
        thing, manifest = self._applied(params), self._manifest(params)
        after = await self._cluster.patch(thing, manifest, APPLY, dry_run=True, force=params.force)
        verb = "apply to" if value["metadata"]["uid"] else "make"
        forced = " (taking over fields of others)" if params.force else ""
        return self._wish(thing, manifest, APPLY, value, after, f"{verb} {thing}{forced}", force=params.force)

    async def _wish_patch(self, params: PatchParams, value: Object, _: str) -> Wish:
        thing, patch = self._patched(params), self._document(params.patch)
        how = STRATEGIC if params.type == "strategic" else MERGE
        after = await self._cluster.patch(thing, patch, how, dry_run=True)
        return self._wish(thing, patch, how, value, after, f"patch {thing}")

    def _wish(
        self, thing: Thing, patch: Object, how: str, value: Object, after: Object, summary: str, *, force: bool = False
    ) -> Wish:
        if thing.kind == SECRET and patch.keys() & {"data", "stringData"}:
            message = f"the data of {thing} would stand in the runbook, in its journal and before everybody's eyes"
            raise self._cluster.mistake(message, "change a Secret where secrets are kept; its metadata may be patched")
        about, then = project(value, patch), project(after, patch)
        back = json.dumps(about, sort_keys=True)
        seen = cleaned(about, self._cluster.clean) == about
        undoable = how == MERGE and len(back) <= _LONGEST_UNDO and seen
        return Wish(
            patch=patch,
            how=how,
            about=about,
            then=then,
            summary=summary,
            risk=Risk.DESTRUCTIVE if _is_grave(thing, patch, value, after) else Risk.WRITE,
            before={"patch": back} if undoable else {},
            undo="patch the same fields back to what they were" if undoable else "",
            can_undo=undoable,
            force=force,
            hidden=True,
        )

    async def _unpatched(self, plan: Plan) -> Plan:
        return await self._patch.plan(
            PatchParams.model_validate({**plan.params, "patch": plan.preconditions["before.patch"], "type": "merge"})
        )


def project(value: Any, patch: Any) -> Any:  # Any: JSON
    """The part of an object that a patch names; None for what is not there. Lists are taken whole."""
    if not isinstance(patch, dict):
        return value
    found = value if isinstance(value, dict) else {}
    return {key: project(found.get(key), item) for key, item in patch.items() if not key.startswith("$")}


def _is_grave(thing: Thing, patch: Object, value: Object, after: Object) -> bool:
    """Whether more than one person should look.

    At rights, nodes and namespaces; at who owns an object and what must happen before it goes, for with those the
    cluster deletes it by itself; and at what ends every pod of a workload.
    """
    if thing.kind.group in _GRAVE_GROUPS or thing.kind.name in _GRAVE_KINDS:
        return True
    if at(patch, "metadata", {}).keys() & {"ownerReferences", "finalizers"}:
        return True
    return bool(at(value, "spec.replicas", 0)) and at(after, "spec.replicas") == 0


def _tell(_: Plan, value: Object) -> dict[str, Any]:
    # Any: plain JSON.
    return {"generation": int(at(value, "metadata.generation", 0)), "uid": str(at(value, "metadata.uid", ""))}
