"""Alerts are over: the incidents that hold them say so, and those that hold no other are resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.alerts.groups import INCIDENT, forgotten
from bot.incidents import correlation, lifecycle, timeline
from bot.model.actor import TOCSIN, Actor
from bot.model.alert import Alert
from bot.model.errand import Errand, ErrandKind
from bot.model.ids import Fingerprint
from bot.model.incident import OPEN, Incident
from bot.model.setup import Setup
from bot.ports.store import Tx
from bot.response import incident_moved
from bot.response.record import record
from bot.response.world import World
from bot.rights import Act, require

TAIL = timedelta(seconds=10)
"""How long after a recovery its chart is taken, so that the recovery shows on it."""
_ONE_BY_ONE = 10
_ALL = 1_000_000


async def clear(world: World, actor: Actor, over: Mapping[Fingerprint, Alert], *, lease: str, epoch: int) -> None:
    """`over`: alerts that ended, each as it was seen last. Fenced when another process does this by now.

    If one of them fires again, that is news to its incident: what was told of it is forgotten with its end.
    """
    now = world.clock.now()
    require(actor, Act.RECEIVE_ALERTS, "alerts", now)

    ended, setup = frozenset(over), world.setup

    def keep(tx: Tx) -> Sequence[str]:
        tx.leases.check(lease, epoch)
        held = _held(tx, over)
        for incident, alerts in held:
            _clear(tx, setup, incident, alerts, now)
        return _forget_told(tx, [incident for incident, _ in held], ended)

    for key in await world.store.write(keep):
        world.alerts.groups.forget_told(key, ended)
    world.nudge()


async def still_held(world: World, actor: Actor) -> Sequence[Fingerprint]:
    """What open incidents believe to be firing: after a start, to be compared with what is."""
    require(actor, Act.RECEIVE_ALERTS, "alerts", world.clock.now())
    incidents = await world.store.read(lambda tx: tx.incidents.list(statuses=OPEN, limit=_ALL))
    return [fingerprint for incident in incidents for fingerprint in incident.firing]


def _forget_told(tx: Tx, incidents: Sequence[Incident], over: frozenset[Fingerprint]) -> Sequence[str]:
    """In all the groups of these incidents; the groups. All of one incident's are read at once: a storm has many."""
    told = [one for incident in incidents for one in tx.tellings.of_incident(incident.id, INCIDENT)]
    for one in told:
        if (left := forgotten(one, over)) is not one:
            tx.tellings.put(left)
    return [one.group for one in told]


def _held(tx: Tx, over: Mapping[Fingerprint, Alert]) -> Sequence[tuple[Incident, list[Alert]]]:
    """The incidents that hold any of these as firing, and which: each read once, whose alerts may be very many."""
    found = [
        (incident, [over[fingerprint] for fingerprint in incident.firing if fingerprint in over])
        for incident in tx.incidents.holding(*over)
    ]
    return [(incident, alerts) for incident, alerts in found if alerts]


def _stays(tx: Tx, setup: Setup, incident: Incident, cleared: Incident, now: datetime) -> None:
    incident_moved.keep(tx, setup, TOCSIN, incident, cleared, now)
    if not cleared.firing:
        tx.incidents.tell(timeline.stays(cleared, now))


def _clear(tx: Tx, setup: Setup, incident: Incident, alerts: Sequence[Alert], now: datetime) -> None:
    kept = tx.alerts.known([alert.fingerprint for alert in alerts])
    tx.alerts.put([alert for alert in alerts if alert.fingerprint in kept])
    cleared = correlation.clear(incident, alerts)
    for alert in alerts[:_ONE_BY_ONE]:
        tx.incidents.tell(timeline.cleared(cleared, alert, now))
    if len(alerts) > _ONE_BY_ONE:
        tx.incidents.tell(timeline.many_cleared(cleared, alerts[_ONE_BY_ONE:], now))
    if cleared.firing or cleared.declared_by:
        _stays(tx, setup, incident, cleared, now)
        return
    resolved = lifecycle.apply(cleared, lifecycle.Command.RESOLVE, TOCSIN, now)
    incident_moved.keep(tx, setup, TOCSIN, incident, resolved, now)
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
