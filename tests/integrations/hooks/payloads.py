"""What vendors post, as their documents show it; every field can be another."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any


def _bytes(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def alertmanager(**values: Any) -> bytes:
    """Alertmanager's webhook, version 4."""
    usual = {
        "version": "4",
        "groupKey": '{}:{alertname="PoolEmpty"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "tocsin",
        "groupLabels": {"alertname": "PoolEmpty"},
        "commonLabels": {"alertname": "PoolEmpty", "severity": "critical"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example.net:9093",
        "notification_reason": "first notification",
        "alerts": [alertmanager_alert()],
    }
    return _bytes(usual | values)


def alertmanager_alert(**values: Any) -> dict[str, Any]:
    """One alert of it."""
    usual = {
        "status": "firing",
        "labels": {"alertname": "PoolEmpty", "severity": "critical", "instance": "db-1:9187"},
        "annotations": {"summary": "No connection is left"},
        "startsAt": "2026-03-04T05:00:00.123456789Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example.net/graph?g0.expr=up",
        "fingerprint": "0e9ae4ae4ae4ae4a",
    }
    return usual | values


def grafana(**values: Any) -> bytes:
    """Grafana's webhook contact point."""
    usual = {
        "receiver": "tocsin",
        "status": "firing",
        "orgId": 1,
        "alerts": [grafana_alert()],
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "https://grafana.example.net/",
        "version": "1",
        "groupKey": '{}:{alertname="Hot"}',
        "truncatedAlerts": 0,
        "title": "[FIRING:1] Hot",
        "state": "alerting",
        "message": "**Firing**",
    }
    return _bytes(usual | values)


def grafana_alert(**values: Any) -> dict[str, Any]:
    """One alert of it."""
    usual = {
        "status": "firing",
        "labels": {"alertname": "Hot", "grafana_folder": "shop", "room": "cellar"},
        "annotations": {"summary": "It is hot"},
        "startsAt": "2026-03-04T06:00:00+01:00",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://grafana.example.net/alerting/grafana/abc/view?orgId=1",
        "fingerprint": "57c6d9296de2ad39",
        "silenceURL": "https://grafana.example.net/alerting/silence/new",
        "dashboardURL": "https://grafana.example.net/d/abc?orgId=1",
        "panelURL": "https://grafana.example.net/d/abc?orgId=1&viewPanel=2",
        "imageURL": "",
        "values": {"B": 42.5},
        "valueString": "[ var='B' labels={room=cellar} value=42.5 ]",
    }
    return usual | values


def pagerduty(*, data: dict[str, Any] | None = None, **values: Any) -> bytes:
    """PagerDuty's webhook, version 3."""
    usual = {
        "id": "01CO9K6DPE7N2XSTLJX7BQLY3I",
        "event_type": "incident.triggered",
        "resource_type": "incident",
        "occurred_at": "2026-03-04T05:05:00.123Z",
        "agent": {"html_url": "https://acme.pagerduty.com/users/P1", "id": "P1", "type": "user_reference"},
        "client": None,
        "data": pagerduty_incident(**(data or {})),
    }
    return _bytes({"event": usual | values})


def pagerduty_incident(**values: Any) -> dict[str, Any]:
    """The incident in it."""
    usual = {
        "id": "PGR0VU2",
        "type": "incident",
        "self": "https://api.pagerduty.com/incidents/PGR0VU2",
        "html_url": "https://acme.pagerduty.com/incidents/PGR0VU2",
        "number": 2,
        "status": "triggered",
        "incident_key": "d3640fbd41094207a1c11e58e46b1662",
        "created_at": "2026-03-04T05:04:50Z",
        "title": "A little bump in the road",
        "service": {"id": "PF9KMXH", "summary": "Shop", "type": "service_reference"},
        "assignees": [{"id": "PTUXL6G", "summary": "Ann", "type": "user_reference"}],
        "escalation_policy": {"id": "PUS0KTE", "summary": "Default", "type": "escalation_policy_reference"},
        "teams": [],
        "priority": {"id": "PSO75BM", "summary": "P1", "type": "priority_reference"},
        "urgency": "high",
        "conference_bridge": None,
        "resolve_reason": None,
    }
    return usual | values


def event(*, payload: dict[str, Any] | None = None, **values: Any) -> bytes:
    """An event of PagerDuty's Events API, version 2."""
    usual = {
        "routing_key": "current-secret-of-this-source",
        "event_action": "trigger",
        "dedup_key": "srv01/HTTP",
        "client": "Sample Monitoring Service",
        "client_url": "https://monitoring.example.net",
        "links": [{"href": "https://example.net/1", "text": "one"}],
        "images": [],
        "payload": {
            "summary": "HTTP on srv01 is slow: 9.4 s",
            "timestamp": "2026-03-04T05:05:00Z",
            "source": "srv01",
            "severity": "warning",
            "component": "nginx",
            "group": "shop",
            "class": "latency",
            "custom_details": {"ping time": "1500ms", "load avg": 0.75, "nested": {"a": [1]}},
        }
        | (payload or {}),
    }
    return _bytes({name: value for name, value in (usual | values).items() if value is not None})


def with_key(body: bytes, key: str) -> bytes:
    """An event with another `routing_key`; what is no event stays as it is."""
    try:
        return _bytes(json.loads(body) | {"routing_key": key})
    except (ValueError, TypeError):
        return body


def opsgenie(*, alert: dict[str, Any] | None = None, **values: Any) -> bytes:
    """Opsgenie's outgoing webhook."""
    usual = {
        "action": "Create",
        "alert": {
            "alertId": "052652ac-5d1c-464a-812a-7dd18bbfba8c",
            "message": "CPU is high",
            "alias": "cpu-web-1",
            "tinyId": "23",
            "entity": "web-1",
            "username": "ann@example.net",
            "userId": "daed1180-0ce8-438b-8f8e-57e1a5920a2d",
            "createdAt": 1772600400000,
            "updatedAt": 1772600400000000000,
            "tags": ["shop", "cpu"],
            "teams": [],
            "recipients": [],
            "source": "Zabbix",
            "description": "for five minutes",
            "details": {"load avg": "9.4", "Region": "eu"},
            "priority": "P1",
        }
        | (alert or {}),
        "source": {"name": "", "type": "web"},
        "integrationId": "37c8f316-17c6-49d7-899b-9c7e540c048d",
        "integrationName": "Tocsin",
    }
    return _bytes(usual | values)


def datadog_template() -> dict[str, str]:
    """The payload that the README tells people to paste."""
    readme = Path(__file__).parents[3] / "bot/integrations/datadog/README.md"
    block = re.search(r"```json\n(.*?)```", readme.read_text(), re.DOTALL)
    assert block
    template: dict[str, str] = json.loads(block[1])
    return template


def datadog(**variables: str) -> bytes:
    """The template, as Datadog fills it in."""
    usual = {
        "ALERT_ID": "1234567",
        "ALERT_TITLE": "[Triggered on {host:web-1}] Disk is full",
        "ALERT_TRANSITION": "Triggered",
        "ALERT_TYPE": "error",
        "ALERT_PRIORITY": "P2",
        "ALERT_SCOPE": "host:web-1",
        "ALERT_METRIC": "system.disk.in_use",
        "ALERT_QUERY": "avg(last_5m):avg:system.disk.in_use{*} by {host} > 0.9",
        "ID": "6543210987654321",
        "DATE_POSIX": "1772600400",
        "HOSTNAME": "web-1",
        "LINK": "https://app.datadoghq.eu/event/event?id=6543210987654321",
        "SNAPSHOT": "",
        "TAGS": "env:prod,host:web-1,monitor,team:shop,team:other",
        "TEXT_ONLY_MSG": "Disk is full on web-1",
    }
    known = usual | variables
    template = datadog_template()
    assert {value.removeprefix("$") for value in template.values()} == set(usual)
    return _bytes({name: known[value.removeprefix("$")] for name, value in template.items()})


def sentry_event(*, event: dict[str, Any] | None = None, **values: Any) -> bytes:
    """An alert on an issue."""
    usual = {
        "action": "triggered",
        "actor": {"id": "sentry", "name": "Sentry", "type": "application"},
        "data": {
            "event": {
                "event_id": "e4874d664c3540c1a32eab185f12c5ab",
                "issue_id": "1170820242",
                "issue_url": "https://sentry.io/api/0/issues/1170820242/",
                "web_url": "https://sentry.io/organizations/acme/issues/1170820242/events/e4874d/",
                "title": "ReferenceError: heck is not defined",
                "culprit": "?(<anonymous>)",
                "level": "error",
                "platform": "javascript",
                "project": 1,
                "release": "shop@1.2",
                "datetime": "2026-03-04T05:00:00.000000Z",
                "tags": [["browser", "Chrome"], ["environment", "production"]],
            }
            | (event or {}),
            "triggered_rule": "Very Important Alert Rule!",
        },
        "installation": {"uuid": "24b3ce74-ae9d-4a2d-9f4d-1dc5f1ab8f8f"},
    }
    return _bytes(usual | values)


def sentry_metric(*, action: str = "critical", **metric: Any) -> bytes:
    """An alert on a metric."""
    usual = {
        "id": "5",
        "title": "Too many errors",
        "alert_rule": {"id": "7", "name": "Too many errors", "aggregate": "count()", "triggers": []},
        "date_started": "2026-03-04T05:00:00Z",
        "date_closed": None,
    }
    data = {
        "metric_alert": usual | metric,
        "description_title": f"{action.title()}: Too many errors",
        "description_text": "1000 events in the last 10 minutes",
        "web_url": "https://sentry.io/organizations/acme/alerts/rules/details/7/",
    }
    return _bytes({"action": action, "actor": {"id": "sentry"}, "data": data, "installation": {"uuid": "a"}})


def sentry_issue(*, action: str = "created", **issue: Any) -> bytes:
    """An issue."""
    usual = {
        "id": "1170820242",
        "title": "ReferenceError: heck is not defined",
        "culprit": "app",
        "level": "error",
        "project": {"id": "1", "slug": "shop", "name": "Shop"},
        "web_url": "https://sentry.io/organizations/acme/issues/1170820242/",
    }
    return _bytes({"action": action, "data": {"issue": usual | issue}, "installation": {"uuid": "a"}})


TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"


def alarm(**values: Any) -> str:
    """What CloudWatch publishes: a text that is JSON."""
    usual = {
        "AlarmName": "cpu-high",
        "AlarmDescription": "CPU of the shop",
        "AWSAccountId": "123456789012",
        "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed: 1 datapoint (91.0) was greater than the threshold (80.0).",
        "StateChangeTime": "2026-03-04T05:05:00.123+0000",
        "Region": "EU (Frankfurt)",
        "AlarmArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:cpu-high",
        "OldStateValue": "OK",
        "Trigger": {
            "MetricName": "CPUUtilization",
            "Namespace": "AWS/EC2",
            "Dimensions": [{"value": "i-1", "name": "InstanceId"}],
        },
    }
    return json.dumps(usual | values)


def sns(**values: Any) -> dict[str, Any]:
    """What SNS posts, without its signature."""
    usual = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Subject": 'ALARM: "cpu-high" in EU (Frankfurt)',
        "Message": alarm(),
        "Timestamp": "2026-03-04T05:05:01.000Z",
        "SignatureVersion": "2",
        "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-abc.pem",
        "UnsubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe",
    }
    return usual | values
