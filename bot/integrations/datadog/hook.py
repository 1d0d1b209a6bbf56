"""What Datadog posts with the payload that Tocsin's README gives: one transition of one monitor, for one scope."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.kit.listening import SaysAll
from bot.kit.posted import MOST_LABELS, Part, label_name, make_alert, reading
from bot.model.alert import Alert
from bot.ports.alert_hook import Call, Heard

KNOWN_BY = ("datadog_monitor", "datadog_scope")
"""The labels by which Datadog knows an alert: a monitor, and the group of it that is wrong."""

_RECOVERED = "recovered"
_FIRES = frozenset({"triggered", "warn", "no data", "renotify"})
_SEVERITIES = {"P1": "critical", "P2": "error", "P3": "warning", "P4": "info", "P5": "info"}
_BY_TYPE = {"error": "critical", "warning": "warning", "info": "info", "success": ""}
_OWN_LABELS = 10
_WHAT_HAPPENED = re.compile(r"^\[[^\]]{1,300}\]\s*")
"""Before the monitor's own title, and another each time: `[Triggered on {host:web-1}] `."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatadogHook(SaysAll):
    """An `AlertHook`."""

    name: str

    @property
    def proof(self) -> None:
        """Datadog does not sign; it can send headers."""
        return

    def read(self, call: Call) -> Heard:
        """See `AlertHook`. That a monitor has no data is no recovery."""
        with reading(self.name, "Datadog with our payload"):
            body = Part.of(call.body)
            said = body.needed("alert_transition")
            transition = said.lower().removeprefix("re-")
            event = body.text("event_id")
            delivery = f"{event} {said}" if event else ""
            if transition != _RECOVERED and transition not in _FIRES:
                return Heard(delivery=delivery, note=f"{said[:100]} neither begins nor ends an alert")
            told = self._alert(body, call, transition)
            return Heard(alerts=[told], known_by=KNOWN_BY, delivery=delivery)

    def _alert(self, body: Part, call: Call, transition: str) -> Alert:
        at = body.moment("date_posix") or call.received_at
        title = body.text("alert_title") or "Datadog monitor"
        own = {
            "alertname": _WHAT_HAPPENED.sub("", title) or title,
            "datadog_monitor": body.needed("alert_id"),
            "datadog_scope": body.text("alert_scope") or "*",
            "instance": body.text("hostname"),
            "metric": body.text("alert_metric"),
            "priority": body.text("alert_priority"),
            "severity": _severity(body, transition),
        }
        return make_alert(
            source=self.name,
            labels={**_tags(body.text("tags")), **{name: text for name, text in own.items() if text}},
            annotations={
                "summary": title,
                "description": body.text("text_only_msg"),
                "query": body.text("alert_query"),
                "state": body.text("alert_transition"),
                "snapshot_url": body.link("snapshot"),
            },
            starts_at=at,
            ends_at=min(at, call.received_at) if transition == _RECOVERED else None,
            link=body.text("link"),
        )


def _severity(body: Part, transition: str) -> str:
    """By the monitor's priority where it has one, else by what kind of transition this is."""
    given = _SEVERITIES.get(body.text("alert_priority"))
    return given if given else "warning" if transition == "warn" else _BY_TYPE.get(body.text("alert_type"), "")


def _tags(text: str) -> dict[str, str]:
    """`env:prod,team:shop` as labels; of a name that stands twice the first counts."""
    found: dict[str, str] = {}
    for tag in text.split(","):
        name, colon, value = tag.strip().partition(":")
        if colon and name and len(found) < MOST_LABELS - _OWN_LABELS:
            found.setdefault(label_name(name), value)
    return found
