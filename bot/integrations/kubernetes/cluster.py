"""One cluster as the actions see it: objects that are read, changed and deleted, where that is allowed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import IntegrationError, Permanent
from bot.integrations.kubernetes.client import Api
from bot.integrations.kubernetes.kinds import NAMESPACE, NODE, Kind, Object, Thing, find
from bot.kit.redaction import Redactor
from bot.model.runbook import Risk
from bot.ports.clock import Clock

MANAGER = "tocsin"
"""Who the API server says has changed a field."""
STRATEGIC = "application/strategic-merge-patch+json"
MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
_FIRST_PAUSE = 0.1  # seconds
_REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Objects that were listed; `more` says that there are others beyond the most that were wanted."""

    items: list[Object]
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What tocsin.yaml calls `name`. `namespaces` are the only ones that are touched; none: all.

    `poll`: the most seconds between two looks. `page`: how many objects an answer holds.
    """

    name: str
    api: Api
    redactor: Redactor
    clock: Clock
    namespaces: frozenset[str] = frozenset()
    allow: frozenset[Risk] = frozenset({Risk.READ, Risk.WRITE})
    exec_read: tuple[tuple[str, ...], ...] = ()
    poll: float = 1.0
    page: int = 500

    # ---- which object ---------------------------------------------------------------------------------------------

    def kind(self, word: str, namespace: str = "") -> Kind:
        """The kind that a runbook's word means; Permanent when there is none."""
        try:
            return find(word, namespace)
        except ValueError as error:
            raise self.mistake(str(error), "see the kinds that `kubectl api-resources` lists") from None

    def thing(self, kind: Kind, namespace: str, name: str) -> Thing:
        """An object that may be looked at here; Permanent when its kind and its namespace do not go together."""
        if kind.namespaced and not namespace:
            raise self.mistake(f"a {kind.name} lies in a namespace, and none is named", "write `namespace`")
        if kind.namespaced or kind == NAMESPACE:
            self.check_namespace(namespace if kind.namespaced else name)
        return Thing(kind=kind, namespace=namespace if kind.namespaced else "", name=name)

    def check_collection(self, kind: Kind, namespace: str) -> None:
        """Permanent when all objects of this kind in a namespace (empty: in all) are not ones that may be touched."""
        if kind.namespaced or not kind.known:  # a custom kind that is listed everywhere may lie in every namespace
            self.check_namespace(namespace)

    def check_namespace(self, namespace: str) -> None:
        """Permanent when this namespace (empty: all of them) is not one that may be touched."""
        if self.namespaces and namespace not in self.namespaces:
            what = f"namespace {namespace}" if namespace else "all namespaces together"
            message = f"{what} may not be touched on {self.name}"
            hint = f"`integrations: {self.name}: namespaces:` in tocsin.yaml lists those that may"
            raise self.mistake(message, hint)

    def places_of(self, thing: Thing) -> tuple[str, ...]:
        """Where an object lies. A namespace lies in itself, and a node on itself."""
        inside = thing.name if thing.kind == NAMESPACE else thing.namespace
        return self.places(namespace=inside, node=thing.name if thing.kind == NODE else "")

    def places(self, *, namespace: str = "", node: str = "") -> tuple[str, ...]:
        """Where something lies, for limits and protections."""
        found = (f"cluster:{self.name}", f"namespace:{namespace}" if namespace else "", f"node:{node}" if node else "")
        return tuple(place for place in found if place)

    def mistake(self, message: str, hint: str) -> Permanent:
        """The error for parameters that make no sense."""
        return Permanent(message, integration=self.name, reason="client", hint=hint)

    def clean(self, value: Any) -> Any:  # Any: JSON in, the same shape out
        """Without known secrets."""
        return self.redactor.clean_tree(value)

    def pauses(self) -> Iterator[float]:
        """Seconds to wait between looks: what happens soon is seen soon, what takes longer costs little."""
        wait = min(_FIRST_PAUSE, self.poll)
        while True:
            yield wait
            wait = min(wait * 2, self.poll)

    # ---- reading --------------------------------------------------------------------------------------------------

    async def get(self, thing: Thing) -> Object:
        """An object as it is now."""
        return self._object((await self.api.call("GET", thing.path())).body)

    async def list(
        self, kind: Kind, namespace: str = "", *, labels: str = "", fields: str = "", most: int = 5000
    ) -> Found:
        """Objects of one namespace or of all, page by page. When a page is too old to go on, it begins again, once."""
        self.check_collection(kind, namespace)
        for again in (True, False):
            try:
                items = [item async for item in self._pages(kind, namespace, labels, fields, most)]
            except IntegrationError as error:
                if not again or getattr(error, "code", 0) != 410:
                    raise
            else:
                return Found(items=items[:most], more=len(items) > most)
        raise AssertionError("the second attempt returns or raises")

    async def _pages(self, kind: Kind, namespace: str, labels: str, fields: str, most: int) -> AsyncIterator[Object]:
        selectors = [("labelSelector", labels)] * bool(labels) + [("fieldSelector", fields)] * bool(fields)
        going_on, seen = "", 0
        while True:
            page = [("limit", str(min(self.page, most + 1))), *selectors]
            page += [("continue", going_on)] * bool(going_on)
            body = self._object((await self.api.call("GET", kind.path(namespace), query=page)).body)
            for item in body.get("items") or ():
                seen += 1
                yield {"apiVersion": kind.api_version, "kind": kind.name, **item}
            going_on = str((body.get("metadata") or {}).get("continue") or "")
            if not going_on or seen > most:
                return

    async def name_of(self, kind: Kind) -> str:
        """What objects of a kind call it; of a custom one only the API server knows."""
        if kind.known:
            return kind.name
        body = self._object((await self.api.call("GET", f"/apis/{kind.group}/{kind.version}")).body)
        found = [one.get("kind") for one in body.get("resources") or () if one.get("name") == kind.plural]
        if not found:
            message = f"{self.name} has no {kind.plural} in {kind.api_version}"
            raise self.mistake(message, "see the kinds that `kubectl api-resources` lists")
        return str(found[0])

    async def may(self, verb: str, kind: Kind, namespace: str = "", name: str = "", sub: str = "") -> None:
        """Permanent, reason auth, when we may not do this. Asking changes nothing."""
        asked = {"verb": verb, "group": kind.group, "resource": kind.plural, "namespace": namespace, "name": name}
        asked["subresource"] = sub
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in asked.items() if value}},
        }
        answer = self._object((await self.api.call("POST", _REVIEWS, body=body)).body)
        if not (answer.get("status") or {}).get("allowed"):
            what = f"{kind.plural}/{sub}" if sub else kind.plural
            group = f".{kind.group}" if kind.group else ""
            where = f" in {namespace}" if namespace else ""
            message = f"Tocsin may not {verb} {what}{group}{where} on {self.name}"
            hint = "grant what `tocsin runbook rbac` writes, or leave this step out"
            raise Permanent(message, integration=self.name, reason="auth", hint=hint)

    # ---- changing -------------------------------------------------------------------------------------------------

    async def patch(
        self, thing: Thing, body: object, how: str, *, sub: str = "", dry_run: bool = False, force: bool = False
    ) -> Object:
        """An object as a patch makes it; with `dry_run`, as it would."""
        query = [*_marked(dry_run)]
        if how == APPLY:
            query.append(("force", "true" if force else "false"))
        if not sub:
            query.append(("fieldValidation", "Strict"))
        return self._object((await self.api.call("PATCH", thing.path(sub), query=query, body=body, content=how)).body)

    async def create(self, kind: Kind, namespace: str, body: Object, *, dry_run: bool = False) -> Object:
        """Makes an object."""
        answer = await self.api.call("POST", kind.path(namespace), query=_marked(dry_run), body=body)
        return self._object(answer.body)

    async def evict(self, pod: Object, *, grace: int | None = None, dry_run: bool = False) -> None:
        """Asks for a pod to be moved away, as this very pod; 429 while a disruption budget forbids it."""
        metadata = pod["metadata"]
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": metadata["name"], "namespace": metadata["namespace"]},
            "deleteOptions": _this_one(metadata["uid"], grace, dry_run=dry_run),
        }
        path = find("pod").path(metadata["namespace"], metadata["name"], "eviction")
        await self.api.call("POST", path, query=_marked(dry_run), body=body)

    async def delete(self, thing: Thing, uid: str, *, grace: int | None = None, dry_run: bool = False) -> None:
        """Deletes this very object."""
        body = {"apiVersion": "v1", "kind": "DeleteOptions", **_this_one(uid, grace, dry_run=dry_run)}
        query = [("dryRun", "All")] if dry_run else []
        await self.api.call("DELETE", thing.path(), query=query, body=body)

    def _object(self, body: object) -> Object:
        if not isinstance(body, dict):
            message = f"{self.name} answered with something that is no object"
            raise Permanent(message, integration=self.name, reason="server")
        return body


def _marked(dry_run: bool) -> Sequence[tuple[str, str]]:
    return [("fieldManager", MANAGER), *([("dryRun", "All")] if dry_run else [])]


def _this_one(uid: str, grace: int | None, *, dry_run: bool) -> Mapping[str, Any]:  # Any: JSON of DeleteOptions
    options: dict[str, Any] = {"preconditions": {"uid": uid}}
    if grace is not None:
        options["gracePeriodSeconds"] = grace
    if dry_run:
        options["dryRun"] = ["All"]
    return options
