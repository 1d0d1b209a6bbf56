"""The page for whoever joins late: how an incident stands, what happened since, what is to be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request

from bot.errors import NotFound
from bot.incidents.catchup import CatchUp
from bot.model.actor import Actor
from bot.model.ids import IncidentId
from bot.model.incident import Incident
from bot.response import response_seen
from bot.response.world import World
from bot.web.pages import Page

SPANS: Mapping[str, tuple[str, timedelta | None]] = {
    "": ("all of it", None),
    "24h": ("the last day", timedelta(days=1)),
    "8h": ("the last 8 hours", timedelta(hours=8)),
    "2h": ("the last 2 hours", timedelta(hours=2)),
    "30m": ("the last 30 minutes", timedelta(minutes=30)),
}
"""How far back it is told, by the word in the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUpView:
    """`last` is the word of `SPANS` that was chosen."""

    found: CatchUp
    last: str
    spans: Mapping[str, tuple[str, timedelta | None]]

    @property
    def incident(self) -> Incident:
        """The one that is caught up on."""
        return self.found.incident

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return f"Catch up on {self.incident.id}"

    @property
    def news(self) -> str:
        """The page does not change by itself."""
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _CatchUpPage(Page[CatchUpView]):
    """The incident stands in the path, how far back in the query."""

    def key(self, request: Request) -> str:
        """Both."""
        return f"{request.path_params['key']} {request.query_params.get('last', '')}"


async def _see(world: World, actor: Actor, key: str) -> CatchUpView:
    incident, _, last = key.partition(" ")
    if last not in SPANS:
        raise NotFound("nobody tells of that time", hint=f"write it like ?last=2h: {', '.join(filter(None, SPANS))}")
    length = SPANS[last][1]
    since = world.clock.now() - length if length is not None else None
    found = await response_seen.catch_up_on(world, actor, IncidentId(incident), since)
    return CatchUpView(found=found, last=last, spans=SPANS)


CATCH_UP = _CatchUpPage(
    template="catchup.html.jinja",
    nav="incidents",
    parts={},
    see=_see,
    view=lambda seen, world, actor: seen,
)
