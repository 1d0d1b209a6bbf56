"""Alerts came in, from our own rules or from others: keep what is new, group it, and clear what is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.alerts import grouping, intake
from bot.incidents import correlation, lifecycle, timeline
from bot.model.actor import TOCSIN, Actor
from bot.model.alert import Alert, AlertGroup
from bot.model.errand import Errand, ErrandKind
from bot.model.incident import Incident
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response import group_ready
from bot.response.record import record
from bot.rights import Act, require

TAIL = timedelta(seconds=10)
"""How long after a recovery its chart is taken, so that the recovery shows on it."""


def take(tx: Tx, setup: Setup, actor: Actor, batch: Sequence[Alert], now: datetime) -> None:
    """Everything a batch of alerts changes, in the caller's transaction."""
    require(actor, Act.RECEIVE_ALERTS, "alerts", now)
    known = tx.alerts.known([alert.fingerprint for alert in batch])
    taken = intake.take_in(known, batch, now)
    worth = intake.worth_writing(taken, known)
    if worth:
        tx.alerts.append(worth, now)
    follow = {intake.Change.NEW: _began, intake.Change.OVER: _ended}
    for one in taken:
        if one.change in follow:
            follow[one.change](tx, setup, one.alert, now)


def _began(tx: Tx, setup: Setup, alert: Alert, now: datetime) -> None:
    for fresh in grouping.groups_of(setup.route, alert, now):
        group = grouping.join(tx.alerts.group(fresh.key), fresh)
        tx.alerts.put_group(group)
        if group.ready_at <= now:
            group_ready.ready(tx, setup, TOCSIN, group, now)
        else:
            tx.outbox.add(_when_ready(group))


def _when_ready(group: AlertGroup) -> Errand:
    return Errand(
        kind=ErrandKind.GROUP_READY,
        dedup_key=f"group-ready {group.key} {group.ready_at.isoformat()}",
        due_at=group.ready_at,
        payload={"group": group.key},
    )


def _ended(tx: Tx, setup: Setup, alert: Alert, now: datetime) -> None:
    for fresh in grouping.groups_of(setup.route, alert, now):
        standing = tx.alerts.group(fresh.key)
        if standing is not None:
            tx.alerts.put_group(grouping.leave(standing, alert))
    for incident in tx.incidents.holding(alert.fingerprint):
        _clear(tx, incident, alert, now)


def _clear(tx: Tx, incident: Incident, alert: Alert, now: datetime) -> None:
    cleared = correlation.clear(incident, alert)
    tx.incidents.tell(timeline.cleared(cleared, alert, now))
    if cleared.firing:
        tx.incidents.put(cleared)
        return
    resolved = lifecycle.apply(cleared, lifecycle.Command.RESOLVE, TOCSIN, now)
    tx.incidents.put(resolved)
    tx.incidents.tell(timeline.resolved(resolved, "every alert it held was seen to be over", TOCSIN, now))
    record(tx, TOCSIN, Act.RESOLVE, resolved.id, now)
    tx.outbox.add(
        Errand(
            kind=ErrandKind.EVIDENCE_WANTED,
            dedup_key=f"evidence {resolved.id} recovered {now.isoformat()}",
            due_at=now + TAIL,
            payload={"incident": resolved.id, "reason": "recovered"},
        )
    )
