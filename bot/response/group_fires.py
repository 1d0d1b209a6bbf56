"""A group's alerts fire: its incident is opened, or reopened, or has more to it, or another one takes the group in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.alerts.groups import Group
from bot.alerts.table import Entry
from bot.incidents import correlation, lifecycle, noise, services, storms, timeline
from bot.incidents.correlation import Kinship, Place
from bot.model.actor import Actor
from bot.model.alert import Alert, AlertGroup
from bot.model.errand import Errand, ErrandKind
from bot.model.held_group import HeldGroup
from bot.model.incident import Incident
from bot.model.service import Service
from bot.model.setup import Setup
from bot.model.telling import Decision, Verdict
from bot.ports.store import Tx
from bot.response import incident_moved, incident_opened
from bot.response.record import record
from bot.rights import Act, require

MOST_KEPT = 200
"""Alerts of one telling that are kept as rows and told one by one; of more, the log has every one."""
_ONE_BY_ONE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fired:
    """A group without an open incident of its own, and all of it that fires."""

    group: AlertGroup
    alerts: Sequence[Alert]
    service: Service


def fires(
    tx: Tx, setup: Setup, actor: Actor, group: Group, entries: Sequence[Entry], own: Incident | None, now: datetime
) -> None:
    """`entries` fire, one at least. `own`: the incident that the group is part of, or was last."""
    require(actor, Act.OPEN_INCIDENT, group.key, now)
    place = correlation.in_its_own(own, setup.correlation, now)
    if own is None or place is None or place.kinship is not Kinship.OWN:
        _settle(tx, setup, actor, group, [entry.alert() for entry in entries], place, now)
        return
    held = frozenset(own.firing)
    fresh = [entry.alert() for entry in entries if entry.fingerprint() not in held]
    grown = _take_in(tx, setup, actor, own, fresh, now)
    incident_opened.respond_again(tx, setup, actor, grown, fresh[:MOST_KEPT], now)


def _settle(
    tx: Tx, setup: Setup, actor: Actor, group: Group, alerts: Sequence[Alert], place: Place | None, now: datetime
) -> None:
    """What becomes of it is carried out, and the group is that incident's from now on."""
    service = services.of_alerts(alerts, setup.services)
    told = AlertGroup(key=group.key, receiver=group.route.receiver, labels=group.labels)
    listed = service.name if service.name in setup.services else ""
    held = correlation.compared_by(told, group.route.group_by, alerts, listed, setup.correlation)
    settled = place or _elsewhere(tx, setup, held)
    fired = _Fired(group=told, alerts=alerts, service=service)
    incident = _CARRY_OUT[settled.kinship](tx, setup, actor, fired, settled, now)
    tx.incidents.hold(replace(held, incident=incident.id))


def _elsewhere(tx: Tx, setup: Setup, held: HeldGroup) -> Place:
    rules = setup.correlation
    related = services.related(held.service, setup.services, rules.hops)
    asked: list[tuple[str, tuple[str, ...]]] = [(held.shares, ())] if held.shares else []
    asked += [("", those) for those in correlation.by_distance(related)]
    for shares, those in asked:  # in a storm the first of these has an answer, and one row of it is enough
        near = tx.incidents.near(
            shares=shares, services=those, apart=held.apart,
            since=held.began_at - rules.within, until=held.began_at + rules.within, limit=1,
        )  # fmt: skip
        if near:
            return correlation.among(held, near, related, rules)
    return correlation.among(held, (), related, rules)


def _open(tx: Tx, setup: Setup, actor: Actor, fired: _Fired, _place: Place, now: datetime) -> Incident:
    alerts = fired.alerts
    incident = correlation.open_for(fired.group, alerts, fired.service, tx.incidents.next_id(), now)
    record(tx, actor, Act.OPEN_INCIDENT, incident.id, now)
    tx.alerts.put(alerts[:MOST_KEPT])
    incident_moved.keep(tx, setup, actor, None, incident, now)
    tx.statistics.fired(incident.id, noise.began(None, alerts))
    _say_fired(tx, incident, alerts, now)
    tx.incidents.tell(timeline.opened(incident, alerts[0], actor, now))
    _want_evidence(tx, incident, f"evidence {incident.id} opened", {"reason": "opened"}, now)
    incident_opened.respond(tx, setup, actor, incident, alerts[:MOST_KEPT], now)
    return incident


