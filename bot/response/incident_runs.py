"""An incident changed: runbooks that its change begins begin, in the transaction that changed it."""

from __future__ import annotations

from datetime import datetime

from bot.errors import NotAllowed
from bot.model.actor import TOCSIN, Actor, ActorKind
from bot.model.incident import Incident
from bot.model.run import ENDED
from bot.model.setup import Setup
from bot.model.timeline import EntryKind, TimelineEntry
from bot.ports.store import Tx
from bot.response import run_wanted
from bot.rights import Act, require
from bot.runbooks import beginning, matching
from bot.runbooks.beginning import OF_INCIDENT
from bot.runbooks.matching import Fit

MOST = 5
"""So often one runbook begins by itself as one incident changes: it may be what changes it."""


def follow(tx: Tx, setup: Setup, actor: Actor, before: Incident | None, after: Incident, now: datetime) -> None:
    """`before` is how it stood until now; None: there was no such incident.

    Whoever moves an incident along asks for no run. Who declares it, or says what it is, may mean to: they are taken
    to want the run, so that somebody else approves what it changes.
    """
    says_what_it_is = actor.kind is ActorKind.PERSON and (before is None or before.status is after.status)
    wants = actor if says_what_it_is else TOCSIN
    for fit in matching.begun_by_change(setup.runbooks.values(), before, after):
        require(TOCSIN, Act.START_RUN, fit.runbook.name, now)
        why = f"{fit.why}; {actor.name} changed it"
        why_not = _why_not(tx, after, fit) or _begin(tx, setup, wants, after, fit, why, now)
        if why_not:
            _say(tx, actor, after, f"runbook {fit.runbook.name} fits, but did not start", why_not, now)


def _begin(tx: Tx, setup: Setup, wants: Actor, incident: Incident, fit: Fit, why: str, now: datetime) -> str:
    """Why it did not begin; empty: it has."""
    alert = run_wanted.alert_for(tx, wants, fit.runbook, incident)
    try:
        run_wanted.begin(
            tx,
            setup,
            beginning.wants(wants, alert, setup.people),
            fit.runbook,
            incident=incident,
            alert=alert,
            given={},
            why=why,
            now=now,
            trigger=OF_INCIDENT,
        )
    except NotAllowed as refusal:
        return refusal.message
    return ""


def _why_not(tx: Tx, incident: Incident, fit: Fit) -> str:
    runs = [run for run in tx.runs.list(incident=incident.id) if run.runbook.name == fit.runbook.name]
    under_way = [run.id for run in runs if run.status not in ENDED]
    if under_way:
        return f"{under_way[0]} of it is under way"
    begun = sum(run.trigger == OF_INCIDENT for run in runs)
    return f"it has begun {begun} times as this incident changed" if begun >= MOST else ""


def _say(tx: Tx, actor: Actor, incident: Incident, text: str, why: str, now: datetime) -> None:
    entry = TimelineEntry(
        incident=incident.id, at=now, recorded_at=now, actor=actor, kind=EntryKind.RUNBOOK, text=text, why=why
    )
    tx.incidents.tell(entry)
