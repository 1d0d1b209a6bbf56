"""prometheus.query_range, prometheus.alerts and prometheus.targets, on what a test scripts."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.errors import Permanent, Temporary
from bot.integrations.prometheus.config import PrometheusConfig
from bot.integrations.prometheus.looking import Looking
from bot.kit.plugin import Tools
from bot.kit.way_in import access
from bot.model.labels import LabelSet
from bot.model.plan import ActionResult, Outcome
from bot.ports.actions import Occasion, nobody
from bot.ports.reads_only import reads_only
from bot.testing.contracts import HOSTILE, WITHIN
from bot.testing.metrics import FakeMetricSource
from tests.integrations.http_server import HttpServer, says

SECRET = "scrape-me-0815"
TARGETS = [
    {"labels": {"job": "node", "instance": "web-1:9100"}, "health": "up", "lastError": "", "lastScrape": "2026"},
    {
        "labels": {"job": "node", "instance": "web-2:9100"}, "health": "down",
        "lastError": f'Get "http://web-2:9100/m?token={SECRET}": connection\x1b refused', "lastScrape": "2026",
    },
    {"labels": {"job": "shop", "instance": "cart:80"}, "health": "unknown"},
]  # fmt: skip


@pytest.fixture
def source() -> FakeMetricSource:
    return FakeMetricSource()


@pytest.fixture
def looking(impostor: HttpServer, source: FakeMetricSource, tools: Tools) -> Looking:
    tools.redactor.add(SECRET)
    impostor.script = says(200, json.dumps({"status": "success", "data": {"activeTargets": TARGETS}}).encode())
    way_in = access(PrometheusConfig(url=impostor.url), tools)
    return Looking(access=way_in, source=source, http=tools.http, clock=tools.clock)


async def looked(looking: Looking, name: str, **params: Any) -> ActionResult:
    action = looking.actions()[f"prometheus.{name}"]
    with reads_only():
        plan = await action.plan(action.spec.params.model_validate(params), Occasion())
        return await action.run(plan, WITHIN, nobody)


async def test_the_course_of_a_value_is_told(looking: Looking, source: FakeMetricSource, at: datetime) -> None:
    cart = LabelSet({"__name__": "queue", "service": "cart"})
    source.shows("queue", lambda time: {cart: 10.0 + (at - time) / timedelta(minutes=1)})
    result = await looked(looking, "query_range", expr="queue", since="30m")
    assert result.summary == 'queue{service="cart"}: 40 -> 10, between 10 and 40'
    (series,) = result.value["series"]
    assert (series["first"], series["last"], series["points"]) == (40.0, 10.0, 61)
    assert (await looked(looking, "query_range", expr="nothing")).summary == "no series"


async def test_alerts_that_fire_are_listed_for_just_these_labels(looking: Looking, source: FakeMetricSource) -> None:
    labels = LabelSet({"__name__": "ALERTS", "alertname": "Down", "alertstate": "firing", "service": "cart"})
    source.shows('ALERTS{alertstate=~"firing", service="cart"}', {labels: 1.0})
    result = await looked(looking, "alerts", labels={"service": "cart"})
    assert result.value["count"] == 1
    assert result.value["alerts"] == [{"alertname": "Down", "alertstate": "firing", "service": "cart"}]
    assert (await looked(looking, "alerts")).summary == "no alert"
    await looked(looking, "alerts", pending=True)
    assert source.asked[-1][0] == 'ALERTS{alertstate=~"firing|pending"}'


@pytest.mark.parametrize("value", HOSTILE)
async def test_a_hostile_label_is_a_value_or_is_refused(value: str, looking: Looking, source: FakeMetricSource) -> None:
    try:
        result = await looked(looking, "alerts", labels={"service": value})
    except Permanent:
        assert source.asked == []
    else:
        assert result.value["count"] == 0
        assert source.asked[0][0].startswith('ALERTS{alertstate=~"firing", service="')
    assert (await looked(looking, "targets", job=value)).value["count"] == 0


async def test_why_a_target_is_down_is_said(looking: Looking, impostor: HttpServer) -> None:
    result = await looked(looking, "targets", job="node")
    assert result.summary == "1 of 2 targets are not up"
    (down,) = result.value["targets"]
    assert (down["instance"], down["health"]) == ("web-2:9100", "down")
    assert down["error"] == 'Get "http://web-2:9100/m?token=[redacted]": connection\\x1b refused'
    assert impostor.asked[0].path == "/api/v1/targets?state=active"
    everything = await looked(looking, "targets", all=True)
    assert (everything.value["count"], everything.value["down"], len(everything.value["targets"])) == (3, 2, 3)
    one = await looked(looking, "targets", instance="cart:80")
    assert one.text == "unknown: shop cart:80: no error"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": {}}', b'{"data": {"activeTargets": [{}]}}', b"<html>"])
async def test_a_server_without_targets_says_so(body: bytes, looking: Looking, impostor: HttpServer) -> None:
    impostor.script = says(200, body)
    result = await looked(looking, "targets")
    assert (result.outcome, result.summary) == (Outcome.FAILED, "prom does not say how its targets are")


async def test_what_could_not_be_seen_has_failed_and_may_be_tried_again(
    looking: Looking, source: FakeMetricSource, impostor: HttpServer
) -> None:
    source.breaks(Temporary("prom did not answer", integration="prom", reason="timeout"))
    impostor.script = says(503)
    for name, params in (("query_range", {"expr": "up"}), ("alerts", {}), ("targets", {})):
        result = await looked(looking, name, **params)
        assert (result.outcome, result.temporary) == (Outcome.FAILED, True)
