"""Which incident an alert group belongs to, and why: its own, another one or a new one; and what alerts make of one.

A group belongs to its own incident while that is open, and for a while after that was resolved. A group without one
joins an open incident whose groups it has to do with: the same values of certain labels, or services that depend on
each other, and a beginning not long apart. What is to be kept apart never meets. What a person declared is compared by
its service and by those of its fields that are called like labels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.documents import format_duration
from bot.incidents import severity
from bot.incidents.services import Chain
from bot.model.alert import Alert, AlertGroup
from bot.model.held_group import HeldGroup
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentStatus, SignalState
from bot.model.practice import Correlation
from bot.model.service import Service
from bot.model.wording import one_line

_BY_ALL = ("...",)
_DECLARED = "declared "
_LONGEST_TITLE = 300
"""Begins the key of what stands for a declared incident among alert groups: theirs begin with a brace."""


class Kinship(StrEnum):
    """How a group comes to an incident. OWN: it is there already; AGAIN: it was, and the incident is reopened."""

    OWN = "own"
    AGAIN = "again"
    JOINS = "joins"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a group belongs, and the reason, for the timeline. `incident` None: to a new one."""

    kinship: Kinship
    incident: IncidentId | None = None
    why: str = ""


def in_its_own(own: Incident | None, rules: Correlation, now: datetime) -> Place | None:
    """The place of a group that has one: `own` is the incident that it is part of, or was last. None: it has none."""
    if own is None:
        return None
    if own.is_open:
        return Place(kinship=Kinship.OWN, incident=own.id)
    if own.status is not IncidentStatus.RESOLVED or own.resolved_at is None or now - own.resolved_at >= rules.reopen:
        return None
    why = f"its alerts fire again, {_length(now - own.resolved_at)} after it was resolved"
    return Place(kinship=Kinship.AGAIN, incident=own.id, why=why)


def compared_by(
    group: AlertGroup, group_by: Sequence[str], alerts: Sequence[Alert], service: str, rules: Correlation
) -> HeldGroup:
    """What others are compared with; `service` is one of the catalogue, or empty.

    A group that may come to hold several values of a label that is kept apart has nothing to compare: what joins it
    later would be together with what it joined.
    """
    held = HeldGroup(key=group.key, began_at=min(alert.starts_at for alert in alerts))
    if tuple(group_by) != _BY_ALL and not set(rules.apart) <= set(group_by):
        return held
    shared = {name: group.labels.get(name) or _shared(alerts, name) for name in rules.keys}
    return replace(
        held,
        service=service,
        shares=_digest(shared) if shared and all(shared.values()) else "",
        apart=_digest({name: group.labels.get(name, "") for name in rules.apart}) if rules.apart else "",
    )


def declared(incident: Incident, catalogue: Container[str], rules: Correlation) -> HeldGroup | None:
    """What alert groups are compared with, for an incident that a person declared; None: with nothing.

    Where it does not say what is to be kept apart, no alerts can be known to be of it.
    """
    if not incident.declared_by:
        return None
    says = {**incident.fields, "service": incident.service, "team": incident.team}
    shared = {name: says.get(name, "") for name in rules.keys}
    apart = {name: says.get(name, "") for name in rules.apart}
    service = incident.service if incident.service in catalogue and rules.hops is not None else ""
    shares = _digest(shared) if shared and all(shared.values()) else ""
    if not all(apart.values()) or not (service or shares):
        return None
    return HeldGroup(
        key=f"{_DECLARED}{incident.id}", began_at=incident.opened_at, incident=incident.id, service=service,
        shares=shares, apart=_digest(apart) if apart else "",
    )  # fmt: skip


