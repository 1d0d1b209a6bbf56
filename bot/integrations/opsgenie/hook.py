"""What Opsgenie's outgoing webhook posts: one action on one alert."""

from __future__ import annotations

from dataclasses import dataclass

from bot.integrations.opsgenie.people import by_whom, is_ours
from bot.kit.listening import SaysAll
from bot.kit.posted import Part, as_text, label_name, make_alert, reading
from bot.model.alert import Alert
from bot.model.mirror import Happening, TheirChange
from bot.ports.alert_hook import Call, Heard

ID = "opsgenie_id"
"""The label by which Opsgenie knows an alert; its alias may be used again."""

_FIRES = "create"
_ENDS = frozenset({"close", "delete"})
_SEVERITIES = {"P1": "critical", "P2": "error", "P3": "warning", "P4": "info", "P5": "info"}


_HAPPENINGS = {
    "create": Happening.TRIGGERED,
    "acknowledge": Happening.ACKNOWLEDGED,
    "unacknowledge": Happening.UNACKNOWLEDGED,
    "close": Happening.RESOLVED,
    "delete": Happening.RESOLVED,
    "addnote": Happening.NOTED,
    "assignownership": Happening.ASSIGNED,
    "takeownership": Happening.ASSIGNED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpsgenieHook(SaysAll):
    """An `AlertHook`. `pages`: people are paged through the account that posts here."""

    name: str
    pages: bool = False

    @property
    def proof(self) -> None:
        """Opsgenie does not sign; it can send a header."""
        return

    def read(self, call: Call) -> Heard:
        """See `AlertHook`. Whatever is neither the beginning nor the end of an alert is noted alone.

        Where we page through this account its alerts are followed and never taken as alerts of ours.
        """
        with reading(self.name, "Opsgenie"):
            body = Part.of(call.body)
            action, alert = body.needed("action"), body.part("alert")
            delivery = f"{alert.text('alertId')} {action} {updated}" if (updated := alert.text("updatedAt")) else ""
            kind = action.lower()
            change = _change(kind, alert, call)
            changes = [change] if change is not None else []
            if self.pages:
                note = "of alerts of this account only those that Tocsin paged somebody for are followed"
                return Heard(changes=changes, delivery=delivery, note=note)
            if kind != _FIRES and kind not in _ENDS:
                note = f"{action[:100]} neither begins nor ends an alert"
                return Heard(changes=changes, delivery=delivery, note=note)
            told = self._alert(body, alert, call, over=kind in _ENDS)
            return Heard(alerts=[told], changes=changes, known_by=(ID,), once=True, delivery=delivery)

    def _alert(self, body: Part, alert: Part, call: Call, *, over: bool) -> Alert:
        """Times are in whatever unit they come: `createdAt` in milliseconds, `updatedAt` in nanoseconds."""
        priority, message = alert.text("priority"), alert.text("message") or "Opsgenie alert"
        details = alert.part("details").fields
        return make_alert(
            source=self.name,
            labels={
                "alertname": message,
                ID: alert.needed("alertId"),
                "alias": alert.text("alias"),
                "entity": alert.text("entity"),
                "priority": priority,
                "severity": _SEVERITIES.get(priority, ""),
            },
            annotations={
                **{label_name(name): as_text(value, f"alert.details.{name}") for name, value in details.items()},
                "summary": message,
                "description": alert.text("description"),
                "tags": ", ".join(as_text(one, "alert.tags") for one in alert.listed("tags")),
                "origin": alert.text("source") or body.part("source").text("name"),
            },
            starts_at=alert.moment("createdAt") or call.received_at,
            ends_at=min(alert.moment("updatedAt") or call.received_at, call.received_at) if over else None,
        )


def _change(kind: str, alert: Part, call: Call) -> TheirChange | None:
    what, text = _HAPPENINGS.get(kind), alert.text("note")
    refs = tuple(filter(None, (alert.text("alertId"), alert.text("alias"))))
    if what is None or not refs or (what is Happening.NOTED and is_ours(text)):
        return None
    by, who = by_whom(alert.text("username"))
    owner = alert.text("owner") or alert.text("username")
    return TheirChange(
        what=what,
        refs=refs,
        at=min(alert.moment("updatedAt") or call.received_at, call.received_at),
        by=by,
        who=who,
        to=((owner,),) if what is Happening.ASSIGNED and owner else (),
        text=text,
    )
