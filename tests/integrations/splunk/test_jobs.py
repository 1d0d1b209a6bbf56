"""The life of a job against a server that answers byte for byte what a test wants."""

import asyncio
import json
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from pydantic import SecretStr

from bot.errors import Permanent, Temporary
from bot.integrations.splunk import integration
from bot.integrations.splunk.config import SplunkConfig
from bot.kit.plugin import Tools
from bot.model.search_job import SearchJob
from bot.ports.searches import SearchSource
from tests.integrations.http_server import Asked, HttpServer, raised, says
from tests.integrations.splunk.conftest import Open

BIG = "x" * 1024 * 1024


class Server:
    """Answers like a Splunk whose job has so many rows, of which it gives only some."""

    def __init__(
        self, *, counted: int, given: int, row: str = "", states: tuple[str, ...] = ("DONE",), own_ids: bool = False
    ) -> None:
        self.counted, self.given, self.row, self.states = counted, given, row, list(states)
        self.own_ids = own_ids
        self.pages: list[int] = []
        self.ids: set[str] = set()

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        path = asked.path.partition("?")[0]
        if path.endswith("/jobs"):
            await self.create(asked, writer)
        elif path.endswith("/results"):
            await says(200, self.page(asked.body.decode()))(asked, writer)
        elif path.endswith("/control"):
            await says(200, b"{}")(asked, writer)
        elif self.states[0] == "":
            self.states.pop(0)
            await says(204)(asked, writer)
        else:
            state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
            content = {"dispatchState": state, "isDone": state == "DONE", "resultCount": self.counted}
            await says(200, json.dumps({"entry": [{"content": content}]}).encode())(asked, writer)

    async def create(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        sid = dict(parse_qsl(asked.body.decode()))["id"] if self.own_ids else "another_id"
        taken = sid in self.ids and self.own_ids
        self.ids.add(sid)
        await says(409 if taken else 201, json.dumps({"sid": sid}).encode())(asked, writer)

    def page(self, form: str) -> bytes:
        asked = dict(pair.split("=") for pair in form.split("&"))
        offset, count = int(asked["offset"]), int(asked["count"])
        self.pages.append(count)
        rows = [{"n": str(number), "pad": self.row} for number in range(offset, min(offset + count, self.given))]
        return json.dumps({"preview": False, "results": rows, "messages": []}).encode()


@pytest.fixture
def job(at: datetime) -> SearchJob:
    return SearchJob(
        key="k", search="a", app="s", owner="o", scheduled_at=at, earliest=at - timedelta(minutes=1), latest=at
    )


async def source(opened: Open, impostor: HttpServer, server: Server, **config: object) -> SearchSource:
    impostor.script = server
    found = (await opened(impostor.url, **config)).searches
    assert found is not None
    return found


async def test_a_job_is_followed_by_the_id_it_got(opened: Open, impostor: HttpServer, job: SearchJob) -> None:
    answer = await (await source(opened, impostor, Server(counted=2, given=2))).run(job)
    assert (answer.sid, answer.count) == ("another_id", 2)
    assert all("another_id" in asked.path for asked in impostor.asked[1:])


async def test_it_is_watched_through_every_state(opened: Open, impostor: HttpServer, job: SearchJob) -> None:
    states = ("", "QUEUED", "PARSING", "RUNNING", "PAUSED", "FINALIZING", "DONE")
    server = Server(counted=1, given=1, states=states)
    assert (await (await source(opened, impostor, server)).run(job)).count == 1


async def test_fewer_rows_than_were_counted_are_not_all(opened: Open, impostor: HttpServer, job: SearchJob) -> None:
    error = await raised((await source(opened, impostor, Server(counted=3, given=2))).run(job))
    assert isinstance(error, Temporary)
    assert "counted 3 rows and gave 2" in error.message


async def test_rows_too_long_for_one_answer_come_in_smaller_pages(
    opened: Open, impostor: HttpServer, job: SearchJob
) -> None:
    server = Server(counted=40, given=40, row=BIG)
    answer = await (await source(opened, impostor, server, timeout="60s")).run(job)
    assert [row["n"] for row in answer.rows] == [str(number) for number in range(40)]
    assert server.pages[0] == 40
    assert max(server.pages[-2:]) < 32


async def test_a_row_too_long_for_any_answer_is_refused(opened: Open, impostor: HttpServer, job: SearchJob) -> None:
    server = Server(counted=1, given=1, row=BIG * 33)
    error = await raised((await source(opened, impostor, server, timeout="60s")).run(job))
    assert (type(error), error.reason) == (Permanent, "server")


def kinds(impostor: HttpServer) -> list[str]:
    """The last word of the path of each request."""
    return [asked.path.partition("?")[0].rpartition("/")[2] for asked in impostor.asked]


async def until(impostor: HttpServer, requests: int) -> None:
    async with asyncio.timeout(5):
        while len(impostor.asked) < requests:  # noqa: ASYNC110 - what is removed is not waited for
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("rows", "last"), [(0, "control"), (2, "results")])
async def test_a_quick_search_takes_three_requests(
    opened: Open, impostor: HttpServer, job: SearchJob, rows: int, last: str
) -> None:
    await (await source(opened, impostor, Server(counted=rows, given=rows))).run(job)
    await until(impostor, 3)
    assert kinds(impostor) == ["jobs", "another_id", last]


async def test_what_is_over_is_removed_when_nobody_waits_to_search(
    opened: Open, impostor: HttpServer, job: SearchJob
) -> None:
    searching = await source(opened, impostor, Server(counted=0, given=0, own_ids=True), searches_at_once=1)
    await asyncio.gather(*(searching.run(replace(job, key=str(number))) for number in range(3)))
    await until(impostor, 9)
    found = kinds(impostor)
    assert [kind for kind in found if kind in {"jobs", "control"}] == ["jobs"] * 3 + ["control"] * 3


async def test_what_is_left_is_removed_at_the_end_at_the_latest(
    impostor: HttpServer, tools: Tools, job: SearchJob
) -> None:
    impostor.script = Server(counted=0, given=0)
    async with integration.open(SplunkConfig(url=impostor.url, bearer_token=SecretStr("t")), tools) as opened:
        assert opened.searches is not None
        await opened.searches.run(job)
    assert kinds(impostor) == ["jobs", "another_id", "control"]


async def test_what_waits_to_be_removed_and_is_wanted_again_stays(
    opened: Open, impostor: HttpServer, job: SearchJob
) -> None:
    searching = await source(opened, impostor, Server(counted=0, given=0, own_ids=True), searches_at_once=1)
    await asyncio.gather(*(searching.run(replace(job, key=key)) for key in ("k", "k", "another")))
    await until(impostor, 9)
    found = kinds(impostor)
    assert [kind for kind in found if kind in {"jobs", "control"}] == ["jobs"] * 3 + ["control"] * 2
