"""Notes of a timeline, said better or struck out on the page: plain HTML forms that lead back to the timeline."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.kit.who_asks import asker
from bot.response import timeline_amended
from bot.response.world import World
from bot.web.forms import fields, incident_of, text, to


class TimelineChanges:
    """The forms' endpoints. The door has checked session, token, Origin and Host before any of them is asked."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def routes(self) -> list[Route]:
        """Their paths."""
        place = "/incidents/{key}/timeline/{seq:int}"
        return [
            Route(f"{place}/amend", self.amend, methods=["POST"]),
            Route(f"{place}/strike", self.strike, methods=["POST"]),
        ]

    async def amend(self, request: Request) -> Response:
        """Another text for a note."""
        sent, seq = await fields(request), request.path_params["seq"]
        entry = await timeline_amended.amend(
            self._world, asker(request.scope).actor, incident_of(request), seq, text(sent, "text"), text(sent, "reason")
        )
        return to(f"/incidents/{entry.incident}#entry-{entry.amends}")

    async def strike(self, request: Request) -> Response:
        """A note is not read any more."""
        sent, seq = await fields(request), request.path_params["seq"]
        entry = await timeline_amended.strike(
            self._world, asker(request.scope).actor, incident_of(request), seq, text(sent, "reason")
        )
        return to(f"/incidents/{entry.incident}#entry-{entry.amends}")
