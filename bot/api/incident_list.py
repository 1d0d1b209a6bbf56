"""The list of incidents: all, some, or those with certain words in their story."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from bot.api.asked import AskedWorld, Asker
from bot.api.incident_list_schema import Incidents, IncidentsIn
from bot.response import incidents_found

router = APIRouter(tags=["incidents"])


@router.get("/incidents")
async def list_incidents(world: AskedWorld, asker: Asker, asked: Annotated[IncidentsIn, Query()]) -> Incidents:
    """One page of the incidents asked for, the newest first."""
    return Incidents.of(await incidents_found.find(world, asker, asked.query(), asked.q))
