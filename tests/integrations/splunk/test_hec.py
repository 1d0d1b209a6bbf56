"""Tocsin's own events, to a simulated collector."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.splunk import integration
from bot.integrations.splunk.config import HecConfig, SplunkConfig
from bot.kit.plugin import Tools
from bot.model.sample import Window
from bot.model.sent_event import SentEvent
from bot.ports.event_sink import EventSink
from bot.testing.contracts import HttpContract
from tests.integrations.http_server import Asked, HttpServer, raised, says
from tests.integrations.splunk.conftest import Open
from tests.integrations.splunk.simulated import HEC_TOKEN, Simulator


async def sink(opened: Open, url: str, **hec: object) -> EventSink:
    found = (await opened(url, hec={"url": url, "token": HEC_TOKEN, "ack": True, **hec})).events
    assert found is not None
    return found


def audit(number: int, at: datetime, **fields: object) -> SentEvent:
    return SentEvent(key=f"audit/{number}", kind="audit", at=at, fields={"seq": number, **fields})


async def seen(opened: Open, url: str, at: datetime) -> Sequence[int]:
    """The `seq` of the events that were indexed, the oldest first."""
    logs = (await opened(url)).logs
    assert logs is not None
    window = Window(start=at - timedelta(hours=1), end=at + timedelta(hours=1))
    answer = await logs.search('search sourcetype="tocsin:audit"', {}, window, 10_000)
    return [json.loads(line.text)["seq"] for line in reversed(answer.lines)]


async def test_what_happened_is_found_in_splunk(splunk: Simulator, opened: Open, at: datetime) -> None:
    events = await sink(opened, splunk.url)
    await events.send([audit(number, at + timedelta(milliseconds=number), act="run", by="ann") for number in range(3)])
    logs = (await opened(splunk.url)).logs
    assert logs is not None
    window = Window(start=at, end=at + timedelta(seconds=1))
    answer = await logs.search('source="tocsin" sourcetype="tocsin:audit"', {}, window, 10)
    assert [line.at for line in answer.lines] == [at + timedelta(milliseconds=number) for number in (2, 1, 0)]
    assert json.loads(answer.lines[0].text) == {
        "seq": 2, "act": "run", "by": "ann", "kind": "audit", "key": "audit/2"
    }  # fmt: skip


async def test_many_go_in_batches_and_in_order(splunk: Simulator, opened: Open, at: datetime) -> None:
    before = len(splunk.asked())
    events = await sink(opened, splunk.url)
    await events.send([audit(number, at + timedelta(milliseconds=number), pad="x" * 300) for number in range(1200)])
    assert list(await seen(opened, splunk.url, at)) == list(range(1200))
    posts = [one for one in splunk.asked()[before:] if one["path"].endswith("collector/event")]
    assert len(posts) == 3


async def test_a_busy_collector_gets_them_later_and_in_order(splunk: Simulator, opened: Open, at: datetime) -> None:
    splunk.breaks(hec={"code": 9, "times": 2})
    events = await sink(opened, splunk.url)
    await asyncio.gather(*(events.send([audit(number, at + timedelta(milliseconds=number))]) for number in range(4)))
    assert list(await seen(opened, splunk.url, at)) == [0, 1, 2, 3]


async def test_no_event_overtakes_one_that_waits(impostor: HttpServer, opened: Open, at: datetime) -> None:
    taken = list[int]()

    async def busy_at_first(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if len(impostor.asked) <= 2:
            await says(503, b'{"text": "Server is busy", "code": 9}')(asked, writer)
        else:
            taken.append(json.loads(asked.body)["event"]["seq"])
            await says(200, b'{"text": "Success", "code": 0}')(asked, writer)

    impostor.script = busy_at_first
    events = await sink(opened, impostor.url, ack=False)
    await asyncio.gather(*(events.send([audit(number, at)]) for number in range(4)))
    assert taken == [0, 1, 2, 3]


async def test_what_was_not_answered_is_sent_again(splunk: Simulator, opened: Open, at: datetime) -> None:
    splunk.breaks(wire=[{"path": "/collector/event$", "drop": "after", "times": 1}])
    await (await sink(opened, splunk.url)).send([audit(0, at)])
    assert set(await seen(opened, splunk.url, at)) == {0}


async def test_it_waits_until_events_are_indexed(splunk: Simulator, opened: Open, at: datetime) -> None:
    splunk.breaks(hec={"acknowledges_after": 0.6})
    began = asyncio.get_running_loop().time()
    await (await sink(opened, splunk.url)).send([audit(0, at)])
    assert asyncio.get_running_loop().time() - began > 0.6


async def test_without_acknowledgement_taken_is_sent(splunk: Simulator, opened: Open, at: datetime) -> None:
    splunk.set_up(hec_acknowledges=False)
    await (await sink(opened, splunk.url, ack=False)).send([audit(0, at)])
    assert list(await seen(opened, splunk.url, at)) == [0]
    error = await raised((await sink(opened, splunk.url, ack=True)).send([audit(1, at)]))
    assert (type(error), "ack: false" in error.hint) == (Permanent, True)


@pytest.mark.parametrize(
    ("hec", "fault", "reason", "hint"),
    [
        ({"ack": False}, {}, "client", "ack: true"),
        ({"index": "nowhere"}, {}, "client", "hec: index:"),
        ({"token": "not-a-token"}, {}, "auth", "credentials"),
        ({}, {"code": 1}, "auth", "enable the token"),
        ({}, {"code": 6}, "client", "credentials"),
    ],
)
async def test_what_is_wrong_is_said_with_what_to_do(
    splunk: Simulator,
    opened: Open,
    at: datetime,
    hec: dict[str, object],
    fault: dict[str, object],
    reason: str,
    hint: str,
) -> None:
    splunk.breaks(hec=fault)
    error = await raised((await sink(opened, splunk.url, **hec)).send([audit(0, at)]))
    assert (isinstance(error, Permanent), error.reason) == (True, reason)
    assert hint in error.hint


async def test_a_secret_does_not_leave(splunk: Simulator, opened: Open, tools: Tools, at: datetime) -> None:
    tools.redactor.add("s3cret-of-ours")
    await (await sink(opened, splunk.url)).send([audit(0, at, said="it is s3cret-of-ours")])
    logs = (await opened(splunk.url)).logs
    assert logs is not None
    answer = await logs.search("said=*", {}, Window(start=at, end=at + timedelta(seconds=1)), 10)
    assert "[redacted]" in answer.lines[0].text


@pytest.mark.parametrize("code", [None, 9])
async def test_the_doctor_asks_whether_it_takes_events(splunk: Simulator, opened: Open, code: int | None) -> None:
    splunk.breaks(hec={"code": code})
    found = await (await opened(splunk.url, hec={"url": splunk.url, "token": HEC_TOKEN})).examine()
    assert [(one.what, one.ok) for one in found][-1] == ("events", code is None)


async def test_an_answer_that_is_no_collectors_is_no_yes(impostor: HttpServer, opened: Open, at: datetime) -> None:
    answered = asyncio.Event()

    async def page(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await says(200, b"<html>")(asked, writer)
        if len(impostor.asked) == 2:
            answered.set()

    impostor.script = page
    events = await sink(opened, impostor.url)
    sending = asyncio.create_task(events.send([audit(0, at)]))
    await answered.wait()
    assert not sending.done()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)


class TestOverHttp(HttpContract):
    @pytest.fixture
    def failing(self, impostor: HttpServer, tools: Tools) -> Callable[[int, bytes], Awaitable[BaseException | None]]:
        tools.redactor.add(self.SECRET)
        hec = HecConfig(url=impostor.url, token=SecretStr(self.SECRET))
        config = SplunkConfig(url=impostor.url, hec=hec, timeout=timedelta(seconds=2))

        async def ask(status: int, body: bytes) -> BaseException:
            impostor.script = says(status, body, Retry_After="3600")
            async with integration.open(config, tools) as opened:
                assert opened.events is not None
                error: IntegrationError = await raised(opened.events.send([audit(0, datetime(2026, 1, 1, tzinfo=UTC))]))
            assert isinstance(error, Temporary | Permanent)
            return error

        return ask
