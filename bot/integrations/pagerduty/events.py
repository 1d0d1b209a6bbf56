"""PagerDuty's Events API, version 2, as tools speak it: they are pointed at Tocsin and need not know."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.kit.posted import Part, as_text, label_name, make_alert, reading
from bot.model.alert import Alert
from bot.ports.alert_hook import Call, Heard

ENQUEUE = "/v2/enqueue"
CHANGE = "/v2/change/enqueue"
DOORS = frozenset({ENQUEUE, CHANGE})

ID = "dedup_key"
"""The label by which the sender knows an alert."""

_ACTIONS = ("trigger", "acknowledge", "resolve")
_SEVERITIES = ("critical", "warning", "error", "info")
_LONGEST_KEY = 255


def read(call: Call, name: str) -> Heard:
    """What an event says. One that PagerDuty would refuse has a `flaw`, and PagerDuty's own answer to it."""
    with reading(name, "a tool that speaks PagerDuty's Events API"):
        event = Part.of(call.body)
        if call.path == CHANGE:
            return _change(event)
        wrong = _wrong(event)
        return _refused(wrong) if wrong else _event(event, call, name)


def _event(event: Part, call: Call, name: str) -> Heard:
    action = event.text("event_action")
    key = event.text(ID) or _made_key(call)
    reply = {"status": "success", "message": "Event processed", ID: key}
    if action == "acknowledge":
        return Heard(note="acknowledge neither begins nor ends an alert", reply=reply)
    ends_at = call.received_at if action == "resolve" else None
    alert = _alert(event, key, call.received_at, ends_at, name)
    return Heard(alerts=[alert], known_by=(ID,), reply=reply)


def _alert(event: Part, key: str, received_at: datetime, ends_at: datetime | None, name: str) -> Alert:
    """The alert under this key. What changes while it goes on, such as its summary, is no label."""
    payload = event.part("payload")
    summary = payload.text("summary")
    return make_alert(
        source=name,
        labels={
            "alertname": payload.text("class") or event.text(ID) or summary,
            ID: key,
            "severity": payload.text("severity"),
            "instance": payload.text("source"),
            "component": payload.text("component"),
            "group": payload.text("group"),
            "class": payload.text("class"),
        },
        annotations={
            **_details(payload),
            "summary": summary,
            "timestamp": payload.text("timestamp"),
            "client": event.text("client"),
            "links": "\n".join(filter(None, (one.link("href") for one in event.parts("links")))),
        },
        starts_at=received_at,
        ends_at=ends_at,
        link=event.text("client_url"),
    )


def _details(payload: Part) -> Mapping[str, str]:
    """`custom_details`, which may be anything, as annotations."""
    details = payload.fields.get("custom_details")
    if isinstance(details, dict):
        return {label_name(name): _words(value) for name, value in details.items()}
    return {"details": _words(details)}


def _words(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else as_text(value, "custom_details")


def _change(event: Part) -> Heard:
    if not event.part("payload").text("summary"):
        return _refused(["'payload.summary' is missing or blank"])
    reply = {"status": "success", "message": "Change event processed"}
    return Heard(note="a change: kept, and nothing is wrong", reply=reply)


def _wrong(event: Part) -> Sequence[str]:
    """What PagerDuty would complain of, in its words."""
    action, payload = event.text("event_action"), event.part("payload")
    if action not in _ACTIONS:
        return ["'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')"]
    wrong = ["'dedup_key' is too long (maximum is 255 characters)"] if len(event.text(ID)) > _LONGEST_KEY else []
    if action != "trigger":
        return wrong if event.text(ID) else ["'dedup_key' is missing or blank"]
    wrong += [f"'payload.{name}' is missing or blank" for name in ("summary", "source") if not payload.text(name)]
    if payload.text("severity") not in _SEVERITIES:
        wrong.append(
            "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')"
        )
    return wrong


def _refused(wrong: Sequence[str]) -> Heard:
    reply = {"status": "invalid event", "message": "Event object is invalid", "errors": list(wrong)}
    return Heard(flaw="; ".join(wrong), reply=reply)


def _made_key(call: Call) -> str:
    """A key for an event without one: each is an alert of its own."""
    return hashlib.sha256(call.body + call.received_at.isoformat().encode()).hexdigest()[:32]
