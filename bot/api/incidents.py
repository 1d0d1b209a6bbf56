"""Incidents, their evidence and their reports."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from bot.api.asked import AskedEvidence, AskedIncident, AskedName, AskedWorld, Asker
from bot.api.bodies import AssignIn, DeclareIn, EditIn, NoteIn, ReasonIn
from bot.api.schema import IncidentDetail, IncidentOut, TimelineEntryOut
from bot.incidents.edits import Edit
from bot.kit.http_in import DOCUMENT_POLICY, file_headers
from bot.model.report import ReportFormat
from bot.response import incident_changed, incident_declared, incident_edited, looked_up, report_wanted

router = APIRouter(tags=["incidents"])

_MEDIA_TYPES = {ReportFormat.MD: "text/markdown", ReportFormat.HTML: "text/html"}


@router.get("/incidents/{incident_id}")
async def show_incident(world: AskedWorld, asker: Asker, incident_id: AskedIncident) -> IncidentDetail:
    """One incident with its timeline, evidence, runs and approvals."""
    return IncidentDetail.of(await looked_up.case(world, asker, incident_id))


@router.post("/incidents", status_code=201)
async def declare_incident(world: AskedWorld, asker: Asker, body: DeclareIn) -> IncidentOut:
    """A person declares an incident."""
    declared = await incident_declared.declare(
        world, asker, title=body.title, severity=body.severity, text=body.text, kind=body.kind, service=body.service,
        team=body.team, fields=body.fields,
    )  # fmt: skip
    return IncidentOut.model_validate(declared)


@router.patch("/incidents/{incident_id}")
async def edit_incident(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: EditIn) -> IncidentOut:
    """Its title, severity, kind, service, team or fields are corrected; what is left out stays."""
    wanted = Edit(**body.model_dump(exclude={"reason"}))
    return IncidentOut.model_validate(await incident_edited.edit(world, asker, incident_id, wanted, body.reason))


@router.post("/incidents/{incident_id}/acknowledge")
async def acknowledge_incident(world: AskedWorld, asker: Asker, incident_id: AskedIncident) -> IncidentOut:
    """Somebody has it."""
    return IncidentOut.model_validate(await incident_changed.acknowledge(world, asker, incident_id))


@router.post("/incidents/{incident_id}/resolve")
async def resolve_incident(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: ReasonIn) -> IncidentOut:
    """It is over."""
    return IncidentOut.model_validate(await incident_changed.resolve(world, asker, incident_id, body.reason))


@router.post("/incidents/{incident_id}/assign")
async def assign_incident(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: AssignIn) -> IncidentOut:
    """From now on this person has it."""
    return IncidentOut.model_validate(await incident_changed.assign(world, asker, incident_id, body.person))


@router.post("/incidents/{incident_id}/mitigate")
async def mitigate_incident(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: ReasonIn) -> IncidentOut:
    """It does not hurt any more, and is not over yet."""
    return IncidentOut.model_validate(await incident_changed.mitigate(world, asker, incident_id, body.reason))


@router.post("/incidents/{incident_id}/close")
async def close_incident(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: ReasonIn) -> IncidentOut:
    """Nothing more is to be found out about what is resolved."""
    return IncidentOut.model_validate(await incident_changed.close(world, asker, incident_id, body.reason))


@router.post("/incidents/{incident_id}/reopen")
async def reopen_incident(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: ReasonIn) -> IncidentOut:
    """It was not over."""
    return IncidentOut.model_validate(await incident_changed.reopen(world, asker, incident_id, body.reason))


@router.post("/incidents/{incident_id}/notes", status_code=201)
async def add_note(world: AskedWorld, asker: Asker, incident_id: AskedIncident, body: NoteIn) -> TimelineEntryOut:
    """Something worth remembering, for the timeline."""
    return TimelineEntryOut.model_validate(await incident_changed.note(world, asker, incident_id, body.text))


@router.get(
    "/incidents/{incident_id}/report",
    response_class=Response,
    responses={200: {"content": {media_type: {} for media_type in _MEDIA_TYPES.values()}}},
)
async def write_report(
    world: AskedWorld,
    asker: Asker,
    incident_id: AskedIncident,
    form: Annotated[ReportFormat, Query(alias="format")] = ReportFormat.MD,
) -> Response:
    """The postmortem as it stands, in one self-contained file."""
    text = await report_wanted.report(world, asker, incident_id, form)
    headers = {
        "content-security-policy": DOCUMENT_POLICY,
        "content-disposition": f'attachment; filename="{incident_id}.{form}"',
    }
    return Response(text, media_type=_MEDIA_TYPES[form], headers=headers)


@router.get(
    "/evidence/{evidence_id}/{name}",
    response_class=Response,
    responses={200: {"content": {"image/png": {}, "text/csv": {}}}},
)
async def fetch_evidence(world: AskedWorld, asker: Asker, evidence_id: AskedEvidence, name: AskedName) -> Response:
    """One file of one piece of evidence: its chart, or the data the chart was drawn from."""
    found = await looked_up.attachment(world, asker, evidence_id, name)
    headers = file_headers(found.name, found.media_type, found.sha256)
    return Response(found.content, media_type=found.media_type, headers=headers)
