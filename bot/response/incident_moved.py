"""An incident changed: it is kept, and whoever follows incidents follows it, in the same transaction.

Every change of status, severity, service or kind comes through here, whoever makes it: a person, an alert that began or
is over, another system.
"""

from __future__ import annotations

from datetime import datetime

from bot.incidents import correlation
from bot.model.actor import Actor
from bot.model.incident import Incident
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response import escalating, incident_runs, mirror_told, reminders_planned


def keep(tx: Tx, setup: Setup, actor: Actor, before: Incident | None, after: Incident, now: datetime) -> None:
    """Keeps `after`. `before` is how it stood until now; None: there was no such incident."""
    tx.incidents.put(after)
    held = correlation.declared(after, setup.services, setup.correlation)
    if held is not None and (before is None or held != correlation.declared(before, setup.services, setup.correlation)):
        tx.incidents.hold(held)
    escalating.follow(tx, setup, actor, before, after, now)
    mirror_told.follow(tx, setup, actor, before, after, now)
    reminders_planned.follow(tx, setup, actor, before, after, now)
    incident_runs.follow(tx, setup, actor, before, after, now)