def _reopen(tx: Tx, setup: Setup, actor: Actor, fired: _Fired, place: Place, now: datetime) -> Incident:
    """It flaps, or was not over: one incident, not one for each time it fires."""
    last = _there(tx, place)
    reopened = lifecycle.apply(last, lifecycle.Command.REOPEN, actor, now)
    record(tx, actor, Act.REOPEN, reopened.id, now)
    incident_moved.keep(tx, setup, actor, last, reopened, now)
    tx.incidents.tell(timeline.reopened(reopened, place.why, actor, now))
    fresh = _not_held(reopened, fired.alerts)
    grown = _take_in(tx, setup, actor, reopened, fresh, now)
    incident_opened.respond_again(tx, setup, actor, grown, fresh[:MOST_KEPT], now)
    return grown


def _join(tx: Tx, setup: Setup, actor: Actor, fired: _Fired, place: Place, now: datetime) -> Incident:
    incident = _there(tx, place)
    tx.incidents.tell(timeline.joined(incident, fired.group, place.why, actor, now))
    text = f"joins {incident.id}: {place.why}"
    tx.decisions.add(fired.group.key, Decision(at=now, verdict=Verdict.GROUPED, text=text, rule="correlation"))
    joined = _take_in(tx, setup, actor, incident, _not_held(incident, fired.alerts), now)
    if tx.incidents.many_groups_of(incident.id, storms.MOST_LOOKED_INTO) < storms.MOST_LOOKED_INTO:
        _look_into(tx, setup, actor, joined, fired, now)
    return joined


def _look_into(tx: Tx, setup: Setup, actor: Actor, joined: Incident, fired: _Fired, now: datetime) -> None:
    first = fired.alerts[0]
    about = " ".join(alert.fingerprint for alert in fired.alerts[:MOST_KEPT])
    key = f"evidence {joined.id} joined {first.fingerprint} {now.isoformat()}"
    _want_evidence(tx, joined, key, {"reason": "joined", "alerts": about}, now)
    incident_opened.respond_again(tx, setup, actor, joined, fired.alerts[:MOST_KEPT], now)


_CARRY_OUT: Mapping[Kinship, Callable[[Tx, Setup, Actor, _Fired, Place, datetime], Incident]] = {
    Kinship.NEW: _open,
    Kinship.AGAIN: _reopen,
    Kinship.JOINS: _join,
}


def _there(tx: Tx, place: Place) -> Incident:
    assert place.incident is not None  # noqa: S101  # only a new one has none
    return tx.incidents.get(place.incident)


def _not_held(incident: Incident, alerts: Sequence[Alert]) -> Sequence[Alert]:
    held = frozenset(incident.firing)
    return [alert for alert in alerts if alert.fingerprint not in held]


def _take_in(tx: Tx, setup: Setup, actor: Actor, incident: Incident, fresh: Sequence[Alert], now: datetime) -> Incident:
    """The incident with what it does not hold yet."""
    if not fresh:
        return incident
    tx.alerts.put(fresh[:MOST_KEPT])
    joined = correlation.join(incident, fresh)
    incident_moved.keep(tx, setup, actor, incident, joined, now)
    tx.statistics.fired(incident.id, noise.began(incident, fresh))
    _say_fired(tx, joined, fresh, now)
    if joined.severity is not incident.severity:
        tx.incidents.tell(timeline.graver(joined, incident.severity, now))
    return joined


def _want_evidence(tx: Tx, incident: Incident, key: str, asked: Mapping[str, str], now: datetime) -> None:
    opened = tx.incidents.opened_since(now - storms.LATELY)
    due_at = now + storms.evidence_waits(incident.severity, opened)
    if due_at > now:
        tx.incidents.tell(timeline.evidence_waits(incident, opened, due_at, now))
    payload = {"incident": incident.id, **asked}
    tx.outbox.add(Errand(kind=ErrandKind.EVIDENCE_WANTED, dedup_key=key, due_at=due_at, payload=payload))


def _say_fired(tx: Tx, incident: Incident, alerts: Sequence[Alert], now: datetime) -> None:
    for alert in alerts[:_ONE_BY_ONE]:
        tx.incidents.tell(timeline.fired(incident.id, alert, now))
    if len(alerts) > _ONE_BY_ONE:
        tx.incidents.tell(timeline.many_fired(incident.id, alerts[_ONE_BY_ONE:], now))
