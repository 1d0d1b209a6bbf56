"""Real Alertmanagers are told of the same alerts: what they post is what we post, field by field."""

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.alerts import saying
from bot.integrations.webhook.body import body
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.telling import Reason
from tests.conftest import needed
from tests.integrations.http_server import HttpServer
from tests.servers import AlertmanagerServer

NAME = 'Odd "one" \\ ü\n'
KEY = '{}/{severity="critical",zone=~"eu|us"}:{alertname="Odd \\"one\\" \\\\ ü\\n"}'
RECEIVER = "shop.team-1"
MOST = 2
CONFIG = """
route:
  receiver: other
  group_by: [alertname]
  group_wait: 1s
  group_interval: 1s
  routes: [{{receiver: shop.team-1, matchers: ['zone=~"eu|us"', 'severity="critical"']}}]
receivers:
  - {{name: other}}
  - {{name: shop.team-1, webhook_configs: [{{url: "{url}", max_alerts: 2}}]}}
"""


@pytest.fixture(params=["alertmanager", "alertmanager-old"])
async def alertmanager(
    request: pytest.FixtureRequest, tmp_path: Path, server: HttpServer
) -> AsyncIterator[AlertmanagerServer]:
    with needed():
        found = AlertmanagerServer(tmp_path, CONFIG.format(url=server.url), binary=request.param)
    await asyncio.to_thread(found.__enter__)
    yield found
    await asyncio.to_thread(found.__exit__, None, None, None)


def alert(now: datetime, **labels: str) -> Alert:
    return Alert(
        labels=LabelSet({"alertname": NAME, "severity": "critical", "zone": "eu", **labels}),
        annotations={"summary": "<b>&\u2028", "who": labels.get("instance", "")},
        starts_at=now.replace(microsecond=120_000),
        generator_url="http://prometheus:9090/graph?g0.expr=a+%3E+1&g0.tab=1",
    )


def post(url: str, alerts: Sequence[Alert]) -> None:
    said = [
        {
            "labels": dict(one.labels),
            "annotations": dict(one.annotations),
            "startsAt": one.starts_at.isoformat(),
            "generatorURL": one.generator_url,
            **({"endsAt": one.ends_at.isoformat()} if one.ends_at else {}),
        }
        for one in alerts
    ]
    headers = {"content-type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(f"{url}/api/v2/alerts", json.dumps(said).encode(), headers)).close()


async def posted(server: HttpServer, count: int) -> Mapping[str, Any]:
    async with asyncio.timeout(15):
        while True:
            if len(server.asked) >= count:
                found: Mapping[str, Any] = json.loads(server.asked[count - 1].body)
                return found
            await asyncio.sleep(0.02)


async def test_the_body_is_alertmanagers(alertmanager: AlertmanagerServer, server: HttpServer) -> None:
    began = datetime.now(UTC)
    # in no order: without job last, and the one with more labels after the one with fewer
    firing = [
        alert(began, instance="b"),
        alert(began, job="api", instance="c"),
        alert(began, job="api", instance="a", extra="1"),
        alert(began, job="api", instance="a"),
    ]
    over = [replace(one, ends_at=began.replace(microsecond=500_000)) for one in firing]
    steps = [(firing, Reason.FIRST), ([*firing[:3], over[3]], Reason.SOME_RESOLVED), (over[:3], Reason.ALL_RESOLVED)]
    for count, (alerts, reason) in enumerate(steps, start=1):
        await asyncio.to_thread(post, alertmanager.url, alerts)
        theirs = dict(await posted(server, count))
        now = datetime.now(UTC) + timedelta(seconds=1)
        shared = LabelSet({"alertname": NAME})
        told = saying.said(KEY, RECEIVER, shared, alerts, reason, str(theirs["externalURL"]), MOST, now)
        ours = json.loads(body(told))
        if "notification_reason" not in theirs:  # it came with 0.32
            del ours["notification_reason"]
        assert ours == theirs
