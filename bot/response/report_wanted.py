"""Somebody wants the document of an incident."""

from __future__ import annotations

from dataclasses import replace

from bot.model.actor import Actor
from bot.model.evidence import Evidence
from bot.model.ids import IncidentId
from bot.model.report import Case, ReportFormat
from bot.ports.store import Tx
from bot.reports import postmortem, render
from bot.response import looked_up
from bot.response.world import World
from bot.rights import Act, require


async def report(world: World, actor: Actor, incident_id: IncidentId, format: ReportFormat) -> str:
    """The postmortem draft as one self-contained text; drafted anew from the record each time."""
    now = world.clock.now()
    require(actor, Act.LOOK, incident_id, now)
    case = await world.store.read(lambda tx: _whole(tx, actor, incident_id))
    draft = postmortem.draft(case, time_zone=world.setup.time_zone, now=now)
    return render.render(draft, format, time_zone=world.setup.time_zone, public_url=world.setup.public_url)


def _whole(tx: Tx, actor: Actor, incident_id: IncidentId) -> Case:
    """The case with the bytes of its attachments."""
    case = looked_up.case_of(tx, actor, incident_id)
    return replace(case, evidence=tuple(_loaded(tx, one) for one in case.evidence))


def _loaded(tx: Tx, evidence: Evidence) -> Evidence:
    attachments = tuple(tx.evidence.attachment(evidence.id, name) for name in evidence.attachment_names)
    return replace(evidence, attachments=attachments)
