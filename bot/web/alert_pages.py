"""The pages about alerts: what fires now, and the way of one of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.alerts.deadmen import SeenDeadman
from bot.errors import NotFound
from bot.model.actor import Actor
from bot.model.ids import Fingerprint
from bot.response import alerts_looked_up, deadmen_looked_up
from bot.response.alerts_looked_up import Board, SeenWay
from bot.response.world import World
from bot.web import alert_views, asked
from bot.web.pages import Page

_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
FILTER = "filter"
"""The query parameter that says which alerts are meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    board: Board
    deadmen: Sequence[SeenDeadman]
    asked: str
    mistake: str


async def _see_alerts(world: World, actor: Actor, text: str) -> _Seen:
    try:
        wanted, mistake = asked.matchers(text), ""
    except ValueError as error:
        wanted, mistake = (), str(error)
    return _Seen(
        board=await alerts_looked_up.board(world, actor, wanted),
        deadmen=await deadmen_looked_up.look(world, actor),
        asked=text,
        mistake=mistake,
    )


async def _see_alert(world: World, actor: Actor, key: str) -> SeenWay:
    if not _FINGERPRINT.fullmatch(key):
        raise NotFound("this is no fingerprint of an alert", hint="those are 16 digits and letters from a to f")
    return await alerts_looked_up.way(world, actor, Fingerprint(key))


ALERTS = Page(
    template="alerts.html.jinja",
    nav="alerts",
    parts={
        "firing": "_firing.html.jinja",
        "silences": "_silences.html.jinja",
        "deadmen": "_deadmen.html.jinja",
        "maintenance": "_maintenance.html.jinja",
    },
    see=_see_alerts,
    view=lambda seen, world, actor: alert_views.of_board(
        seen.board, seen.deadmen, seen.asked, seen.mistake, world.setup, actor, world.clock.now()
    ),
    asks=FILTER,
)
ALERT = Page(
    template="alert.html.jinja",
    nav="alerts",
    parts={"way": "_way.html.jinja"},
    see=_see_alert,
    view=lambda seen, world, actor: alert_views.of_way(seen, actor, world.clock.now()),
)
