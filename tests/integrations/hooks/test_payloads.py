"""What payloads become, field by field."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.alerts import hearing
from bot.alerts.known_by import KnownBy
from bot.alerts.table import AlertTable
from bot.alerts.wire import Received
from bot.errors import Permanent
from bot.integrations.alertmanager.hook import AlertmanagerHook
from bot.integrations.datadog.hook import DatadogHook
from bot.integrations.grafana.config import GrafanaConfig
from bot.integrations.grafana.hook import GrafanaHook
from bot.integrations.opsgenie.hook import OpsgenieHook
from bot.integrations.pagerduty.hook import PagerDutyHook
from bot.integrations.sentry.hook import SIGNED, SentryHook
from bot.kit.json_mapping import JsonMapping
from bot.kit.signatures import Signature
from bot.ports.alert_hook import AlertHook, Call, Heard
from tests.integrations.hooks import payloads
from tests.integrations.hooks.conftest import AT, BOTH, heard

FIVE = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
MAPPING = JsonMapping(labels={"alertname": "name", "host": "host"}, status="state", severity="level")

alertmanager = AlertmanagerHook(name="am")
grafana = GrafanaHook(name="grafana", config=GrafanaConfig())
pager = PagerDutyHook.of(BOTH, BOTH, "pager")
opsgenie = OpsgenieHook(name="opsgenie")
datadog = DatadogHook(name="datadog")
sentry = SentryHook(name="sentry", proof=Signature(signed=SIGNED, secrets=[b"secret"]))


def of_sentry(resource: str, body: bytes) -> Heard:
    return heard(sentry, body, headers=(("sentry-hook-resource", resource), ("request-id", "4a1")))


class TestAlertmanager:
    def test_one_that_fires(self) -> None:
        (alert,) = heard(alertmanager, payloads.alertmanager()).alerts
        assert dict(alert.labels) == {"alertname": "PoolEmpty", "severity": "critical", "instance": "db-1:9187"}
        assert alert.annotations == {"summary": "No connection is left"}
        assert (alert.starts_at, alert.ends_at) == (FIVE.replace(microsecond=123456), None)
        assert (alert.generator_url, alert.source) == ("http://prometheus.example.net/graph?g0.expr=up", "am")

    def test_one_that_is_over(self) -> None:
        over = payloads.alertmanager_alert(status="resolved", endsAt="2026-03-04T05:05:00Z")
        (alert,) = heard(alertmanager, payloads.alertmanager(status="resolved", alerts=[over])).alerts
        assert alert.ends_at == FIVE + timedelta(minutes=5)

    def test_an_end_that_is_not_there_or_still_to_come_is_now(self) -> None:
        for end in ("0001-01-01T00:00:00Z", "2026-03-04T09:00:00Z", None, ""):
            over = payloads.alertmanager_alert(status="resolved", endsAt=end)
            assert heard(alertmanager, payloads.alertmanager(alerts=[over])).alerts[0].ends_at == AT

    def test_the_end_of_one_that_fires_is_none_unless_it_has_to_be_posted_again(self) -> None:
        body = payloads.alertmanager(alerts=[payloads.alertmanager_alert(endsAt="2026-03-04T05:07:00Z")])
        lasting = AlertmanagerHook(name="am", lasts=timedelta(hours=5))
        assert heard(alertmanager, body).alerts[0].ends_at is None
        assert heard(lasting, body).alerts[0].ends_at == AT + timedelta(hours=5)

    def test_what_was_cut_off_is_said(self) -> None:
        said = heard(alertmanager, payloads.alertmanager(truncatedAlerts=3))
        assert "left out 3 alerts" in said.note
        assert len(said.alerts) == 1

    def test_the_same_alert_is_the_same_however_it_is_told(self) -> None:
        later = payloads.alertmanager_alert(status="resolved", annotations={}, generatorURL="", fingerprint="other")
        first, second = (
            heard(alertmanager, payloads.alertmanager(alerts=[one])).alerts[0].fingerprint
            for one in (payloads.alertmanager_alert(), later)
        )
        assert first == second

    def test_a_payload_of_its_own_is_mapped_or_kept_for_people(self) -> None:
        own = b'{"name": "PoolEmpty", "host": "db-1", "state": "resolved", "level": "PAGE"}'
        with pytest.raises(Permanent, match="`mapping`"):
            heard(alertmanager, own)
        (alert,) = heard(AlertmanagerHook(name="am", mapping=MAPPING), own).alerts
        assert dict(alert.labels) == {"alertname": "PoolEmpty", "host": "db-1", "severity": "page"}
        assert alert.ends_at == AT


class TestGrafana:
    def test_its_values_and_links(self) -> None:
        (alert,) = heard(grafana, payloads.grafana()).alerts
        assert dict(alert.labels) == {"alertname": "Hot", "grafana_folder": "shop", "room": "cellar"}
        assert alert.annotations == {
            "summary": "It is hot",
            "values": "B=42.5",
            "dashboard_url": "https://grafana.example.net/d/abc?orgId=1",
            "panel_url": "https://grafana.example.net/d/abc?orgId=1&viewPanel=2",
            "silence_url": "https://grafana.example.net/alerting/silence/new",
        }
        assert (alert.value, alert.starts_at, alert.ends_at) == (42.5, FIVE, None)

    def test_several_values_or_none(self) -> None:
        for values, value, told in ((None, None, None), ({"B": 22, "A": 1.5}, None, "A=1.5, B=22"), ({}, None, None)):
            body = payloads.grafana(alerts=[payloads.grafana_alert(values=values)])
            (alert,) = heard(grafana, body).alerts
            assert (alert.value, alert.annotations.get("values")) == (value, told)

    def test_a_link_that_leads_elsewhere_is_none(self) -> None:
        body = payloads.grafana(alerts=[payloads.grafana_alert(panelURL="javascript:alert(1)", generatorURL="data:x")])
        (alert,) = heard(grafana, body).alerts
        assert "panel_url" not in alert.annotations
        assert alert.generator_url == ""

    def test_a_custom_payload_is_mapped(self) -> None:
        own = b'{"name": "Hot", "host": "a"}'
        with pytest.raises(Permanent, match="`mapping`"):
            heard(grafana, own)
        mapped = GrafanaHook(name="grafana", config=GrafanaConfig(mapping=MAPPING))
        assert heard(mapped, own).alerts[0].name == "Hot"


class TestPagerDuty:
    def test_an_incident(self) -> None:
        said = heard(pager, payloads.pagerduty())
        (alert,) = said.alerts
        assert dict(alert.labels) == {
            "alertname": "A little bump in the road",
            "pagerduty_id": "PGR0VU2",
            "service": "Shop",
            "priority": "P1",
            "urgency": "high",
            "severity": "critical",
        }
        assert alert.annotations["assigned_to"] == "Ann"
        assert alert.generator_url == "https://acme.pagerduty.com/incidents/PGR0VU2"
        assert (alert.starts_at, alert.ends_at) == (FIVE + timedelta(minutes=4, seconds=50), None)
        assert (said.known_by, said.delivery) == (("pagerduty_id",), "01CO9K6DPE7N2XSTLJX7BQLY3I")

    @pytest.mark.parametrize("kind", ["incident.triggered", "incident.reopened", "incident.unacknowledged"])
    def test_what_fires(self, kind: str) -> None:
        (alert,) = heard(pager, payloads.pagerduty(event_type=kind)).alerts
        assert alert.ends_at is None

    async def test_one_whose_keys_nobody_tells_in_time_is_answered_all_the_same(self) -> None:
        async def never(_: str) -> Sequence[str]:
            await asyncio.Event().wait()
            return ()

        asked = replace(pager, keys_of=never, within_s=0.01)
        body = payloads.pagerduty(event_type="incident.acknowledged", data={"incident_key": None})
        said = heard(asked, body)
        (change,) = said.changes
        assert len(change.refs) == 1
        async with asyncio.timeout(20):
            assert await asked.complete(Call(body=body, received_at=AT), said) == said

    def test_one_that_is_opened_again_begins_then(self) -> None:
        (alert,) = heard(pager, payloads.pagerduty(event_type="incident.reopened")).alerts
        assert alert.starts_at == FIVE + timedelta(minutes=5, milliseconds=123)

    def test_one_that_is_resolved(self) -> None:
        (alert,) = heard(pager, payloads.pagerduty(event_type="incident.resolved")).alerts
        assert alert.ends_at == FIVE + timedelta(minutes=5, milliseconds=123)

    @pytest.mark.parametrize(
        "kind", ["incident.acknowledged", "incident.annotated", "service.updated", "pagey.ping", "incident.new_in_2030"]
    )
    def test_all_else_is_noted(self, kind: str) -> None:
        said = heard(pager, payloads.pagerduty(event_type=kind, data={"id": None}))
        assert (said.alerts, said.note) == ((), f"{kind} neither begins nor ends an alert")

    def test_an_incident_with_little_in_it(self) -> None:
        body = json.dumps({"event": {"event_type": "incident.triggered", "data": {"id": "P1"}}}).encode()
        (alert,) = heard(pager, body).alerts
        assert dict(alert.labels) == {"alertname": "PagerDuty incident", "pagerduty_id": "P1"}
        assert alert.starts_at == AT


class TestEventsApi:
    def read(self, path: str = "/v2/enqueue", **values: Any) -> Heard:
        return heard(pager, payloads.event(**values), path=path)

    def test_a_trigger(self) -> None:
        said = self.read()
        (alert,) = said.alerts
        assert dict(alert.labels) == {
            "alertname": "latency",
            "dedup_key": "srv01/HTTP",
            "severity": "warning",
            "instance": "srv01",
            "component": "nginx",
            "group": "shop",
            "class": "latency",
        }
        assert alert.annotations == {
            "summary": "HTTP on srv01 is slow: 9.4 s",
            "timestamp": "2026-03-04T05:05:00Z",
            "client": "Sample Monitoring Service",
            "links": "https://example.net/1",
            "ping_time": "1500ms",
            "load_avg": "0.75",
            "nested": '{"a": [1]}',
        }
        assert (alert.starts_at, alert.ends_at) == (AT, None)
        assert said.reply == {"status": "success", "message": "Event processed", "dedup_key": "srv01/HTTP"}
        assert "secret" not in str(said.alerts)

    def test_what_it_is_called(self) -> None:
        named = self.read(payload={"class": None}).alerts[0].name
        nameless = self.read(payload={"class": None}, dedup_key=None).alerts[0].name
        assert (named, nameless) == ("srv01/HTTP", "HTTP on srv01 is slow: 9.4 s")

    def test_a_resolve_needs_no_payload(self) -> None:
        (alert,) = self.read(event_action="resolve", payload={"summary": None, "source": None}).alerts
        assert (alert.labels["dedup_key"], alert.ends_at) == ("srv01/HTTP", AT)

    def test_an_acknowledgement_is_noted(self) -> None:
        said = self.read(event_action="acknowledge")
        assert (said.alerts, said.reply["status"]) == ((), "success")

    def test_a_key_is_made_where_there_is_none(self) -> None:
        first, again = self.read(dedup_key=None), self.read(dedup_key=None)
        later = heard(pager, payloads.event(dedup_key=None), path="/v2/enqueue", at=AT + timedelta(seconds=1))
        keys = [said.reply["dedup_key"] for said in (first, again, later)]
        assert keys[0] == keys[1] != keys[2]
        assert first.alerts[0].labels["dedup_key"] == keys[0]
        assert len(str(keys[0])) == 32

    @pytest.mark.parametrize(
        ("values", "error"),
        [
            ({"event_action": "page"}, "'event_action' is invalid"),
            ({"event_action": None}, "'event_action' is invalid"),
            ({"payload": {"summary": ""}}, "'payload.summary' is missing or blank"),
            ({"payload": {"source": None}}, "'payload.source' is missing or blank"),
            ({"payload": {"severity": "page"}}, "'payload.severity' is invalid"),
            ({"event_action": "resolve", "dedup_key": None}, "'dedup_key' is missing or blank"),
            ({"dedup_key": "x" * 256}, "'dedup_key' is too long"),
        ],
    )
    def test_what_pagerduty_would_refuse(self, values: dict[str, Any], error: str) -> None:
        said = self.read(**values)
        assert said.alerts == ()
        assert (said.reply["status"], said.reply["message"]) == ("invalid event", "Event object is invalid")
        assert error in str(said.reply["errors"])
        assert error in said.flaw

    def test_a_change(self) -> None:
        said = self.read("/v2/change/enqueue", event_action=None)
        assert (said.alerts, said.reply) == ((), {"status": "success", "message": "Change event processed"})
        assert self.read("/v2/change/enqueue", payload={"summary": ""}).flaw


class TestOpsgenie:
    def test_a_new_alert(self) -> None:
        said = heard(opsgenie, payloads.opsgenie())
        (alert,) = said.alerts
        assert dict(alert.labels) == {
            "alertname": "CPU is high",
            "opsgenie_id": "052652ac-5d1c-464a-812a-7dd18bbfba8c",
            "alias": "cpu-web-1",
            "entity": "web-1",
            "priority": "P1",
            "severity": "critical",
        }
        assert alert.annotations == {
            "summary": "CPU is high",
            "description": "for five minutes",
            "tags": "shop, cpu",
            "origin": "Zabbix",
            "load_avg": "9.4",
            "Region": "eu",
        }
        assert (alert.starts_at, alert.ends_at) == (FIVE, None)
        assert said.delivery == "052652ac-5d1c-464a-812a-7dd18bbfba8c Create 1772600400000000000"

    @pytest.mark.parametrize("action", ["Close", "Delete"])
    @pytest.mark.parametrize("updated", [1772600460000000000, 1772600460000, 1772600460, "1772600460000000000"])
    def test_one_that_is_over_in_whatever_unit_its_time_is(self, action: str, updated: object) -> None:
        body = payloads.opsgenie(action=action, alert={"updatedAt": updated, "details": None, "description": None})
        (alert,) = heard(opsgenie, body).alerts
        assert alert.ends_at == FIVE + timedelta(minutes=1)

    @pytest.mark.parametrize("action", ["Acknowledge", "UnAcknowledge", "AddNote", "Snooze", "My own action"])
    def test_all_else_is_noted(self, action: str) -> None:
        assert heard(opsgenie, payloads.opsgenie(action=action)).alerts == ()


class TestDatadog:
    def test_a_monitor_that_is_triggered(self) -> None:
        said = heard(datadog, payloads.datadog())
        (alert,) = said.alerts
        assert dict(alert.labels) == {
            "alertname": "Disk is full",
            "datadog_monitor": "1234567",
            "datadog_scope": "host:web-1",
            "instance": "web-1",
            "metric": "system.disk.in_use",
            "priority": "P2",
            "severity": "error",
            "env": "prod",
            "host": "web-1",
            "team": "shop",
        }
        assert alert.annotations["summary"] == "[Triggered on {host:web-1}] Disk is full"
        assert alert.annotations["description"] == "Disk is full on web-1"
        assert (alert.starts_at, alert.ends_at) == (FIVE, None)
        assert (said.delivery, said.known_by) == (
            "6543210987654321 Triggered",
            ("datadog_monitor", "datadog_scope"),
        )

    @pytest.mark.parametrize("transition", ["Re-Triggered", "Warn", "Re-Warn", "No Data", "Re-No Data", "Renotify"])
    def test_what_fires(self, transition: str) -> None:
        (alert,) = heard(datadog, payloads.datadog(ALERT_TRANSITION=transition)).alerts
        assert alert.ends_at is None

    def test_what_is_over(self) -> None:
        body = payloads.datadog(ALERT_TRANSITION="Recovered", ALERT_TYPE="success", DATE_POSIX="1772600460")
        assert heard(datadog, body).alerts[0].ends_at == FIVE + timedelta(minutes=1)

    def test_how_grave_it_is_without_a_priority(self) -> None:
        for transition, kind, severity in (
            ("Triggered", "error", "critical"),
            ("Warn", "warning", "warning"),
            ("Triggered", "unheard of", None),
        ):
            body = payloads.datadog(ALERT_TRANSITION=transition, ALERT_TYPE=kind, ALERT_PRIORITY="")
            assert heard(datadog, body).alerts[0].labels.get("severity") == severity

    def test_all_else_is_noted(self) -> None:
        assert heard(datadog, payloads.datadog(ALERT_TRANSITION="Muted")).alerts == ()

    def test_many_tags_leave_room_for_what_counts(self) -> None:
        tags = ",".join(f"tag{number}:x" for number in range(500))
        (alert,) = heard(datadog, payloads.datadog(TAGS=tags)).alerts
        assert alert.labels["severity"] == "error"


class TestSentry:
    def test_an_alert_on_an_issue(self) -> None:
        said = of_sentry("event_alert", payloads.sentry_event())
        (alert,) = said.alerts
        assert dict(alert.labels) == {
            "alertname": "Very Important Alert Rule!",
            "sentry_issue": "1170820242",
            "project": "1",
            "environment": "production",
            "severity": "error",
        }
        assert alert.annotations["summary"] == "ReferenceError: heck is not defined"
        assert (alert.starts_at, said.delivery) == (
            FIVE,
            "e4874d664c3540c1a32eab185f12c5ab Very Important Alert Rule!",
        )

    def test_an_alert_on_a_metric(self) -> None:
        for action in ("critical", "warning"):
            said = of_sentry("metric_alert", payloads.sentry_metric(action=action))
            (alert,) = said.alerts
            assert dict(alert.labels) == {
                "alertname": "Too many errors",
                "sentry_alert": "5",
                "severity": action,
            }
            assert (alert.starts_at, alert.ends_at) == (FIVE, None)
        body = payloads.sentry_metric(action="resolved", date_closed="2026-03-04T05:05:00Z")
        said = of_sentry("metric_alert", body)
        assert said.alerts[0].ends_at == FIVE + timedelta(minutes=5)
        assert (said.known_by, said.delivery) == (("sentry_alert",), "4a1")

    def test_an_issue_and_its_end(self) -> None:
        begins = of_sentry("issue", payloads.sentry_issue())
        ends = of_sentry("issue", payloads.sentry_issue(action="resolved"))
        assert dict(begins.alerts[0].labels) == {
            "alertname": "Sentry issue",
            "sentry_issue": "1170820242",
            "project": "shop",
            "severity": "error",
        }
        assert (begins.alerts[0].ends_at, ends.alerts[0].ends_at) == (None, AT)
        assert (begins.known_by, ends.known_by) == (("sentry_issue", "alertname"), ("sentry_issue",))

    @pytest.mark.parametrize("resource", ["installation", "error", "comment", "seer", ""])
    def test_all_else_is_noted(self, resource: str) -> None:
        assert of_sentry(resource, b'{"action": "created"}').alerts == ()
        assert of_sentry("issue", payloads.sentry_issue(action="assigned")).alerts == ()


@pytest.mark.parametrize("hook", [alertmanager, grafana, pager, opsgenie, datadog], ids=lambda hook: str(hook.name))
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"1",
        b'"x"',
        b"{}",
        b"{",
        b"\xff\xfe",
        b"[" * 5000,
        b'{"a": 1, "a": 2}',
        b'{"a": "\\ud800"}',
    ],
)
def test_what_is_not_the_vendors_is_said_to_be_so(hook: AlertHook, body: bytes) -> None:
    with pytest.raises(Permanent) as caught:
        heard(hook, body)
    assert (caught.value.reason, bool(caught.value.hint)) == ("client", True)


def test_an_alert_within_limits() -> None:
    """What is too long is cut, and what are too many is kept for people."""
    long = payloads.alertmanager_alert(labels={"alertname": "x" * 10_000})
    assert len(heard(alertmanager, payloads.alertmanager(alerts=[long])).alerts[0].name) == 4096
    for labels in ({f"l{n}": "x" for n in range(65)}, {}, {"x" * 129: "y"}, {"a": ["b"]}, {"a": {}}, {"": "a"}):
        with pytest.raises(Permanent):
            heard(alertmanager, payloads.alertmanager(alerts=[payloads.alertmanager_alert(labels=labels)]))


@pytest.mark.parametrize(
    ("hook", "begins", "ends", "again"),
    [
        (
            pager,
            payloads.pagerduty(),
            payloads.pagerduty(event_type="incident.resolved"),
            payloads.pagerduty(event_type="incident.reopened", occurred_at="2026-03-04T05:04:30Z"),  # clocks differ
        ),
        (
            opsgenie,
            payloads.opsgenie(),
            payloads.opsgenie(action="Close", alert={"updatedAt": 1772600401000000000}),
            payloads.opsgenie(alert={"alertId": "another"}),
        ),
    ],
)
def test_a_call_that_was_delivered_after_its_end_begins_nothing(
    hook: AlertHook, begins: bytes, ends: bytes, again: bytes
) -> None:
    """We were down when it came first, and it is sent again; nobody would ever end what it begins."""
    table = AlertTable(resolve_timeout=300)

    def fires(body: bytes) -> bool:
        taken = hearing.told((), heard(hook, body), KnownBy(table), AT)
        table.take([Received.of(one) for one in taken], AT.timestamp())
        return bool(table.active(AT.timestamp()))

    assert [fires(body) for body in (ends, begins, again)] == [False, False, True]
