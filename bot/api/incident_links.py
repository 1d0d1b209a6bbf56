"""Incidents that have to do with each other: merged, taken apart again, linked."""

from __future__ import annotations

from fastapi import APIRouter

from bot.api.asked import AskedIncident, AskedWorld, Asker
from bot.api.bodies import LinkIn, MergeIn, ReasonIn, UnlinkIn
from bot.api.schema import IncidentOut
from bot.model.ids import IncidentId
from bot.response import incidents_linked, incidents_merged

router = APIRouter(tags=["incidents"])


@router.post("/incidents/{incident_id}/merge")
async def merge_incident(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: MergeIn) -> IncidentOut:
    """It becomes part of another, its alerts too; the other one. For ten minutes that can be undone."""
    _, whole = await incidents_merged.merge(world, asker, incident_id, IncidentId(body.into), body.reason)
    return IncidentOut.model_validate(whole)


@router.post("/incidents/{incident_id}/unmerge")
async def unmerge_incident(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: ReasonIn) -> IncidentOut:
    """It is taken out of the one that it was merged into, as it was before."""
    own, _ = await incidents_merged.undo(world, asker, incident_id, body.reason)
    return IncidentOut.model_validate(own)


@router.post("/incidents/{incident_id}/link")
async def link_incident(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: LinkIn) -> IncidentOut:
    """It is a duplicate, or a child, of another."""
    linked = await incidents_linked.link(world, asker, incident_id, body.kind, IncidentId(body.to))
    return IncidentOut.model_validate(linked)


@router.post("/incidents/{incident_id}/unlink")
async def unlink_incident(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: UnlinkIn) -> IncidentOut:
    """It is none after all."""
    return IncidentOut.model_validate(await incidents_linked.unlink(world, asker, incident_id, body.kind))
