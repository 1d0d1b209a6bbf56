"""Lists and watches: pages of one moment, versions that are too old or too new, streams with bookmarks."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from bot.testing.kubernetes import selectors
from bot.testing.kubernetes.asked import Asked, Target
from bot.testing.kubernetes.cluster import Cluster
from bot.testing.kubernetes.kinds import Kind
from bot.testing.kubernetes.refusals import (
    Object,
    Refused,
    bad_request,
    expired,
    forbidden_field,
    invalid_options,
    unsupported,
)
from bot.testing.kubernetes.selectors import Matches
from bot.testing.kubernetes.store import Change, Key

_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
_END = {"k8s.io/initial-events-end": "true"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which objects a list or a watch is about."""

    kind: Kind
    namespace: str
    name: str
    labels: Matches
    fields: Matches

    @classmethod
    def of(cls, asked: Asked, at: Target) -> Chosen:
        """As the query says; 400 for a selector that cannot be read."""
        return cls(
            kind=at.kind,
            namespace=at.namespace if at.kind.namespaced else "",
            name=at.name,
            labels=selectors.by_labels(asked.get("labelSelector")),
            fields=selectors.by_fields(at.kind, asked.get("fieldSelector")),
        )

    def takes(self, key: Key, value: Object | None) -> bool:
        """Whether an object is one of them."""
        if value is None or (self.namespace and key[0] != self.namespace) or (self.name and key[1] != self.name):
            return False
        return self.labels(value) and self.fields(value)


def listed(cluster: Cluster, asked: Asked, at: Target) -> Object:
    """A list, or a page of one."""
    chosen = Chosen.of(asked, at)
    _check(asked)
    limit = asked.whole("limit", 0) or 0
    token = asked.get("continue")
    store = cluster.store
    if token:
        if asked.get("resourceVersion") not in ("", "0"):
            raise bad_request("specifying resource version is not allowed when using continue")
        version, after = _token(token)
        if version and version < store.compacted:
            raise expired(_TOO_OLD, continue_with=_continue(0, after))
    else:
        version, after = _version(cluster, asked), ("", "")
    exact = version if version and (token or asked.get("resourceVersionMatch") == "Exact") else 0
    shown_version = exact or store.version
    objects = store.at(at.kind, exact) if exact else store.at(at.kind, store.version)
    keys = sorted(key for key, value in objects.items() if key > after and chosen.takes(key, value))
    page = keys[:limit] if limit > 0 else keys
    metadata: Object = {"resourceVersion": str(shown_version)}
    if len(page) < len(keys):
        metadata["continue"] = _continue(shown_version, page[-1])
        if not asked.get("labelSelector") and not asked.get("fieldSelector"):
            metadata["remainingItemCount"] = len(keys) - len(page)
    # Items of a list do not say what they are: the list does.
    items = [{name: part for name, part in objects[key].items() if name not in ("apiVersion", "kind")} for key in page]
    return {"kind": f"{at.kind.kind}List", "apiVersion": at.kind.api_version, "metadata": metadata, "items": items}


def _check(asked: Asked) -> None:
    """422 for options of a list, or of a watch, that do not go together."""
    at, match, watches = "resourceVersionMatch", asked.get("resourceVersionMatch"), asked.watches
    version, initial = asked.get("resourceVersion"), "sendInitialEvents" in asked.query
    cause = None
    if initial and not watches:
        cause = forbidden_field("sendInitialEvents", "sendInitialEvents is forbidden for list")
    elif initial and match != "NotOlderThan":
        cause = forbidden_field(at, "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan")
    elif match and watches and not initial:
        cause = forbidden_field(at, f"{at} is forbidden for watch unless sendInitialEvents is provided")
    elif match and not version and not watches:
        cause = forbidden_field(at, f"{at} is forbidden unless resourceVersion is provided")
    elif match and asked.get("continue"):
        cause = forbidden_field(at, f"{at} is forbidden when continue is provided")
    elif match not in ("", "Exact", "NotOlderThan"):
        cause = unsupported(at, match, ("", "Exact", "NotOlderThan"))
    elif match == "Exact" and version == "0":
        cause = forbidden_field(at, f'{at} "exact" is forbidden for resourceVersion "0"')
    if cause is not None:
        raise invalid_options("ListOptions", cause)