def among(newcomer: HeldGroup, near: Sequence[HeldGroup], related: Mapping[str, Chain], rules: Correlation) -> Place:
    """The place of a group without an incident of its own.

    `near` are groups of open incidents, those that began first, `related` the services that the newcomer's service has
    to do with. Labels say more than services do, and a service that is near says more than one that is far.
    """
    kin = [one for one in near if _could_meet(newcomer, one, rules)]
    alike = [one for one in kin if newcomer.shares and one.shares == newcomer.shares]
    linked = sorted((one for one in kin if one.service in related), key=lambda one: len(related[one.service]))
    if not alike and not linked:
        return Place(kinship=Kinship.NEW)
    nearest = (alike or linked)[0]
    reason = f"{' and '.join(rules.keys)} are the same" if alike else _said(related[nearest.service])
    lag = _length(abs(newcomer.began_at - nearest.began_at))
    what = f"group {nearest.key}"
    if nearest.key.startswith(_DECLARED):
        what = f"when {nearest.key.removeprefix(_DECLARED)} was declared"
    why = f"{reason}, and it began {lag} from {what}"
    return Place(kinship=Kinship.JOINS, incident=nearest.incident, why=why)


def by_distance(related: Mapping[str, Chain]) -> Sequence[tuple[str, ...]]:
    """The names of these services: first those with the shortest chain, then the next ones."""
    lengths = sorted({len(chain) for chain in related.values()})
    return [tuple(sorted(name for name in related if len(related[name]) == length)) for length in lengths]


def open_for(
    group: AlertGroup, alerts: Sequence[Alert], service: Service, incident: IncidentId, now: datetime
) -> Incident:
    """The incident this group of firing alerts of a service becomes."""
    fingerprints = tuple(alert.fingerprint for alert in alerts)
    return Incident(
        id=incident,
        title=title_of(group, alerts),
        severity=severity.of_alerts(alerts),
        status=IncidentStatus.TRIGGERED,
        opened_at=now,
        signal=SignalState.FIRING,
        group_key=group.key,
        receiver=group.receiver,
        service=service.name,
        team=service.owner,
        alerts=fingerprints,
        firing=fingerprints,
        detected_at=min((alert.starts_at for alert in alerts), default=now),
    )


def join(incident: Incident, alerts: Sequence[Alert]) -> Incident:
    """The incident with more firing alerts; its severity rises with theirs and never falls by itself."""
    fingerprints = [alert.fingerprint for alert in alerts]
    return replace(
        incident,
        alerts=tuple(dict.fromkeys((*incident.alerts, *fingerprints))),
        firing=tuple(dict.fromkeys((*incident.firing, *fingerprints))),
        signal=SignalState.FIRING,
        severity=min(incident.severity, severity.of_alerts(alerts)) if alerts else incident.severity,
    )


def clear(incident: Incident, alerts: Sequence[Alert]) -> Incident:
    """The incident after some of its alerts are over."""
    over = {alert.fingerprint for alert in alerts}
    firing = tuple(one for one in incident.firing if one not in over)
    return replace(incident, firing=firing, signal=SignalState.FIRING if firing else SignalState.CLEAR)


def title_of(group: AlertGroup, alerts: Sequence[Alert]) -> str:
    """One line for people: the alert's own summary when there is one alert, else its name and what the group shares."""
    first = alerts[0]
    summary = one_line(first.annotations.get("summary", ""), _LONGEST_TITLE)
    if len(alerts) == 1 and summary:
        return summary
    names = sorted({alert.name for alert in alerts})
    shared = ", ".join(f"{name}={value}" for name, value in group.labels.items() if name != "alertname")
    title = " and ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
    return one_line(f"{title} ({shared})" if shared else title, _LONGEST_TITLE)


def _could_meet(newcomer: HeldGroup, other: HeldGroup, rules: Correlation) -> bool:
    return newcomer.apart == other.apart and abs(newcomer.began_at - other.began_at) <= rules.within


def _said(chain: Chain) -> str:
    first, last = chain[0], chain[-1]
    if len(chain) == 1:
        return f"both are of {first}"
    by = f" by way of {', '.join(chain[1:-1])}" if len(chain) > 2 else ""
    return f"{first} depends on {last}{by}"


def _digest(values: Mapping[str, str]) -> str:
    """A short text that no other values have: theirs may be of any length."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]


def _length(length: timedelta) -> str:
    return format_duration(timedelta(seconds=round(length.total_seconds())))


def _shared(alerts: Sequence[Alert], label: str) -> str:
    values = {alert.labels.get(label, "") for alert in alerts}
    return values.pop() if len(values) == 1 else ""
