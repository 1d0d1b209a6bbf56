"""Log lines from a simulated Splunk: the newest for people, or all of them, however many."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Permanent, Temporary
from bot.integrations.splunk.logs import SplunkLogs
from bot.model.sample import Window
from bot.model.search_job import LogLine
from tests.integrations.http_server import HttpServer, raised, says
from tests.integrations.splunk.conftest import Open
from tests.integrations.splunk.simulated import Simulator


@pytest.fixture
def window(at: datetime) -> Window:
    return Window(start=at - timedelta(minutes=10), end=at)


async def logs(opened: Open, url: str, **config: object) -> SplunkLogs:
    found = (await opened(url, **config)).logs
    assert isinstance(found, SplunkLogs)
    return found


async def all_of(source: SplunkLogs, query: str, window: Window) -> Sequence[LogLine]:
    async with aclosing(source.lines(query, {}, window)) as lines:
        return [line async for line in lines]


async def test_rows_of_a_search_that_transforms_are_lines_too(
    splunk: Simulator, opened: Open, window: Window, at: datetime
) -> None:
    splunk.index(*((at - timedelta(seconds=number + 1), f"user=u{number % 2}") for number in range(5)))
    source = await logs(opened, splunk.url)
    answer = await source.search("user=* | stats count by user | sort user", {}, window, 10)
    assert [line.text for line in answer.lines] == ["user=u0 count=3", "user=u1 count=2"]
    assert {line.at for line in answer.lines} == {window.end}
    assert answer.total == 2


async def test_a_job_for_evidence_is_gone_when_it_was_read(
    splunk: Simulator, opened: Open, window: Window, at: datetime
) -> None:
    splunk.index((at - timedelta(seconds=1), "here"))
    before = len(splunk.kept())
    source = await logs(opened, splunk.url)
    assert len((await source.search("here", {}, window, 10)).lines) == 1
    async with asyncio.timeout(5):
        while len(splunk.kept()) > before:  # noqa: ASYNC110 - the other process cannot set an event
            await asyncio.sleep(0.02)


async def test_missing_data_is_said(splunk: Simulator, opened: Open, window: Window, at: datetime) -> None:
    splunk.index((at - timedelta(seconds=1), "here"))
    splunk.breaks(jobs=[{"share": 0.5}])
    answer = await (await logs(opened, splunk.url)).search("here", {}, window, 10)
    assert any("Down" in text for text in answer.warnings)


async def test_every_line_comes_however_many(splunk: Simulator, opened: Open, window: Window, at: datetime) -> None:
    splunk.index(*((at - timedelta(milliseconds=number + 1), f"n={number}") for number in range(20_000)))
    lines = await all_of(await logs(opened, splunk.url), "n=*", window)
    assert [line.fields["n"] for line in lines] == [str(number) for number in range(20_000)]
    assert lines[7].at == at - timedelta(milliseconds=8)


async def test_no_line_is_an_answer(splunk: Simulator, opened: Open, window: Window) -> None:
    assert await all_of(await logs(opened, splunk.url), "nothing", window) == []


async def test_who_leaves_early_gives_the_place_back(
    splunk: Simulator, opened: Open, window: Window, at: datetime
) -> None:
    splunk.index(*((at - timedelta(milliseconds=number + 1), f"n={number}") for number in range(5000)))
    source = await logs(opened, splunk.url, searches_at_once=1)
    async with aclosing(source.lines("n=*", {}, window)) as lines:
        assert (await anext(lines)).fields["n"] == "0"
        assert source.room.line.inside == 1
    assert source.room.line.inside == 0


async def test_lines_from_an_older_server_and_by_a_session(
    splunk: Simulator, opened: Open, window: Window, at: datetime
) -> None:
    splunk.index((at - timedelta(seconds=1), "here"))
    splunk.breaks(v2=False)
    source = await logs(opened, splunk.url, login={"username": "admin", "password": "changed-it"})
    assert len(await all_of(source, "here", window)) == 1
    said = {"status": 401, "text": "call not properly authenticated"}
    splunk.breaks(v2=False, wire=[{"path": "/export$", "times": 1, "answer": said}])
    assert len(await all_of(source, "here", window)) == 1


ROW = json.dumps({"preview": False, "offset": 0, "result": {"_raw": "a", "_time": "1700000000.5"}})
LAST = json.dumps({"preview": False, "offset": 1, "lastrow": True, "result": {"_raw": "b", "m": ["1", "2"]}})
PREVIEW = json.dumps({"preview": True, "offset": 0, "result": {"_raw": "not yet"}})


async def test_previews_are_no_rows_and_odd_values_are_read(impostor: HttpServer, opened: Open, window: Window) -> None:
    impostor.script = says(200, "\n".join([PREVIEW, ROW, "", LAST]).encode())
    lines = await all_of(await logs(opened, impostor.url), "a", window)
    assert [(line.at, line.text, dict(line.fields)) for line in lines] == [
        (datetime(2023, 11, 14, 22, 13, 20, 500_000, tzinfo=UTC), "a", {}),
        (window.end, "b", {"m": "1, 2"}),
    ]


def message(kind: str, text: str) -> str:
    return json.dumps({"preview": False, "messages": [{"type": kind, "text": text}]})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "connection"),
        (ROW, "connection"),
        (ROW + "\n" + LAST[:30], "server"),
        ("<html>sign in</html>", "server"),
        ("[]", "server"),
        (LAST + "\n" + message("ERROR", "peer idx2 is down"), "server"),
        (message("WARN", "Search results might be incomplete") + "\n" + LAST, "server"),
        (message("FATAL", "The search process on peer idx1 was killed"), "server"),
    ],
)
async def test_a_stream_that_lacks_rows_is_never_whole(
    impostor: HttpServer, opened: Open, window: Window, body: str, reason: str
) -> None:
    impostor.script = says(200, body.encode())
    error = await raised(all_of(await logs(opened, impostor.url), "a", window))
    assert (isinstance(error, Temporary), error.reason) == (True, reason)


async def test_a_mistake_in_a_streamed_search_is_ours(impostor: HttpServer, opened: Open, window: Window) -> None:
    impostor.script = says(200, message("FATAL", "Error in 'rex' command: the regex is malformed").encode())
    error = await raised(all_of(await logs(opened, impostor.url), "a | rex", window))
    assert (type(error), error.reason) == (Permanent, "client")


async def test_a_broken_connection_is_said_after_the_rows(
    splunk: Simulator, opened: Open, window: Window, at: datetime
) -> None:
    splunk.index(*((at - timedelta(milliseconds=number + 1), f"n={number}") for number in range(5000)))
    splunk.breaks(wire=[{"path": "/export$", "truncate": 100_000}])
    assert isinstance(await raised(all_of(await logs(opened, splunk.url), "n=*", window)), Temporary)
