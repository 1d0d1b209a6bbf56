"""Notes of a timeline that turn out wrong. What they said stays on record."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import StringConstraints

from bot.api.asked import AskedIncident, AskedWorld, Asker
from bot.api.bodies import In, ReasonIn, Text
from bot.api.schema import TimelineEntryOut
from bot.response import timeline_amended

router = APIRouter(tags=["incidents"])

AskedEntry = Annotated[int, Path(ge=1, le=2**53)]


class AmendIn(In):
    """What is to be read instead of a note, and why."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
    reason: Text = ""


@router.patch("/incidents/{incident_id}/timeline/{seq}")
async def amend_entry(
    world: AskedWorld, asker: Asker, incident_id: AskedIncident, seq: AskedEntry, body: AmendIn
) -> TimelineEntryOut:
    """Another text for a note. With the `seq` of its last amendment, 409 when there has been another since."""
    amended = await timeline_amended.amend(world, asker, incident_id, seq, body.text, body.reason)
    return TimelineEntryOut.model_validate(amended)


@router.post("/incidents/{incident_id}/timeline/{seq}/strike")
async def strike_entry(
    world: AskedWorld, asker: Asker, incident_id: AskedIncident, seq: AskedEntry, body: ReasonIn
) -> TimelineEntryOut:
    """A note is not read any more."""
    return TimelineEntryOut.model_validate(await timeline_amended.strike(world, asker, incident_id, seq, body.reason))
