"""What the server keeps: objects that never change in place, one counter of versions, what happened at each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.testing.kubernetes.kinds import KINDS, Kind
from bot.testing.kubernetes.refusals import Object

Key = tuple[str, str]
"""Namespace (empty where the kind has none) and name."""
_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that happened. `before` is None for what was made, `after` for what was removed."""

    version: int
    kind: Kind
    key: Key
    before: Object | None
    after: Object | None
    last: Object
    """What it is, or last was, with the version of this change."""


def key_of(kind: Kind, value: Object) -> Key:
    """Under which key an object stands."""
    metadata = value["metadata"]
    return (metadata.get("namespace", "") if kind.namespaced else "", metadata["name"])


class Store:
    """Objects by kind and key, and the changes that led to them."""

    def __init__(self) -> None:
        self.version = 1000
        self.compacted = 1000
        self.changes: list[Change] = []
        self._objects: dict[Kind, dict[Key, Object]] = {kind: {} for kind in KINDS}
        self._woken: set[asyncio.Event] = set()

    def get(self, kind: Kind, key: Key) -> Object | None:
        """An object; it is not to be changed in place."""
        return self._objects[kind].get(key)

    def all(self, kind: Kind, namespace: str = "") -> list[Object]:
        """All objects of a kind, of one namespace or of all, in the order of their keys."""
        return [
            value
            for key, value in sorted(self._objects[kind].items(), key=_by_key)
            if not namespace or key[0] == namespace
        ]

    def at(self, kind: Kind, version: int) -> dict[Key, Object]:
        """The objects of a kind as they were at a version that is not compacted."""
        then = dict(self._objects[kind])
        for change in reversed(self.changes):
            if change.version <= version:
                break
            if change.kind is not kind:
                continue
            if change.before is None:
                then.pop(change.key, None)
            else:
                then[change.key] = change.before
        return then

    def put(self, kind: Kind, value: Object) -> Object:
        """Keeps an object, under its next version; what is the same as before changes nothing."""
        key = key_of(kind, value)
        before = self._objects[kind].get(key)
        if before is not None and _same(before, value):
            return before
        self.version += 1
        after = {**value, "metadata": {**value["metadata"], "resourceVersion": str(self.version)}}
        self._objects[kind][key] = after
        self._happened(Change(version=self.version, kind=kind, key=key, before=before, after=after, last=after))
        return after

    def remove(self, kind: Kind, key: Key) -> Object | None:
        """Removes an object; returns what it was."""
        before = self._objects[kind].pop(key, None)
        if before is None:
            return None
        self.version += 1
        last = {**before, "metadata": {**before["metadata"], "resourceVersion": str(self.version)}}
        self._happened(Change(version=self.version, kind=kind, key=key, before=before, after=None, last=last))
        return last

    def since(self, version: int) -> Iterator[Change]:
        """What happened after a version, in order."""
        low, high = 0, len(self.changes)
        while low < high:
            middle = (low + high) // 2
            if self.changes[middle].version <= version:
                low = middle + 1
            else:
                high = middle
        return iter(self.changes[low:])

    def compact(self) -> None:
        """Forgets what happened until now: whoever wants to go on from there is too late."""
        self.changes.clear()
        self.compacted = self.version

    def watcher(self) -> tuple[asyncio.Event, Callable[[], None]]:
        """An event that is set whenever something happened, and what to call when it is not wanted any more."""
        event = asyncio.Event()
        self._woken.add(event)
        return event, lambda: self._woken.discard(event)

    def wake(self) -> None:
        """Lets everyone look who waits for something."""
        for event in self._woken:
            event.set()

    def _happened(self, change: Change) -> None:
        self.changes.append(change)
        if len(self.changes) > _REMEMBERED:
            del self.changes[: _REMEMBERED // 2]
            self.compacted = self.changes[0].version - 1
        self.wake()


def _by_key(item: tuple[Key, Object]) -> Key:
    return item[0]


def _same(before: Object, value: Object) -> bool:
    return {**before, "metadata": {**before["metadata"], "resourceVersion": ""}} == {
        **value,
        "metadata": {**value["metadata"], "resourceVersion": ""},
    }
