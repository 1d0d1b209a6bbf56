"""The pages put together: what can be seen, what can be done, and the door before both."""

from __future__ import annotations

from starlette.routing import Route, Router
from starlette.types import Receive, Send
from starlette.types import Scope as StarletteScope

from bot.errors import NotFound
from bot.kit.http_in import App, Guard
from bot.kit.who_asks import LINK_PATH, Door, SessionPorter
from bot.response.world import World
from bot.web.changes import Changes
from bot.web.live import Streams
from bot.web.pages import INCIDENT, INCIDENTS, RULES, RUN, Pages
from bot.web.render import STATIC, Templates

PUBLIC = (LINK_PATH, STATIC)
"""What is served to whoever asks: the page of a one-time link, and the files that make pages look as they do."""


def make_web(world: World, door: Door) -> App:
    """The application for the pages; once the door closes, pages that are open are no longer kept up to date."""
    pages = Pages(world, door, Streams(door.closing), Templates())
    router = Router(routes=routes(pages, Changes(world, door)), redirect_slashes=False, default=_nothing_here)
    return Guard(router, origins=door.origins, porter=SessionPorter(door, public=PUBLIC), refuse=pages.refuse)


def routes(pages: Pages, changes: Changes) -> list[Route]:
    """Every path there is."""
    return [
        Route("/", pages.show(INCIDENTS)),
        Route("/events", pages.follow(INCIDENTS)),
        Route("/incidents", changes.declare, methods=["POST"]),
        Route("/incidents/{key}", pages.show(INCIDENT)),
        Route("/incidents/{key}/events", pages.follow(INCIDENT)),
        Route("/incidents/{key}/report.{form}", pages.report),
        Route("/incidents/{key}/acknowledge", changes.acknowledge, methods=["POST"]),
        Route("/incidents/{key}/resolve", changes.resolve, methods=["POST"]),
        Route("/incidents/{key}/notes", changes.note, methods=["POST"]),
        Route("/runs/{key}", pages.show(RUN)),
        Route("/runs/{key}/events", pages.follow(RUN)),
        Route("/approvals/{key}", changes.answer, methods=["POST"]),
        Route("/rules", pages.show(RULES)),
        Route("/rules/events", pages.follow(RULES)),
        Route("/evidence/{key}/{name}", pages.evidence),
        Route(LINK_PATH + "{secret}", pages.link),
        Route(LINK_PATH, changes.open, methods=["POST"]),
        Route("/leave", changes.leave, methods=["POST"]),
        Route(STATIC + "{name}", pages.static),
    ]


async def _nothing_here(scope: StarletteScope, receive: Receive, send: Send) -> None:
    raise NotFound("there is no such page", hint="go back to the list of incidents")
