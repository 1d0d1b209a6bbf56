"""What a Sentry integration posts: alerts on issues, alerts on metrics, and issues themselves."""

from __future__ import annotations

from dataclasses import dataclass

from bot.kit.listening import SaysAll
from bot.kit.posted import Part, make_alert, reading
from bot.kit.signatures import Signature, Signed
from bot.model.alert import Alert
from bot.ports.alert_hook import Call, Heard

SIGNED = Signed(header="sentry-hook-signature")
"""How Sentry signs. Its timestamp is not signed, so it says nothing."""
ISSUE, INCIDENT = "sentry_issue", "sentry_alert"
"""The labels by which Sentry knows an issue, and an alert on a metric."""

_RESOURCE = "sentry-hook-resource"
_ID = "request-id"
_LEVELS = {"fatal": "critical", "error": "error", "warning": "warning", "info": "info", "debug": "info"}
_ISSUE_FIRES = frozenset({"created", "unresolved"})
_ISSUE_ENDS = frozenset({"resolved", "ignored", "archived"})
_METRIC_FIRES = frozenset({"critical", "warning"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SentryHook(SaysAll):
    """An `AlertHook`."""

    name: str
    proof: Signature

    def read(self, call: Call) -> Heard:
        """See `AlertHook`. What kind of body it is, its header says."""
        readers = {"event_alert": self._event_alert, "metric_alert": self._metric_alert, "issue": self._issue}
        resource = call.header(_RESOURCE)
        with reading(self.name, "a Sentry integration"):
            body = Part.of(call.body)
            reader = readers.get(resource)
            if reader is None:
                return Heard(delivery=call.header(_ID), note=f"{resource[:100] or 'this'} says nothing of alerts")
            return reader(body, call)

    def _event_alert(self, body: Part, call: Call) -> Heard:
        data = body.part("data")
        event = data.part("event")
        rule = data.text("triggered_rule") or data.part("issue_alert").text("title") or "Sentry alert"
        title = event.text("title")
        alert = make_alert(
            source=self.name,
            labels={
                "alertname": rule,
                ISSUE: event.needed("issue_id"),
                "project": event.text("project"),
                "environment": _tag(event, "environment"),
                "severity": _LEVELS.get(event.text("level"), ""),
            },
            annotations={
                "summary": title,
                "culprit": event.text("culprit"),
                "release": event.text("release"),
                "platform": event.text("platform"),
            },
            starts_at=event.moment("datetime") or call.received_at,
            link=event.text("web_url"),
        )
        delivery = f"{event.needed('event_id')} {rule}"  # signed, as the id in the header is not
        return Heard(alerts=[alert], known_by=(ISSUE, "alertname"), delivery=delivery)

    def _metric_alert(self, body: Part, call: Call) -> Heard:
        action, data = body.needed("action"), body.part("data")
        if action != "resolved" and action not in _METRIC_FIRES:
            return Heard(delivery=call.header(_ID), note=f"{action[:100]} neither begins nor ends an alert")
        metric = data.part("metric_alert")
        rule = metric.part("alert_rule")
        ends_at = min(metric.moment("date_closed") or call.received_at, call.received_at)
        alert = make_alert(
            source=self.name,
            labels={
                "alertname": rule.text("name") or metric.text("title") or "Sentry metric alert",
                INCIDENT: metric.needed("id"),
                "severity": action if action in _METRIC_FIRES else "",
            },
            annotations={
                "summary": data.text("description_title"),
                "description": data.text("description_text"),
                "query": rule.text("aggregate"),
            },
            starts_at=metric.moment("date_started") or call.received_at,
            ends_at=ends_at if action == "resolved" else None,
            link=data.text("web_url"),
        )
        return Heard(alerts=[alert], known_by=(INCIDENT,), delivery=call.header(_ID))

    def _issue(self, body: Part, call: Call) -> Heard:
        action, issue = body.needed("action"), body.part("data").part("issue")
        if action not in _ISSUE_FIRES | _ISSUE_ENDS:
            return Heard(delivery=call.header(_ID), note=f"{action[:100]} neither begins nor ends an alert")
        is_over = action in _ISSUE_ENDS
        known_by = (ISSUE,) if is_over else (ISSUE, "alertname")  # its end is that of every alert on it
        return Heard(
            alerts=[self._of_issue(issue, call, is_over=is_over)], known_by=known_by, delivery=call.header(_ID)
        )

    def _of_issue(self, issue: Part, call: Call, *, is_over: bool) -> Alert:
        return make_alert(
            source=self.name,
            labels={
                "alertname": "Sentry issue",
                ISSUE: issue.needed("id"),
                "project": issue.part("project").text("slug"),
                "severity": _LEVELS.get(issue.text("level"), ""),
            },
            annotations={"summary": issue.text("title"), "culprit": issue.text("culprit")},
            starts_at=call.received_at,
            ends_at=call.received_at if is_over else None,
            link=issue.text("web_url") or issue.text("permalink"),
        )


def _tag(event: Part, name: str) -> str:
    """One of an event's tags, which are pairs in a list."""
    tags = event.listed("tags")
    found = [pair[1] for pair in tags if isinstance(pair, list) and len(pair) == 2 and pair[0] == name]
    return found[0] if found and isinstance(found[0], str) else ""
