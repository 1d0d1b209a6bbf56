"""Our fake of a server that runs searches keeps the promises of one."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Temporary
from bot.model.search_job import SearchJob
from bot.testing.search_contract import ROWS, SEARCH, WARM, SearchSourceContract
from bot.testing.searches import FakeSearchSource, Script

AT = datetime(2026, 11, 22, tzinfo=UTC)
JOB = SearchJob(
    key="one", search="a", app="search", owner="nobody", scheduled_at=AT, earliest=AT - timedelta(hours=1), latest=AT
)


class TestFakeSearchSource(SearchSourceContract):
    @pytest.fixture
    def at(self) -> datetime:
        return AT

    @pytest.fixture
    def source(self, at: datetime) -> FakeSearchSource:
        source = FakeSearchSource()

        def script(job: SearchJob) -> Script:
            # what a condition means only a server knows: here the script says
            return Script(rows=ROWS if job.latest == at else (), met=job.condition == WARM)

        source.plays(SEARCH, script)
        return source


async def test_it_takes_its_time_and_ends_with_its_caller() -> None:
    source = FakeSearchSource()
    source.plays("a", lambda _: Script(rows=ROWS, takes=timedelta(hours=1)))
    run = asyncio.create_task(source.run(JOB))
    await asyncio.sleep(0)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert (source.started, source.ended_early) == ([JOB], [JOB])


async def test_a_run_outlives_a_caller_that_crashed_and_is_taken_up() -> None:
    source = FakeSearchSource()
    source.clients_die = True
    source.plays("a", lambda _: Script(rows=ROWS, takes=timedelta(seconds=0.05)))
    run = asyncio.create_task(source.run(JOB))
    await asyncio.sleep(0)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert (await source.run(JOB)).count == 3
    assert source.started == [JOB]


async def test_a_run_that_failed_is_begun_anew() -> None:
    source = FakeSearchSource()
    source.plays("a", lambda _: Script(rows=ROWS, fails=Temporary("gone", integration="splunk", reason="server")))
    with pytest.raises(Temporary):
        await source.run(JOB)
    source.shows("a", ROWS)
    assert (await source.run(JOB)).rows == ROWS
    assert len(source.started) == 2
