"""Evidence is wanted for an incident: its signal is charted around it and frozen, with what could not be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from bot.errors import IntegrationError
from bot.evidence import charts, collector, counted, impact, logs, questions
from bot.model.actor import Actor
from bot.model.alert import Alert
from bot.model.chart import Chart, Mark
from bot.model.errand import Errand
from bot.model.evidence import Evidence
from bot.model.ids import EvidenceId, Fingerprint, IncidentId
from bot.model.timeline import EntryKind, TimelineEntry
from bot.ports.store import Tx
from bot.response import looked_up
from bot.response.world import World
from bot.rights import Act, require

_OVER = ("recovered", "resolved")
LOGS_DEADLINE = timedelta(minutes=1)
"""A search of logs takes longer than a query of metrics."""

_WHY = {
    "opened": "taken when the incident opened",
    "joined": "taken when another alert group joined",
    "acted": "taken after a step changed something",
    "recovered": "taken after every alert was over",
    "resolved": "taken when the incident was resolved",
}


async def evidence_due(world: World, actor: Actor, errand: Errand) -> None:
    """Collects, draws and keeps. A source that does not answer, or a chart that cannot be drawn, is said so."""
    incident = IncidentId(errand.payload["incident"])
    require(actor, Act.COLLECT_EVIDENCE, incident, world.clock.now())
    about = errand.payload.get("alerts", "").split()
    marks, alerts = await world.store.read(lambda tx: _behind(tx, actor, incident, about, world))
    asked = questions.signal_questions(incident, list(alerts.values()), world.setup, world.clock.now())
    counts = await world.store.read(lambda tx: [_counted(tx, one) for one in asked if one.runs])
    for answer in [*await collector.collect([q for q in asked if not q.runs], world.sources), *counts]:
        chart = charts.signal_chart(answer, marks, world.setup.time_zone)
        png = await _drawn(world, chart) if answer.series else None
        now = world.clock.now()
        draft = charts.signal_evidence(answer, chart, png, evidence_id=EvidenceId(""), collected_at=now)
        await world.store.write(partial(_keep, actor=actor, draft=draft, errand=errand))
    await _logs(world, actor, incident, list(alerts.values()), errand)
    if errand.payload.get("reason") in _OVER:
        await _impact(world, actor, incident, list(alerts.values()), errand)


async def _impact(world: World, actor: Actor, incident: IncidentId, alerts: Sequence[Alert], errand: Errand) -> None:
    """What it took of what its services promise: once it is over."""
    over, seen = await world.store.read(lambda tx: (tx.incidents.get(incident), tx.evidence.of_incident(incident)))
    asked = impact.impact_questions(over, alerts, world.setup.services, world.clock.now(), seen)
    for found in await impact.measure(asked, world.sources):
        draft = impact.impact_evidence(found, evidence_id=EvidenceId(""), collected_at=world.clock.now())
        await world.store.write(partial(_keep, actor=actor, draft=draft, errand=errand))


async def _logs(world: World, actor: Actor, incident: IncidentId, alerts: Sequence[Alert], errand: Errand) -> None:
    """What was to be looked up in logs: after the signals, which are quicker and say more."""
    asked = logs.log_questions(incident, alerts, world.setup.log_looks, world.clock.now())
    for reply in await logs.collect_logs(asked, world.logs, deadline=LOGS_DEADLINE):
        draft = logs.log_evidence(reply, evidence_id=EvidenceId(""), collected_at=world.clock.now())
        await world.store.write(partial(_keep, actor=actor, draft=draft, errand=errand))


def _behind(
    tx: Tx, actor: Actor, incident: IncidentId, about: Sequence[str], world: World
) -> tuple[tuple[Mark, ...], Mapping[str, Alert]]:
    """What marks a chart, and the alerts to ask about: those named, or all."""
    case = looked_up.case_of(tx, actor, incident)
    known = tx.alerts.known([Fingerprint(one) for one in about] or case.incident.alerts)
    alerts = {str(key): alert for key, alert in known.items()}
    return charts.incident_marks(list(alerts.values()), case.runs, world.clock.now()), alerts


def _counted(tx: Tx, question: questions.SignalQuestion) -> collector.SignalAnswer:
    status = tx.rules.status(question.key.removesuffix(f";{question.rule.name}"))
    return counted.counted(question, status.memory if status else None)


async def _drawn(world: World, chart: Chart) -> bytes | None:
    try:
        return await world.drawer.draw(chart, width=charts.WIDTH, height=charts.HEIGHT)
    except IntegrationError:
        return None


def _keep(tx: Tx, *, actor: Actor, draft: Evidence, errand: Errand) -> None:
    evidence = replace(draft, id=tx.evidence.next_id())
    tx.evidence.put(evidence)
    tx.incidents.tell(
        TimelineEntry(
            incident=evidence.incident,
            at=evidence.collected_at,
            recorded_at=evidence.collected_at,
            actor=actor,
            kind=EntryKind.EVIDENCE,
            text=evidence.summary or f"could not be seen: {evidence.unavailable}",
            why=_WHY.get(errand.payload.get("reason", ""), ""),
            links={"expression": evidence.link} if evidence.link else {},
            evidence=(evidence.id,),
        )
    )
