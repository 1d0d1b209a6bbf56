"""What no Splunk has: `/simulator/...`, for tests to load events, break things, and read what was asked. No account."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from pydantic import Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.testing.splunk.events import Events
from bot.testing.splunk.settings import Faults, FiredAlert, SavedOne, Settings, Strict
from bot.testing.splunk.simulator import Simulator
from bot.testing.splunk.spl.values import Row


class LoadedEvent(Strict):
    """One event to index. `time` is epoch seconds; `indexed_at` is the same unless it came late."""

    raw: str
    time: float
    indexed_at: float | None = None
    index: str = "main"
    host: str = "localhost"
    source: str = "simulator"
    sourcetype: str = "test"
    fields: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)


class Load(Strict):
    """Events to index."""

    events: list[LoadedEvent] = Field(min_length=1)


class Kept(Strict):
    """The saved searches there are, and the alerts that were fired."""

    searches: list[SavedOne] = Field(default_factory=list)
    fired: list[FiredAlert] = Field(default_factory=list)


def index(events: Events, loaded: list[LoadedEvent]) -> None:
    """Indexes them."""
    for one in loaded:
        meta = {"index": one.index, "host": one.host, "source": one.source, "sourcetype": one.sourcetype}
        fields: Row = dict(one.fields)
        at = one.time if one.indexed_at is None else one.indexed_at
        events.add(one.raw, at=one.time, indexed_at=at, meta=meta, fields=fields)


class Knobs:
    """The handlers."""

    def __init__(self, simulator: Simulator) -> None:
        """Of this server."""
        self.simulator = simulator

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/events", _checked(self.load), methods=["POST"]),
            Route("/events", self.forget, methods=["DELETE"]),
            Route("/faults", _checked(self.breaks), methods=["PUT"]),
            Route("/faults", self.broken, methods=["GET"]),
            Route("/faults", self.mends, methods=["DELETE"]),
            Route("/settings", _checked(self.set_up), methods=["PUT"]),
            Route("/saved", _checked(self.saved), methods=["PUT"]),
            Route("/journal", self.journal, methods=["GET"]),
            Route("/jobs", self.jobs, methods=["GET"]),
            Route("/jobs", self.end, methods=["DELETE"]),
        ]

    async def load(self, request: Request) -> Response:
        """Indexes events."""
        loaded = Load.model_validate_json(await request.body()).events
        index(self.simulator.events, loaded)
        return JSONResponse({"indexed": len(loaded), "at": time.time()})

    async def forget(self, request: Request) -> Response:
        """Forgets all events."""
        self.simulator.events.kept.clear()
        return JSONResponse({})

    async def breaks(self, request: Request) -> Response:
        """Replaces the faults."""
        self.simulator.faults = Faults.model_validate_json(await request.body())
        return await self.broken(request)

    async def broken(self, request: Request) -> Response:
        """The faults, with how often each is still to come."""
        return JSONResponse(self.simulator.faults.model_dump())

    async def mends(self, request: Request) -> Response:
        """Takes all faults away."""
        self.simulator.faults = Faults()
        return await self.broken(request)

    async def set_up(self, request: Request) -> Response:
        """Replaces the settings; who was logged in stays so."""
        self.simulator.settings = Settings.model_validate_json(await request.body())
        self.simulator.sessions.settings = self.simulator.settings
        return JSONResponse({})

    async def saved(self, request: Request) -> Response:
        """Replaces the saved searches and the fired alerts."""
        kept = Kept.model_validate_json(await request.body())
        self.simulator.saved, self.simulator.fired = kept.searches, kept.fired
        return JSONResponse({})

    async def journal(self, request: Request) -> Response:
        """What was asked, from line `since` on."""
        since = int(request.query_params.get("since", "0"))
        return JSONResponse(self.simulator.journal.lines[since:])

    async def end(self, request: Request) -> Response:
        """Forgets every job, those that run too."""
        for sid in list(self.simulator.jobs.kept):
            self.simulator.jobs.remove(sid)
        self.simulator.jobs.vanished.clear()
        return await self.jobs(request)

    async def jobs(self, request: Request) -> Response:
        """The jobs that are still there: each one that is not wanted any more is a leak."""
        kept = self.simulator.jobs.kept.values()
        return JSONResponse(
            {
                "kept": [
                    {"sid": job.sid, "search": job.wanted.search, "state": job.shown_state, "saved": job.wanted.saved}
                    for job in kept
                ],
                "vanished": self.simulator.jobs.vanished,
            }
        )


def _checked(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except ValidationError as error:
            return Response(str(error), 400, media_type="text/plain")

    return handle
