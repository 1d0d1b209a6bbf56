"""How a pod leaves: asked to, as its disruption budgets allow, and waited for until it is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.errors import IntegrationError, Temporary
from bot.integrations.kubernetes.answers import code_of
from bot.integrations.kubernetes.cluster import Cluster
from bot.integrations.kubernetes.kinds import POD, Object, Thing
from bot.ports import in_turn
from bot.ports.actions import Say

_MIRROR = "kubernetes.io/config.mirror"
_OUT_OF_TIME = "there was no time left for it"
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 5.0  # seconds between two tries while a budget forbids it; kubectl waits five


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What became of one pod. `gone`: it is not there any more; otherwise `why` says what keeps it.

    `stopped`: it was left alone, or not asked once more, because its step goes no further.
    """

    name: str
    gone: bool
    why: str = ""
    stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Lets pods of one cluster leave. `until` is a time of the event loop."""

    cluster: Cluster
    until: float
    say: Say

    async def why_not_on(self) -> str:
        """Why no further pod is asked to leave, and none once more; empty: it is."""
        return await in_turn.why_not_on() if self._left() > 0 else _OUT_OF_TIME

    async def evict(self, pod: Object, grace: int | None = None) -> Left:
        """By the eviction API: while a budget forbids it, it is asked for again until the time is over."""
        return await self._leave(pod, lambda: self.cluster.evict(pod, grace=grace))

    async def delete(self, pod: Object, grace: int | None = None) -> Left:
        """Deletes it, whatever budgets say."""
        uid = str(pod["metadata"]["uid"])
        return await self._leave(pod, lambda: self.cluster.delete(thing_of(pod), uid, grace=grace))

    async def _leave(self, pod: Object, ask: Callable[[], Awaitable[None]]) -> Left:
        name, why, pause = name_of(pod), "", _FIRST_WAIT
        while True:
            try:
                await ask()
                self.say(f"{name}: is leaving\n")
                break
            except IntegrationError as error:
                # 404: it is gone. 409: another pod has this name now, or it was changed just then.
                if code_of(error) in (404, 409) and await self._is_gone(pod):
                    return Left(name=name, gone=True)
                if code_of(error) != 409 and not isinstance(error, Temporary):
                    raise
                if error.message != why:
                    why = error.message
                    self.say(f"{name}: not yet: {why}\n")
                wait = error.retry_after if isinstance(error, Temporary) and error.retry_after else pause
            if self._left() < wait:
                return Left(name=name, gone=False, why=why)
            await asyncio.sleep(wait)
            pause = min(pause * 2, _LONGEST_WAIT)
            if why_not := await self.why_not_on():
                return Left(name=name, gone=False, why=why_not, stopped=True)
        return await self._awaited(pod)

    async def _awaited(self, pod: Object) -> Left:
        name = name_of(pod)
        for pause in self.cluster.pauses():
            if await self._is_gone(pod):
                break
            if self._left() < pause:
                return Left(name=name, gone=False, why="it was told to end, and is still there")
            await asyncio.sleep(pause)
        self.say(f"{name}: is gone\n")
        return Left(name=name, gone=True)

    async def _is_gone(self, pod: Object) -> bool:
        """Whether this very pod is not there any more; an answer that does not come says no."""
        try:
            value = await self.cluster.get(thing_of(pod))
        except IntegrationError as error:
            if code_of(error) == 404:
                return True
            if isinstance(error, Temporary):
                return False
            raise
        return bool(value["metadata"]["uid"] != pod["metadata"]["uid"])

    def _left(self) -> float:
        return self.until - asyncio.get_running_loop().time()


def thing_of(pod: Object) -> Thing:
    """Which pod it is."""
    return Thing(kind=POD, namespace=str(pod["metadata"]["namespace"]), name=str(pod["metadata"]["name"]))


def name_of(pod: Object) -> str:
    """`namespace/name`."""
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def is_mirror(pod: Object) -> bool:
    """Whether it is the image of a static pod, which only its node's own files can end."""
    return _MIRROR in (pod["metadata"].get("annotations") or {})


def is_over(pod: Object) -> bool:
    """Whether it has ended and only its record is still there."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def controller_of(pod: Object) -> str:
    """`kind/name` of what makes it anew when it is gone; empty when nothing does."""
    for one in pod["metadata"].get("ownerReferences") or ():
        if one.get("controller"):
            return f"{one['kind']}/{one['name']}"
    return ""
