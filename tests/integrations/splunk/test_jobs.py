"""The life of a job against a server that answers byte for byte what a test wants."""

import asyncio
import json
from datetime import datetime, timedelta

import pytest

from bot.errors import Permanent, Temporary
from bot.model.search_job import SearchJob
from bot.ports.searches import SearchSource
from tests.integrations.http_server import Asked, HttpServer, raised, says
from tests.integrations.splunk.conftest import Open

BIG = "x" * 1024 * 1024


class Server:
    """Answers like a Splunk whose job has so many rows, of which it gives only some."""

    def __init__(self, *, counted: int, given: int, row: str = "", states: tuple[str, ...] = ("DONE",)) -> None:
        self.counted, self.given, self.row, self.states = counted, given, row, list(states)
        self.pages: list[int] = []

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        path = asked.path.partition("?")[0]
        if path.endswith("/jobs"):
            await says(201, b'{"sid": "another_id"}')(asked, writer)
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
