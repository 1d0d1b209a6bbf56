"""Readers of webhooks under whatever is posted: an answer or one kind of error, and alerts that can be kept."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.wire import Received, decode, encode
from bot.config import catalog
from bot.errors import Permanent
from bot.integrations.json_source.config import JsonSourceConfig
from bot.integrations.json_source.hook import JsonSourceHook
from bot.kit.json_in import read_json
from bot.kit.json_mapping import JsonMapping
from bot.kit.signatures import STANDARD, Signature, Signed
from bot.ports.alert_hook import Call, Heard, Reader
from tests.integrations.hooks import payloads
from tests.integrations.hooks.conftest import AT

MAPPING = JsonMapping(
    alerts="alerts || @",
    labels={"alertname": "name", "host": "host"},
    annotations={"text": "text"},
    severity="level",
    status="state",
    starts_at="at",
    delivery="id",
)


def kind(name: str) -> Reader:
    reads = catalog.find(name).reads
    assert reads
    reader = reads(None, name)
    assert reader
    return reader


JSON_SOURCE = JsonSourceHook(name="json", config=JsonSourceConfig(mapping=MAPPING))
EVENTS, HOOK = "/v2/enqueue", "/hooks/x"
SOURCES: dict[str, tuple[Reader, str, tuple[tuple[str, str], ...], bytes]] = {
    "alertmanager": (kind("alertmanager"), HOOK, (), payloads.alertmanager()),
    "grafana": (kind("grafana"), HOOK, (), payloads.grafana()),
    "pagerduty": (kind("pagerduty"), HOOK, (), payloads.pagerduty()),
    "events": (kind("pagerduty"), EVENTS, (), payloads.event()),
    "changes": (kind("pagerduty"), "/v2/change/enqueue", (), payloads.event()),
    "opsgenie": (kind("opsgenie"), HOOK, (), payloads.opsgenie()),
    "datadog": (kind("datadog"), HOOK, (), payloads.datadog()),
    "splunk": (kind("splunk"), HOOK, (), b'{"sid": "a", "search_name": "x", "result": {"a": "1"}, "app": "search"}'),
    "sns": (kind("sns"), HOOK, (), json.dumps(payloads.sns()).encode()),
    "alarm": (kind("sns"), HOOK, (), json.dumps(payloads.sns(Message=payloads.alarm(NewStateValue="OK"))).encode()),
    "event alert": (kind("sentry"), HOOK, (("sentry-hook-resource", "event_alert"),), payloads.sentry_event()),
    "metric alert": (kind("sentry"), HOOK, (("sentry-hook-resource", "metric_alert"),), payloads.sentry_metric()),
    "issue": (kind("sentry"), HOOK, (("sentry-hook-resource", "issue"),), payloads.sentry_issue()),
    "json": (JSON_SOURCE, HOOK, (), b'{"name": "a", "host": "b", "at": 5, "state": "ok", "level": "x"}'),
}
ODD = ["", "\x00", "\ud800", "x" * 5000, "\u202e", "{{ 7*7 }}", "javascript:x", "arn:a:b:c:d:e:f", "1" * 30]
TIMES = ["2026-03-04T05:06:07Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "1772600767"]
WORDS = ["triggered", "resolved", "firing", "P1", "high"]
TEXTS = st.text(max_size=20) | st.sampled_from([*ODD, *TIMES, *WORDS])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
ANY = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a JSON value."""
    found = [path]
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        found += places(one, (*path, key))
    return found


def put(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    """The value with something else at a place."""
    if not path:
        return other
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = put(copied[path[0]], path[1:], other)
    return copied


def read(source: str, body: bytes) -> Heard | None:
    """What a reader makes of it; None: it said that this is not the vendor's."""
    reader, path, headers, _ = SOURCES[source]
    try:
        heard = reader.read(Call(path=path, headers=headers, body=body, received_at=AT))
    except Permanent as error:
        return None if (error.reason, bool(error.hint)) == ("client", True) else pytest.fail(repr(error))
    batch = [Received.of(alert) for alert in heard.alerts]
    assert len(decode(encode(batch))) == len(batch)
    for alert in heard.alerts:
        assert alert.name
        assert len(alert.fingerprint) == 16
        assert alert.starts_at.tzinfo is not None
        assert alert.ends_at is None or math.isfinite(alert.ends_at.timestamp())
        assert alert.generator_url == "" or alert.generator_url.startswith(("http://", "https://"))
        assert len(alert.labels) <= 64
        assert max(map(len, alert.labels.values())) <= 4096
        assert all(alert.labels.get(name) for name in heard.known_by), "what it is known by is one of its labels"
    json.dumps(heard.reply)
    return heard


@pytest.mark.parametrize("source", SOURCES)
def test_the_vendors_own_is_read(source: str) -> None:
    assert read(source, SOURCES[source][3]) is not None


@pytest.mark.parametrize("source", SOURCES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_anything_may_stand_anywhere(source: str, data: st.DataObject) -> None:
    value = json.loads(SOURCES[source][3])
    for _ in range(data.draw(st.integers(1, 3))):
        value = put(value, data.draw(st.sampled_from(places(value))), data.draw(ANY))
    read(source, json.dumps(value).encode())


@pytest.mark.parametrize("source", SOURCES)
@settings(max_examples=15, deadline=None)
@given(body=st.binary(max_size=200) | ANY.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_read_or_said_to_be_none(source: str, body: bytes) -> None:
    read(source, body)


@settings(max_examples=300, deadline=None)
@given(
    headers=st.lists(
        st.tuples(
            st.sampled_from(["x-sign", "webhook-id", "webhook-timestamp", "webhook-signature"]),
            st.text(st.characters(max_codepoint=255), max_size=50) | st.sampled_from(["1772600767", "v1,", "v1,AAAA"]),
        ),
        max_size=6,
    ),
    body=st.binary(max_size=50),
    secret=st.binary(min_size=1, max_size=40),
)
def test_no_header_makes_a_verifier_stumble_or_believe(
    headers: list[tuple[str, str]], body: bytes, secret: bytes
) -> None:
    call = Call(headers=tuple(headers), body=body, received_at=AT)
    for signed in (STANDARD, Signed(header="x-sign"), Signed(header="x-sign", prefix="v1=", between=",")):
        assert Signature(signed=signed, secrets=[secret]).flaw(call)


@settings(max_examples=200, deadline=None)
@given(value=ANY)
def test_what_is_read_can_be_kept(value: Any) -> None:
    try:
        found = read_json(json.dumps(value).encode())
    except ValueError:
        return
    json.dumps(found, allow_nan=False).encode()
