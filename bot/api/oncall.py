"""Who is on call, who covers for whom, and schedules as calendars."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from bot.api.asked import AskedWorld, Asker
from bot.api.calendar_form import MEDIA_TYPE
from bot.api.calendars import written
from bot.api.oncall_schema import (
    Address,
    AddressIn,
    CoverIn,
    Dropped,
    Duties,
    DutyOut,
    Near,
    OnCallOut,
    OnCalls,
    OverrideOut,
    Overrides,
)
from bot.errors import NotAllowed
from bot.model.ids import OverrideId
from bot.response import calendar_shared, oncall_asked, oncall_covered

router = APIRouter(tags=["on-call"])

_AHEAD = timedelta(weeks=4)
_LONGEST = timedelta(days=366)
AskedSchedule = Annotated[str, Path(max_length=100)]


@router.get("/oncall")
async def who_is_on_call(
    world: AskedWorld,
    asker: Asker,
    at: Near | None = None,
    schedule: Annotated[str, Query(max_length=100)] = "",
) -> OnCalls:
    """Who is on call now, or at that time: in one schedule, or in all."""
    found = await oncall_asked.at(world, asker, at, schedule)
    return OnCalls(at=at or world.clock.now(), schedules=[OnCallOut.of(one) for one in found])


@router.get("/schedules/{schedule}/duties")
async def list_duties(
    world: AskedWorld, asker: Asker, schedule: AskedSchedule, since: Near | None = None, until: Near | None = None
) -> Duties:
    """Who is on call when, gaps among them: from now on, for four weeks, unless times are given."""
    start = since or world.clock.now()
    end = until or start + _AHEAD
    if not start < end <= start + _LONGEST:
        raise NotAllowed("that is no time to list", hint="say an `until` after `since`, a year later at most")
    found = await oncall_asked.duties(world, asker, schedule, start, end)
    return Duties(duties=[DutyOut.model_validate(duty) for duty in found])


@router.get(
    "/schedules/{schedule}/calendar.ics",
    response_class=Response,
    responses={200: {"content": {"text/calendar": {}}}},
)
async def fetch_calendar(world: AskedWorld, asker: Asker, schedule: AskedSchedule) -> Response:
    """The schedule as an iCalendar: four weeks behind, half a year ahead."""
    return Response(await written(world, asker, schedule), media_type=MEDIA_TYPE)


@router.post("/schedules/{schedule}/address")
async def tell_address(world: AskedWorld, asker: Asker, schedule: AskedSchedule, body: AddressIn) -> Address:
    """Where calendar programs find the schedule, without a token: whoever knows the address may read it."""
    path = await calendar_shared.address(world, asker, schedule, fresh=secrets.token_hex(32), anew=body.anew)
    return Address(path=path)


@router.get("/overrides")
async def list_overrides(
    world: AskedWorld, asker: Asker, schedule: Annotated[str, Query(max_length=100)] = ""
) -> Overrides:
    """Who covers for whom, now and later."""
    found = await oncall_asked.overrides(world, asker, schedule)
    return Overrides(overrides=[OverrideOut.model_validate(one) for one in found])


@router.post("/schedules/{schedule}/overrides", status_code=201)
async def cover(world: AskedWorld, asker: Asker, schedule: AskedSchedule, body: CoverIn) -> OverrideOut:
    """Somebody covers."""
    made = await oncall_covered.cover(
        world, asker, schedule, body.person, body.starts_at, body.ends_at, instead=body.instead, reason=body.reason
    )
    return OverrideOut.model_validate(made)


@router.post("/overrides/{override_id}/drop")
async def drop_override(
    world: AskedWorld, asker: Asker, override_id: Annotated[OverrideId, Path(max_length=40)]
) -> Dropped:
    """Whoever would be on call without it is again."""
    await oncall_covered.drop(world, asker, override_id)
    return Dropped(id=override_id)
