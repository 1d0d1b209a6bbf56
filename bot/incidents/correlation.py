"""Which open incident an alert group belongs to, if any, and what a new one would be called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.incidents import severity
from bot.model.alert import Alert, AlertGroup
from bot.model.ids import IncidentId
from bot.model.incident import Incident, IncidentStatus, SignalState


def open_for(group: AlertGroup, alerts: Sequence[Alert], incident: IncidentId, now: datetime) -> Incident:
    """The incident this group of firing alerts becomes."""
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
        service=_shared(alerts, "service") or _shared(alerts, "job"),
        alerts=fingerprints,
        firing=fingerprints,
    )


def join(incident: Incident, alert: Alert) -> Incident:
    """The incident with one more firing alert; its severity rises with the alert's and never falls by itself."""
    known = incident.alerts if alert.fingerprint in incident.alerts else (*incident.alerts, alert.fingerprint)
    firing = incident.firing if alert.fingerprint in incident.firing else (*incident.firing, alert.fingerprint)
    return replace(
        incident,
        alerts=known,
        firing=firing,
        signal=SignalState.FIRING,
        severity=min(incident.severity, severity.of_alert(alert)),
    )


def clear(incident: Incident, alert: Alert) -> Incident:
    """The incident after one of its alerts is over."""
    firing = tuple(one for one in incident.firing if one != alert.fingerprint)
    return replace(incident, firing=firing, signal=SignalState.FIRING if firing else SignalState.CLEAR)


def title_of(group: AlertGroup, alerts: Sequence[Alert]) -> str:
    """One line for people: the alert's own summary when there is one alert, else its name and what the group shares."""
    first = alerts[0]
    summary = first.annotations.get("summary", "").strip()
    if len(alerts) == 1 and summary:
        return summary
    names = sorted({alert.name for alert in alerts})
    shared = ", ".join(f"{name}={value}" for name, value in group.labels.items() if name != "alertname")
    title = " and ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
    return f"{title} ({shared})" if shared else title


def _shared(alerts: Sequence[Alert], label: str) -> str:
    values = {alert.labels.get(label, "") for alert in alerts}
    return values.pop() if len(values) == 1 else ""
