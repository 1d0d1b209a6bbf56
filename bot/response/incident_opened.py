"""An incident opened from an alert: runbooks that start by themselves start, others are offered."""

from __future__ import annotations

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
from bot.runbooks import matching


def respond(tx: Tx, setup: Setup, actor: Actor, incident: Incident, alert: Alert, now: datetime) -> None:
    """Looks for runbooks that fit the alert, in the transaction that opened the incident."""
    require(actor, Act.START_RUN, incident.id, now)
    for fit in matching.fitting(setup.runbooks.values(), alert):
        if fit.auto:
            _start(tx, setup, actor, incident, alert, fit, now)
        else:
            how = f"tocsin runbook run {fit.runbook.name} --incident {incident.id}"
            _say(tx, actor, incident, f"runbook {fit.runbook.name} fits: {fit.runbook.title}", f"{fit.why}; {how}", now)


def _start(
    tx: Tx, setup: Setup, actor: Actor, incident: Incident, alert: Alert, fit: matching.Fit, now: datetime
) -> None:
    try:
        run_wanted.begin(tx, setup, actor, fit.runbook, incident=incident, alert=alert, given={}, why=fit.why, now=now)
    except NotAllowed as refusal:
        _say(tx, actor, incident, f"runbook {fit.runbook.name} fits, but did not start", str(refusal), now)


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
