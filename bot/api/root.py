"""The root of everything served over HTTP: answers probes itself, and loads the rest when it is first asked for.

FastAPI takes 0.6 s to import and the pages half of that; being ready must not wait for either. So their modules are
named here as text and imported by `later` alone: by the first request, or by `Root.warm` right after the start.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
from collections.abc import Callable, Mapping

from bot.kit.http_in import App, Origins, Porter, Receive, Refusal, Reply, Scope, Send

HEALTHY = "/-/healthy"
READY = "/-/ready"
METRICS = "/metrics"


def later(module: str, maker: str, *args: object) -> Callable[[], App]:
    """A factory that imports `module` when it is called, and calls `maker` in it with these arguments."""

    def make() -> App:
        made: App = getattr(importlib.import_module(module), maker)(*args)
        return made

    return make


class Root:
    """The application that the server runs.

    `ready` says why Tocsin is not ready, or nothing. `metrics` answers with the exposition and its media type; it is
    open to whoever reaches a loopback address, and asks for a token where `metrics_porter` is given. `mounts` maps the
    beginning of a path to the factory of what serves it; the longest that fits is taken.
    """

    def __init__(
        self,
        *,
        ready: Callable[[], str],
        metrics: Callable[[], tuple[bytes, str]],
        mounts: Mapping[str, Callable[[], App]],
        origins: Origins,
        metrics_porter: Porter | None = None,
    ) -> None:
        self._ready = ready
        self._metrics = metrics
        self._mounts = {prefix: _Mount(mounts[prefix]) for prefix in sorted(mounts, key=len, reverse=True)}
        self._origins = origins
        self._metrics_porter = metrics_porter

    async def warm(self) -> None:
        """Loads everything that is mounted, in a thread, so that the first person does not wait for it."""
        for mount in self._mounts.values():
            await asyncio.to_thread(mount.load)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the server's own start and stop."""
        match scope["type"]:
            case "http":
                app = await self._app(scope)
                await app(scope, receive, send)
            case "lifespan":
                await _live(receive, send)
            case _:
                await send({"type": "websocket.close", "code": 1008})

    async def _app(self, scope: Scope) -> App:
        path = scope["path"]
        if path == HEALTHY:
            return Reply(body=b"Tocsin is alive.\n")
        if path == READY:
            why_not = self._ready()
            return Reply(body=f"{why_not or 'Tocsin is ready.'}\n".encode(), status=503 if why_not else 200)
        if path == METRICS:
            return await self._exposition(scope)
        mount = next((mount for prefix, mount in self._mounts.items() if path.startswith(prefix)), None)
        if mount is None:
            return _refuse(Refusal(status=404, error="there is nothing here", hint="the page is at /"))
        return mount.app if mount.app is not None else await asyncio.to_thread(mount.load)

    async def _exposition(self, scope: Scope) -> App:
        if self._metrics_porter:
            refusal = await self._metrics_porter.admit(scope)
            if refusal:
                return _refuse(refusal)
        elif not self._origins.of(scope):
            return _refuse(Refusal(status=421, error="addressed to another host", hint="scrape Tocsin by its address"))
        body, media_type = self._metrics()
        return Reply(body=body, media_type=media_type, headers=[("x-content-type-options", "nosniff")])


class _Mount:
    """One application, made once, whoever asks first."""

    def __init__(self, factory: Callable[[], App]) -> None:
        self.app: App | None = None
        self._factory = factory
        self._lock = threading.Lock()

    def load(self) -> App:
        with self._lock:
            if self.app is None:
                self.app = self._factory()
            return self.app


def _refuse(refusal: Refusal) -> Reply:
    return Reply(body=f"{refusal.error}: {refusal.hint}\n".encode(), status=refusal.status)


async def _live(receive: Receive, send: Send) -> None:
    """The server's lifespan: nothing is opened or closed here; `app.py` does that."""
    for _ in range(2):
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
