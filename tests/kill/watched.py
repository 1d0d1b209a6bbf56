"""A store that stands still at a boundary: another process then kills this one, or lets it go on."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

from bot.model.errand import ErrandKind
from bot.model.incident import IncidentStatus
from bot.ports.alert_store import LogKind
from bot.ports.store import Store, Tx
from bot.store.store import open_store

T = TypeVar("T")
WORDS: dict[tuple[str, str], Callable[[Any], str]] = {
    ("rules", "save"): lambda _: "evaluated",
    ("log", "append"): lambda kind: "alert" if kind is LogKind.RECEIVED else "",
    ("runs", "create"): lambda _: "created",
    ("runs", "claim"): lambda _: "claimed",
    ("runs", "append"): lambda entry: f"{entry.kind} {entry.step}".strip(),
    ("evidence", "put"): lambda _: "evidence",
    ("outbox", "add"): lambda errand: "said" if errand.kind is ErrandKind.SAID else "",
    ("outbox", "claim"): lambda errand: "begun" if errand.kind is ErrandKind.SAID else "",
    ("outbox", "done"): lambda errand: "settled" if errand.kind is ErrandKind.SAID else "errand done",
    ("incidents", "put"): lambda incident: "resolved" if incident.status is IncidentStatus.RESOLVED else "",
}

OF_WHAT_CAME = ("claim",)
"""Words of these are about what came of them, if anything did; of all others about what they were given."""


class _Repository:
    """A repository, with what is done to it written down in words."""

    def __init__(self, name: str, inner: object, seen: set[str]) -> None:
        self._name, self._inner, self._seen = name, inner, seen

    def __getattr__(self, method: str) -> Callable[..., object]:
        does = getattr(self._inner, method)
        word = WORDS.get((self._name, method))
        if word is None:
            return does

        def did(subject: object, *arguments: object, **options: object) -> object:
            done = does(subject, *arguments, **options)
            if done or method not in OF_WHAT_CAME:
                self._seen.add(word(done if method in OF_WHAT_CAME else subject))
            return done

        return did


class WatchedStore:
    """A `Store` that stands still, once, before or after the commit that `boundary` names."""

    def __init__(self, inner: Store, boundary: str, marker: Path) -> None:
        self._inner = inner
        self._side, _, self._moment = boundary.partition(" ")
        self._marker = marker
        self._stood = False

    async def write(self, work: Callable[[Tx], T], *, first: bool = False) -> T:
        seen: set[str] = set()

        def watched(tx: Tx) -> T:
            seen.clear()
            repositories = {one.name: _Repository(one.name, getattr(tx, one.name), seen) for one in fields(tx)}
            done = work(replace(tx, **repositories))
            if self._side == "before":
                self._stand_still(seen)  # on the thread that writes: nothing else is committed either
            return done

        done = await self._inner.write(watched, first=first)
        if self._side == "after":
            self._stand_still(seen)  # on the event loop: nothing else happens any more
        return done

    def watch(self, changed: Callable[[], None]) -> bool:
        return self._inner.watch(changed)

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self._inner.read(work)

    def _stand_still(self, seen: set[str]) -> None:
        if self._stood or self._moment not in seen:
            return
        self._stood = True
        self._marker.touch()
        while self._marker.exists():
            time.sleep(0.01)


def watching(boundary: str, marker: Path) -> Callable[[str], Any]:
    """What `bot.app.serve.main` takes as `open_a_store`."""

    @asynccontextmanager
    async def open_watched(url: str) -> AsyncIterator[WatchedStore]:
        async with open_store(url) as store:
            yield WatchedStore(store, boundary, marker)

    return open_watched
