"""An incident opened from an alert: runbooks that start by themselves start, others are offered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.errors import NotAllowed
from bot.model.actor import Actor
from bot.model.alert import Alert
from bot.model.incident import Incident
from bot.model.setup import Setup
from bot.model.timeline import EntryKind, TimelineEntry
from bot.ports.store import Tx
from bot.response import run_wanted
from bot.rights import Act, require
from bot.runbooks import beginning, matching
from bot.runbooks.matching import Fit


def respond(tx: Tx, setup: Setup, actor: Actor, incident: Incident, alerts: Sequence[Alert], now: datetime) -> None:
    """Looks for runbooks that fit one of the alerts, in the transaction that opened the incident; each once."""
    require(actor, Act.START_RUN, incident.id, now)
    for alert, fit in _fits(setup, incident, alerts):
        _take(tx, setup, actor, incident, alert, fit, now)


def respond_again(
    tx: Tx, setup: Setup, actor: Actor, incident: Incident, alerts: Sequence[Alert], now: datetime
) -> None:
    """The same for alerts that came to it since: runbooks that were started or offered before are left alone."""
    require(actor, Act.START_RUN, incident.id, now)
    fits = _fits(setup, incident, alerts)
    if not fits:
        return
    started = {run.runbook.name for run in tx.runs.list(incident=incident.id)}
    said = {entry.text for entry in tx.incidents.timeline(incident.id)}
    for alert, fit in fits:
        if fit.runbook.name not in started and _offer(fit) not in said:
            _take(tx, setup, actor, incident, alert, fit, now)


def _fits(setup: Setup, incident: Incident, alerts: Sequence[Alert]) -> Sequence[tuple[Alert, Fit]]:
    """Each runbook once, with the first alert that it fits; with one that begins it, if there is one. Those first."""
    service = setup.services.get(incident.service)
    of_service = service.runbooks if service else ()
    found: dict[str, tuple[Alert, Fit]] = {}
    for alert in alerts:
        for fit in matching.fitting(setup.runbooks.values(), alert, of_service):
            before = found.setdefault(fit.runbook.name, (alert, fit))
            if fit.auto and not before[1].auto:
                found[fit.runbook.name] = (alert, fit)
    return sorted(found.values(), key=lambda one: (not one[1].auto, one[1].runbook.name))


def _offer(fit: Fit) -> str:
    return f"runbook {fit.runbook.name} fits: {fit.runbook.title}"


def _take(tx: Tx, setup: Setup, actor: Actor, incident: Incident, alert: Alert, fit: Fit, now: datetime) -> None:
    if fit.auto:
        _start(tx, setup, actor, incident, alert, fit, now)
    else:
        how = f"tocsin runbook run {fit.runbook.name} --incident {incident.id}"
        _say(tx, actor, incident, _offer(fit), f"{fit.why}; {how}", now)


def _start(tx: Tx, setup: Setup, actor: Actor, incident: Incident, alert: Alert, fit: Fit, now: datetime) -> None:
    wants = beginning.wants(actor, alert, setup.people)
    try:
        run_wanted.begin(
            tx, setup, wants, fit.runbook,
            incident=incident, alert=alert, given={}, why=fit.why, now=now, trigger=beginning.OF_ALERT,
        )  # fmt: skip
    except NotAllowed as refusal:
        text, why = f"runbook {fit.runbook.name} fits, but did not start", str(refusal)
        if all((entry.text, entry.why) != (text, why) for entry in tx.incidents.timeline(incident.id)):
            _say(tx, actor, incident, text, why, now)


def _say(tx: Tx, actor: Actor, incident: Incident, text: str, why: str, now: datetime) -> None:
    tx.incidents.tell(
        TimelineEntry(
            incident=incident.id,
            at=now,
            recorded_at=now,
            actor=actor,
            kind=EntryKind.RUNBOOK,
            text=text,
            why=why,
        )
    )
