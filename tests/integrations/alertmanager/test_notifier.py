"""The queue before an Alertmanager: what is sent, what is dropped, and what happens when nobody takes it."""

import asyncio
import base64
import json
import logging
from collections.abc import Sequence
from typing import Any

import pytest

from bot.integrations.alertmanager.client import CAPACITY
from bot.model.alert import Alert
from bot.ports.alertmanager import AlertSink, Tally
from tests.integrations.alertmanager.alerts import alert
from tests.integrations.alertmanager.conftest import Opens
from tests.integrations.http_server import Asked, HttpServer, says
from tests.servers import free_port


async def reached(sink: AlertSink | None, **counts: int) -> Tally:
    """The tally once it has come so far."""
    assert sink is not None
    async with asyncio.timeout(10):
        while True:
            tally = sink.tally
            if all(getattr(tally, name) >= count for name, count in counts.items()):
                return tally
            await asyncio.sleep(0.01)


def bodies(server: HttpServer) -> list[list[dict[str, Any]]]:
    return [json.loads(asked.body) for asked in server.asked]


def crowd(size: int) -> Sequence[Alert]:
    return [alert("Crowd", number=str(number)) for number in range(size)]


async def test_the_call_is_prometheus_own(impostor: HttpServer, opened: Opens) -> None:
    async with opened(url=f"{impostor.url}/some/prefix/", headers={"X-Scope-OrgID": "team"}) as capabilities:
        assert capabilities.alertmanager is not None
        capabilities.alertmanager.tell([alert("One")])
    [asked] = impostor.asked
    assert (asked.method, asked.path) == ("POST", "/some/prefix/api/v2/alerts")
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["x-scope-orgid"] == "team"
    assert asked.headers["user-agent"].startswith("tocsin/")
    # in Prometheus' own order, and with times cut, not rounded
    assert json.loads(asked.body, object_pairs_hook=lambda pairs: [list(pair) for pair in pairs]) == [
        [
            ["annotations", [["summary", "One <is> on"]]],
            ["endsAt", "2026-11-22T04:04:00.123Z"],
            ["startsAt", "2026-11-22T04:00:00.123Z"],
            ["generatorURL", "http://prom:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1"],
            ["labels", [["alertname", "One"]]],
        ]
    ]


@pytest.mark.parametrize(
    ("keys", "sent"),
    [
        ({"bearer_token": "s3cret"}, "Bearer s3cret"),
        ({"basic_auth": {"username": "ann", "password": "pw"}}, "Basic " + base64.b64encode(b"ann:pw").decode()),
    ],
)
async def test_it_says_who_it_is(impostor: HttpServer, opened: Opens, keys: dict[str, Any], sent: str) -> None:
    async with opened(url=impostor.url, **keys) as capabilities:
        assert capabilities.alertmanager is not None
        capabilities.alertmanager.tell([alert("One")])
    assert impostor.asked[0].headers["authorization"] == sent


async def test_many_alerts_go_in_batches_in_their_order(impostor: HttpServer, opened: Opens) -> None:
    async with opened(url=impostor.url) as capabilities:
        assert capabilities.alertmanager is not None
        capabilities.alertmanager.tell(crowd(600))
        await reached(capabilities.alertmanager, sent=600)
    assert [len(body) for body in bodies(impostor)] == [256, 256, 88]
    assert [int(one["labels"]["number"]) for body in bodies(impostor) for one in body] == list(range(600))


