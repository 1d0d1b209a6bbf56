"""PagerDuty's webhooks, version 3: one event each, of incidents and of much else."""

from __future__ import annotations

from bot.integrations.pagerduty.people import by_whom, for_whom, is_ours
from bot.kit.posted import Part, make_alert, reading
from bot.model.alert import Alert
from bot.model.mirror import Happening, TheirChange
from bot.ports.alert_hook import Call, Heard

ID = "pagerduty_id"
"""The label by which PagerDuty knows an incident."""

_AGAIN = "incident.reopened"
_FIRES = frozenset({"incident.triggered", _AGAIN, "incident.unacknowledged"})
_ENDS = "incident.resolved"
_SEVERITIES = {"high": "critical", "low": "warning"}
_HAPPENINGS = {
    "incident.triggered": Happening.TRIGGERED,
    "incident.acknowledged": Happening.ACKNOWLEDGED,
    "incident.unacknowledged": Happening.UNACKNOWLEDGED,
    "incident.resolved": Happening.RESOLVED,
    _AGAIN: Happening.REOPENED,
    "incident.reassigned": Happening.ASSIGNED,
    "incident.delegated": Happening.ASSIGNED,
    "incident.escalated": Happening.ASSIGNED,
    "incident.annotated": Happening.NOTED,
}


def read(call: Call, name: str, *, pages: bool) -> Heard:
    """What an event says of an incident.

    Where we page through this service (`pages`) its incidents are followed and never taken as alerts: an incident about
    an incident would page for itself.
    """
    with reading(name, "PagerDuty"):
        event = Part.of(call.body).part("event")
        kind, delivery = event.needed("event_type"), event.text("id")
        change = _change(event, kind, call)
        changes = [change] if change is not None else []
        if pages:
            note = "of incidents of this service only those that Tocsin paged somebody for are followed"
            return Heard(changes=changes, delivery=delivery, note=note)
        if kind not in _FIRES and kind != _ENDS:
            return Heard(changes=changes, delivery=delivery, note=f"{kind[:100]} neither begins nor ends an alert")
        alert = _alert(event, kind, call, name)
        once = kind != _AGAIN  # whoever says that it begins anew is believed, whatever our clocks say
        return Heard(alerts=[alert], changes=changes, known_by=(ID,), once=once, delivery=delivery)


def _change(event: Part, kind: str, call: Call) -> TheirChange | None:
    what, data = _HAPPENINGS.get(kind), event.part("data")
    if what is None:
        return None
    noted = what is Happening.NOTED
    text = data.text("content") if noted else data.text("resolve_reason")
    if noted and is_ours(text):
        return None
    by, who = by_whom(event.part("agent"))
    incident = data.part("incident") if noted else data
    id_there = incident.text("id")
    if not id_there:
        return None
    return TheirChange(
        what=what,
        refs=tuple(filter(None, (id_there, incident.text("incident_key")))),
        at=min(event.moment("occurred_at") or call.received_at, call.received_at),
        by=by,
        who=who,
        to=for_whom(data.parts("assignees")) if what is Happening.ASSIGNED else (),
        text=text,
    )


def _alert(event: Part, kind: str, call: Call, name: str) -> Alert:
    incident = event.part("data")
    occurred_at = event.moment("occurred_at") or call.received_at
    began_at = incident.moment("created_at") if kind != _AGAIN else None
    title, urgency = incident.text("title") or "PagerDuty incident", incident.text("urgency")
    return make_alert(
        source=name,
        labels={
            "alertname": title,
            ID: incident.needed("id"),
            "service": incident.part("service").text("summary"),
            "priority": incident.part("priority").text("summary"),
            "urgency": urgency,
            "severity": _SEVERITIES.get(urgency, ""),
        },
        annotations={
            "summary": title,
            "incident_key": incident.text("incident_key"),
            "assigned_to": ", ".join(filter(None, (one.text("summary") for one in incident.parts("assignees")))),
            "escalation_policy": incident.part("escalation_policy").text("summary"),
        },
        starts_at=began_at or occurred_at,
        ends_at=min(occurred_at, call.received_at) if kind == _ENDS else None,
        link=incident.text("html_url"),
    )
