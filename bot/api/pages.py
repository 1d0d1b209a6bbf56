"""Who was paged about an incident, who is next, and paging somebody by hand."""

from __future__ import annotations

from fastapi import APIRouter

from bot.api.asked import AskedIncident, AskedWorld, Asker
from bot.api.pages_schema import EscalationOut, PageIn, PageOut, Pages
from bot.response import person_paged

router = APIRouter(tags=["pages"])


@router.get("/incidents/{incident_id}/pages")
async def list_pages(world: AskedWorld, asker: Asker, incident_id: AskedIncident) -> Pages:
    """Every attempt to reach somebody about it, and where its escalation stands."""
    pages, escalation = await person_paged.found(world, asker, incident_id)
    return Pages(
        pages=[PageOut.model_validate(page) for page in pages],
        escalation=EscalationOut.model_validate(escalation) if escalation else None,
    )


@router.post("/incidents/{incident_id}/pages", status_code=201)
async def page_somebody(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: PageIn) -> Pages:
    """Pages a person, or whoever is on call in a schedule; whoever has the incident has it still."""
    pages = await person_paged.page(world, asker, incident_id, body.whom, body.text)
    return Pages(pages=[PageOut.model_validate(page) for page in pages], escalation=None)
