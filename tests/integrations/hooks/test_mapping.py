"""JSON mapped by expressions: what they find, what they do not, and what is wrong with them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.errors import Permanent
from bot.integrations.json_source.config import JsonSourceConfig, SignatureConfig
from bot.integrations.json_source.hook import JsonSourceHook
from bot.kit.json_mapping import JsonMapping
from bot.ports.alert_hook import Heard
from tests.integrations.hooks.conftest import AT, BOTH, heard


def read(value: object, **mapping: Any) -> Heard:
    full = {"labels": {"alertname": "name", "host": "host"}, **mapping}
    hook = JsonSourceHook(name="checks", config=JsonSourceConfig(mapping=JsonMapping(**full)))
    return heard(hook, json.dumps(value).encode())


def test_one_several_or_none() -> None:
    one = {"name": "disk", "host": "a"}
    assert [alert.name for alert in read(one).alerts] == ["disk"]
    assert [alert.name for alert in read([one, {"name": "load"}]).alerts] == ["disk", "load"]
    nothing = read({"alerts": None}, alerts="alerts")
    assert (list(nothing.alerts), nothing.note) == ([], "`alerts: alerts` finds nothing")


def test_every_part_of_an_alert() -> None:
    body = {
        "site": "eu-1",
        "id": 42,
        "checks": [
            {
                "name": "disk",
                "host": "db-1",
                "text": "91%",
                "more": {"a": [1]},
                "level": "PAGE",
                "state": "Recovered",
                "from": 1772600400,
                "to": "2026-03-04T05:05:00Z",
                "url": "https://example.net/1",
                "full": True,
                "part": 0.91,
            }
        ],
    }
    said = read(
        body,
        alerts="checks",
        common={"site": "site"},
        labels={"alertname": "name", "host": "host", "full": "full", "part": "part", "none": "nothing"},
        annotations={"summary": "text", "more": "more", "none": "nothing"},
        severity="level",
        status="state",
        starts_at="from",
        ends_at="to",
        link="url",
        identity=("alertname", "host"),
        delivery="id",
    )
    (alert,) = said.alerts
    assert dict(alert.labels) == {
        "alertname": "disk",
        "host": "db-1",
        "site": "eu-1",
        "full": "true",
        "part": "0.91",
        "severity": "page",
    }
    assert alert.annotations == {"summary": "91%", "more": '{"a": [1]}'}
    five = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
    assert (alert.starts_at, alert.ends_at) == (five, five + timedelta(minutes=5))
    assert (alert.generator_url, alert.source) == ("https://example.net/1", "checks")
    assert (said.known_by, said.delivery) == (("alertname", "host"), "42")


@pytest.mark.parametrize(
    ("state", "is_over"),
    [
        ("resolved", True),
        ("OK", True),
        ("Closed", True),
        (False, True),
        ("problem", False),
        ("unknown", False),
        (None, False),
    ],
)
def test_only_known_words_end_an_alert(state: object, is_over: bool) -> None:
    (alert,) = read({"name": "disk", "state": state}, status="state").alerts
    assert (alert.ends_at == AT) == is_over
    assert alert.ends_at is None or is_over


def test_an_alert_may_end_by_itself_and_a_false_end_never_lies_ahead() -> None:
    (lasting,) = read({"name": "disk"}, resolve_after="30m").alerts
    assert lasting.ends_at == AT + timedelta(minutes=30)
    (early,) = read({"name": "disk", "to": "2030-01-01T00:00:00Z", "s": "ok"}, status="s", ends_at="to").alerts
    assert early.ends_at == AT


@pytest.mark.parametrize(
    ("value", "mapping", "why"),
    [
        ({"name": ""}, {}, "`labels.alertname: name` finds nothing"),
        ({"name": ["a"]}, {}, "what `labels.alertname: name` finds is no text"),
        ([5], {}, "`labels.alertname: name` finds nothing"),
        ({"name": "disk", "t": "soon"}, {"starts_at": "t"}, "what `starts_at: t` finds is no time"),
        ({"name": "disk", "t": 1e300}, {"starts_at": "t"}, "what `starts_at: t` finds is no time"),
        ({"name": "disk"}, {"identity": ("host",)}, "an alert has no 'host', which is part of its `identity`"),
        ({"name": "disk"}, {"severity": "abs(name)"}, "`severity: abs(name)` cannot be computed: JMESPathTypeError"),
    ],
)
def test_what_does_not_fit_is_said(value: object, mapping: dict[str, Any], why: str) -> None:
    with pytest.raises(Permanent) as caught:
        read(value, **mapping)
    assert why in caught.value.message


@pytest.mark.parametrize("expression", ["", "a[", "a.b.", "'", "a || ", "foo(", "x" * 2001, "a b"])
@pytest.mark.parametrize("place", ["alerts", "severity", "status", "starts_at", "delivery"])
def test_an_expression_that_cannot_be_read_is_a_mistake_of_the_document(place: str, expression: str) -> None:
    with pytest.raises(ValueError, match="expression"):
        JsonMapping(labels={"alertname": "name"}, **{place: expression})


def test_an_alert_has_a_name() -> None:
    with pytest.raises(ValueError, match="needs `alertname`"):
        JsonMapping(labels={"host": "host"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"signed": "nothing"},
        {"signed": "{timestamp}.{body}"},
        {"timestamp_header": "X-Time"},
        {"signed": "{id}.{body}"},
        {"id_header": "X-Id"},
        {"header": "no header"},
        {"header": ""},
        {"secrets": ()},
        {"hash": "md5"},
    ],
)
def test_a_way_to_sign_that_proves_nothing_is_a_mistake(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="SignatureConfig"):
        SignatureConfig(**{"secrets": BOTH, "header": "X-Signature", **wrong})
