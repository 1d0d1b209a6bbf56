"""One simulated server: everything it holds, and its journal."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from bot.testing.splunk.answers import Json, Refused, said
from bot.testing.splunk.asked import Asked, Sessions, arguments_of, asked
from bot.testing.splunk.events import Events
from bot.testing.splunk.jobs import Jobs
from bot.testing.splunk.settings import Faults, FiredAlert, SavedOne, Settings

Handler = Callable[[Request, Asked], Awaitable[Response]]


@dataclass(slots=True)
class Journal:
    """What was asked, in order; nothing is ever taken out of it."""

    lines: list[dict[str, Json]] = field(default_factory=list)

    def write(self, line: dict[str, Json]) -> None:
        """One more line; it gets its number and time."""
        self.lines.append({"number": len(self.lines), "at": time.time(), **line})


class Simulator:
    """Everything that a server holds; it is gone with its process."""

    def __init__(self, settings: Settings | None = None) -> None:
        """A server without events."""
        self.settings = settings or Settings()
        self.events = Events()
        self.jobs = Jobs(self.events)
        self.sessions = Sessions(self.settings)
        self.faults = Faults()
        self.journal = Journal()
        self.saved: list[SavedOne] = []
        self.fired: list[FiredAlert] = []

    def endpoint(self, handler: Handler, capability: str = "") -> Callable[[Request], Awaitable[Response]]:
        """A handler for whoever is let in and has the capability; a refusal is written as splunkd writes it."""

        async def handle(request: Request) -> Response:
            try:
                return await handler(request, asked(request, self.sessions, capability=capability))
            except Refused as refused:
                return refusal(request, refused)

        return handle


def refusal(request: Request, refused: Refused) -> Response:
    """A refusal, in the form that was asked for."""
    given = arguments_of(request)
    as_json = given.get("output_mode", ("",))[-1] == "json"
    answer = said(refused.status, [(refused.kind, refused.text)], as_json=as_json)
    if refused.status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="/splunk"'
    return answer
