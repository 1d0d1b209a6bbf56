"""The pages put together: what can be seen, what can be done, and the door before both."""

from __future__ import annotations

from starlette.routing import Route, Router
from starlette.types import Receive, Send
from starlette.types import Scope as StarletteScope

from bot.errors import NotFound
from bot.kit.http_in import App, Guard
from bot.kit.who_asks import LINK_PATH, Door, SessionPorter
from bot.ports.commands import Commands
from bot.response.world import World
from bot.web.alert_pages import ALERT, ALERTS
from bot.web.automation_pages import AUTOMATION, AutomationChanges
from bot.web.catchup_page import CATCH_UP
from bot.web.changes import Changes
from bot.web.incident_changes import IncidentChanges
from bot.web.incident_list import FOUND, INCIDENTS
from bot.web.live import Streams
from bot.web.oncall_pages import ONCALL, OnCallChanges
from bot.web.pages import INCIDENT, RULES, RUN, Pages
from bot.web.people_page import PEOPLE, PeopleChanges
from bot.web.rehearsal_page import REHEARSAL
from bot.web.render import STATIC, Templates
from bot.web.response_changes import ResponseChanges
from bot.web.service_pages import SERVICES
from bot.web.stats_page import STATISTICS
from bot.web.timeline_changes import TimelineChanges

PUBLIC = (LINK_PATH, STATIC)
"""What is served to whoever asks: the page of a one-time link, and the files that make pages look as they do."""


def make_web(world: World, door: Door, commands: Commands) -> App:
    """The application for the pages; once the door closes, pages that are open are no longer kept up to date."""
    pages = Pages(world, door, Streams(door.closing), Templates())
    known = [*routes(world, pages, Changes(world, door)), *PeopleChanges(world, pages, commands).routes]
    router = Router(routes=known, redirect_slashes=False, default=_nothing_here)
    return Guard(router, origins=door.origins, porter=SessionPorter(door, public=PUBLIC), refuse=pages.refuse)


def routes(world: World, pages: Pages, changes: Changes) -> list[Route]:
    """Every path there is, but those of the forms that ask as a chat does."""
    return [
        Route("/", pages.show(INCIDENTS)),
        Route("/events", pages.follow(INCIDENTS)),
        Route("/incidents", pages.show(FOUND), methods=["GET"]),
        Route("/incidents/{key}", pages.show(INCIDENT)),
        Route("/incidents/{key}/events", pages.follow(INCIDENT)),
        Route("/incidents/{key}/catchup", pages.show(CATCH_UP), methods=["GET"]),
        Route("/incidents/{key}/report.{form}", pages.report),
        *IncidentChanges(world).routes,
        *ResponseChanges(world).routes,
        *TimelineChanges(world).routes,
        Route("/incidents/{key}/notes", changes.note, methods=["POST"]),
        Route("/alerts", pages.show(ALERTS)),
        Route("/alerts/events", pages.follow(ALERTS)),
        Route("/alerts/{key}", pages.show(ALERT)),
        Route("/alerts/{key}/events", pages.follow(ALERT)),
        Route("/silences", changes.silence, methods=["POST"]),
        Route("/silences/{key}/expire", changes.expire, methods=["POST"]),
        Route("/runs/{key}", pages.show(RUN)),
        Route("/runs/{key}/events", pages.follow(RUN)),
        Route("/approvals/{key}", changes.answer, methods=["POST"]),
        Route("/oncall", pages.show(ONCALL)),
        Route("/oncall/events", pages.follow(ONCALL)),
        *OnCallChanges(world).routes,
        Route("/automation", pages.show(AUTOMATION), methods=["GET"]),
        Route("/automation/events", pages.follow(AUTOMATION)),
        *AutomationChanges(world).routes,
        Route("/runbooks/{key}/rehearsal", pages.show(REHEARSAL), methods=["GET"]),
        Route("/services", pages.show(SERVICES)),
        Route("/services/events", pages.follow(SERVICES)),
        Route("/rules", pages.show(RULES)),
        Route("/rules/events", pages.follow(RULES)),
        Route("/people", pages.show(PEOPLE)),
        Route("/people/events", pages.follow(PEOPLE)),
        Route("/stats", pages.show(STATISTICS)),
        Route("/evidence/{key}/{name}", pages.evidence),
        Route(LINK_PATH + "{secret}", pages.link),
        Route(LINK_PATH, changes.open, methods=["POST"]),
        Route("/leave", changes.leave, methods=["POST"]),
        Route(STATIC + "{name}", pages.static),
    ]


async def _nothing_here(scope: StarletteScope, receive: Receive, send: Send) -> None:
    raise NotFound("there is no such page", hint="go back to the list of incidents")