async def test_the_oldest_drop_out_of_a_full_queue(
    impostor: HttpServer, opened: Opens, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(url=impostor.url) as capabilities:
        sink = capabilities.alertmanager
        assert sink is not None
        sink.tell(crowd(CAPACITY))
        sink.tell([alert("Newest"), alert("Newest", really="yes")])
        sink.tell([alert("Newest", last="yes")])
        tally = await reached(sink, sent=CAPACITY)
    assert tally == Tally(sent=CAPACITY, dropped=3)
    sent = [one for body in bodies(impostor) for one in body]
    assert sent[0]["labels"]["number"] == "3"
    assert sent[-1]["labels"] == {"alertname": "Newest", "last": "yes"}
    assert [record.message for record in caplog.records if "dropped" in record.message] == [
        "more than 10000 alerts wait for am: the oldest are dropped"
    ]


async def test_a_batch_that_fails_is_not_sent_again(
    impostor: HttpServer, opened: Opens, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.integrations.alertmanager")
    async with opened(url=impostor.url) as capabilities:
        sink = capabilities.alertmanager
        assert sink is not None
        for failed, status in enumerate((500, 503, 429, 400), start=1):
            impostor.script = says(status)
            sink.tell([alert("Lost")])
            await reached(sink, failed=failed)
        impostor.script = says(202)
        sink.tell([alert("Taken")])
        await reached(sink, sent=1)
    assert sink.tally == Tally(sent=1, failed=4)
    assert len(impostor.asked) == 5
    said = [record.getMessage() for record in caplog.records if record.name.startswith("bot.")]
    assert len(said) == 2, "once that it fails, once that it works again"
    assert "answered 500" in said[0]
    assert said[1] == "am takes alerts again"


async def test_nobody_waits_for_one_that_hangs(impostor: HttpServer, opened: Opens) -> None:
    async def hangs(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3600)

    impostor.script = hangs
    loop = asyncio.get_running_loop()
    async with opened(url=impostor.url, timeout="200ms") as capabilities:
        sink = capabilities.alertmanager
        assert sink is not None
        began = loop.time()
        sink.tell(crowd(1000))
        assert loop.time() - began < 0.15
        await reached(sink, failed=256)
        impostor.script = says()
        await reached(sink, sent=256)
    assert sink.tally.sent + sink.tally.failed == 1000


async def test_what_waits_at_the_end_is_still_told(impostor: HttpServer, opened: Opens) -> None:
    async with opened(url=impostor.url) as capabilities:
        assert capabilities.alertmanager is not None
        capabilities.alertmanager.tell(crowd(300))
    assert sum(map(len, bodies(impostor))) == 300


async def test_the_end_does_not_wait_for_ever(
    impostor: HttpServer, opened: Opens, caplog: pytest.LogCaptureFixture
) -> None:
    async def hangs(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3600)

    impostor.script = hangs
    async with asyncio.timeout(8), opened(url=impostor.url, timeout="1m") as capabilities:
        sink = capabilities.alertmanager
        assert sink is not None
        sink.tell(crowd(300))
    assert sink.tally.waiting == 0
    assert sink.tally.dropped == 44
    assert "am was not told of 44 alerts before the end" in caplog.messages


async def test_what_relabelling_drops_is_not_told(impostor: HttpServer, opened: Opens) -> None:
    steps = [
        {"action": "drop", "source_labels": ["alertname"], "regex": "Noise.*"},
        {"action": "labeldrop", "regex": "replica"},
        {"target_label": "seen_by", "replacement": "${1}-tocsin", "source_labels": ["cluster"]},
    ]
    async with opened(url=impostor.url, alert_relabel_configs=steps) as capabilities:
        assert capabilities.alertmanager is not None
        capabilities.alertmanager.tell(
            [alert("Noise"), alert("Kept", replica="a", cluster="eu"), alert("Other", cluster="us")]
        )
    assert [one["labels"] for body in bodies(impostor) for one in body] == [
        {"alertname": "Kept", "cluster": "eu", "seen_by": "eu-tocsin"},
        {"alertname": "Other", "cluster": "us", "seen_by": "us-tocsin"},
    ]


async def test_the_doctor_says_when_nobody_answers(opened: Opens) -> None:
    async with opened(url=f"http://127.0.0.1:{free_port()}") as capabilities:
        [reachable] = await capabilities.examine()
    assert not reachable.ok
    assert reachable.hint
