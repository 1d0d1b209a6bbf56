"""A group of alerts is ready to be told: it joins its open incident, or becomes one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.incidents import correlation, timeline
from bot.model.actor import Actor
from bot.model.alert import Alert, AlertGroup, AlertStatus
from bot.model.errand import Errand, ErrandKind
from bot.model.incident import Incident
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response import incident_opened
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require


async def group_due(world: World, actor: Actor, errand: Errand) -> None:
    """The group's waiting time is over."""
    now = world.clock.now()
    require(actor, Act.OPEN_INCIDENT, errand.payload["group"], now)

    def tell(tx: Tx) -> None:
        group = tx.alerts.group(errand.payload["group"])
        if group is not None:
            ready(tx, world.setup, actor, group, now)

    await world.store.write(tell)
    world.nudge()


def ready(tx: Tx, setup: Setup, actor: Actor, group: AlertGroup, now: datetime) -> None:
    """Opens the group's incident, or adds to the open one; does nothing when none of its alerts fires any more."""
    require(actor, Act.OPEN_INCIDENT, group.key, now)
    known = tx.alerts.known(group.alerts)
    firing = [alert for alert in known.values() if alert.status(now) is AlertStatus.FIRING]
    standing = tx.incidents.open_for_group(group.key)
    if standing is not None:
        _add(tx, standing, firing, now)
    elif firing:
        _open(tx, setup, actor, group, firing, now)


def _add(tx: Tx, standing: Incident, firing: Sequence[Alert], now: datetime) -> None:
    for alert in firing:
        if alert.fingerprint not in standing.firing:
            standing = correlation.join(standing, alert)
            tx.incidents.tell(timeline.fired(standing.id, alert, now))
    tx.incidents.put(standing)


def _open(tx: Tx, setup: Setup, actor: Actor, group: AlertGroup, firing: Sequence[Alert], now: datetime) -> None:
    incident = correlation.open_for(group, firing, tx.incidents.next_id(), now)
    record(tx, actor, Act.OPEN_INCIDENT, incident.id, now)
    tx.incidents.put(incident)
    for alert in firing:
        tx.incidents.tell(timeline.fired(incident.id, alert, now))
    tx.incidents.tell(timeline.opened(incident, firing[0], actor, now))
    tx.outbox.add(
        Errand(
            kind=ErrandKind.EVIDENCE_WANTED,
            dedup_key=f"evidence {incident.id} opened",
            due_at=now,
            payload={"incident": incident.id, "reason": "opened"},
        )
    )
    incident_opened.respond(tx, setup, actor, incident, firing[0], now)
