"""Schedules for calendar programs: `/calendars/NAME/SECRET.ics`, which `tocsin oncall NAME --address` tells.

Whoever does not know the secret gets the same answer always, whether there is such a schedule or not.
"""

from __future__ import annotations

from datetime import timedelta

from bot.api.calendar_form import MEDIA_TYPE, calendar
from bot.kit.http_in import Guard, Receive, Refusal, Reply, Scope, Send, refused
from bot.kit.who_asks import Door
from bot.model.actor import TOCSIN, Actor
from bot.response import calendar_shared, oncall_asked
from bot.response.world import World

_BEHIND, _AHEAD = timedelta(weeks=4), timedelta(weeks=26)


def make_calendars(world: World, door: Door) -> Guard:
    """All of them, behind their door."""
    return Guard(
        Calendars(world).app, origins=door.origins, porter=CalendarPorter(world), refuse=refused, checks_json=False
    )


async def written(world: World, actor: Actor, schedule: str) -> str:
    """The schedule as an iCalendar: four weeks behind, half a year ahead. NotFound, NotAllowed."""
    now = world.clock.now()
    noun = await oncall_asked.schedule(world, actor, schedule)
    return calendar(noun, await oncall_asked.duties(world, actor, schedule, now - _BEHIND, now + _AHEAD), now)


class CalendarPorter:
    """Lets in whoever knows the whole address."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def admit(self, scope: Scope) -> Refusal | None:
        """404 for anybody else, whatever is wrong; 405 for another method."""
        if scope["method"] not in ("GET", "HEAD"):
            return Refusal(status=405, error="a calendar can only be read", hint="use GET")
        if not await calendar_shared.behind(self._world, TOCSIN, scope["path"]):
            hint = "`tocsin oncall NAME --address` tells where it is; it may have been given another address"
            return Refusal(status=404, error="no calendar is at this address", hint=hint)
        return None

    def inspect(self, scope: Scope, body: bytes) -> Refusal | None:
        """Nothing to see here."""
        return None


class Calendars:
    """Answers."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One calendar, as ASGI has it."""
        schedule = await calendar_shared.behind(self._world, TOCSIN, scope["path"])
        text = await written(self._world, TOCSIN, schedule)
        headers = [("cache-control", "private, no-cache"), ("x-robots-tag", "noindex")]
        await Reply(body=text.encode(), media_type=MEDIA_TYPE, headers=headers)(scope, receive, send)