def _version(cluster: Cluster, asked: Asked) -> int:
    """The version that is asked for, 0 for any; 410 when it is forgotten, 504 when it is yet to come."""
    given, match = asked.get("resourceVersion"), asked.get("resourceVersionMatch")
    if given and not given.isdigit():
        raise asked.bad_version()
    version = int(given or 0)
    store = cluster.store
    if version > store.version:
        message = f"Too large resource version: {version}, current: {store.version}"
        details = {"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]}
        raise Refused(504, "Timeout", f"Timeout: {message}", details=details, retry_after=1)
    if version and match == "Exact" and version < store.compacted:
        raise expired("The resourceVersion for the provided list is too old.")
    return version


def _continue(version: int, key: Key) -> str:
    text = json.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": list(key)})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _token(text: str) -> tuple[int, Key]:
    try:
        read = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        namespace, name = read["start"]
        return int(read["rv"]), (str(namespace), str(name))
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise bad_request("continue key is not valid: illegal base64 data") from error


class Watch:
    """One stream of changes."""

    def __init__(self, cluster: Cluster, asked: Asked, at: Target) -> None:
        self.cluster = cluster
        self.chosen = Chosen.of(asked, at)
        given = asked.get("resourceVersion")
        if given and not given.isdigit():
            raise asked.bad_version()
        self.version = int(given or 0)
        self.bookmarks = asked.flag("allowWatchBookmarks")
        self.initial = asked.flag("sendInitialEvents")
        self.seconds = asked.whole("timeoutSeconds")
        _check(asked)

    async def events(self, ended: Callable[[], bool]) -> AsyncIterator[Object]:
        """What happens, until the time that was asked for is over or `ended` says so. A 410 is an event too."""
        store = self.cluster.store
        event, leave = store.watcher()
        try:
            for one in self._first():
                yield one
                if one["type"] == "ERROR":
                    return
            loop = asyncio.get_running_loop()
            until = loop.time() + (self.seconds or 1800)
            while (left := until - loop.time()) > 0 and not ended() and store is self.cluster.store:
                if self.version < store.compacted:
                    yield self._too_old()
                    return
                for one in self._news():
                    yield one
                event.clear()
                wait = min(left, self.cluster.settings.bookmarks)
                try:
                    async with asyncio.timeout(wait):
                        await event.wait()
                except TimeoutError:
                    if self.bookmarks and wait < left:
                        yield self._bookmark({})
        finally:
            leave()

    def _first(self) -> list[Object]:
        store = self.cluster.store
        if self.version > store.version:
            message = f"Too large resource version: {self.version}, current: {store.version}"
            refused = Refused(504, "Timeout", f"Timeout: {message}", retry_after=1)
            return [{"type": "ERROR", "object": refused.status()}]
        if self.version and not self.initial:
            return []
        found = store.at(self.chosen.kind, store.version)
        self.version = store.version
        made = [
            {"type": "ADDED", "object": value}
            for key, value in sorted(found.items(), key=_key)
            if self.chosen.takes(key, value)
        ]
        return [*made, self._bookmark(_END)] if self.initial and self.bookmarks else made

    def _too_old(self) -> Object:
        message = f"too old resource version: {self.version} ({self.cluster.store.compacted})"
        return {"type": "ERROR", "object": expired(message).status()}

    def _news(self) -> list[Object]:
        made = []
        for change in self.cluster.store.since(self.version):
            self.version = change.version
            if change.kind is self.chosen.kind and (one := self._event(change)):
                made.append(one)
        return made

    def _event(self, change: Change) -> Object | None:
        was, is_ = self.chosen.takes(change.key, change.before), self.chosen.takes(change.key, change.after)
        if is_:
            return {"type": "MODIFIED" if was else "ADDED", "object": change.last}
        return {"type": "DELETED", "object": change.last} if was else None

    def _bookmark(self, annotations: dict[str, str]) -> Object:
        metadata: Object = {"resourceVersion": str(self.version)}
        if annotations:
            metadata["annotations"] = annotations
        kind = self.chosen.kind
        return {"type": "BOOKMARK", "object": {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata}}


def _key(item: tuple[Key, Object]) -> Key:
    return item[0]
