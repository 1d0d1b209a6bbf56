"""Our fake of a server that runs searches keeps the promises of one."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import Temporary
from bot.model.search_job import SearchJob
from bot.testing.search_contract import ROWS, SEARCH, SearchSourceContract
from bot.testing.searches import FakeSearchSource, Rows, Script

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

        def rows(job: SearchJob) -> Rows:
            return ROWS if job.latest == at else ()

        source.plays(SEARCH, Script(rows=rows))
        source.plays(f"{SEARCH} hot", Script(rows=rows))
        return source

    async def test_a_condition_is_asked_over_the_rows(self, source: FakeSearchSource, at: datetime) -> None:
        """What a condition means only a server knows: a script says."""
        source.plays("a", Script(rows=lambda _: ROWS, met=lambda rows: len(rows) > 5))
        assert (await source.run(replace(JOB, condition="where n > 5"))).met is False


async def test_it_takes_its_time_and_ends_with_its_caller() -> None:
    source = FakeSearchSource()
    source.plays("a", Script(rows=lambda _: ROWS, takes=timedelta(hours=1)))
    run = asyncio.create_task(source.run(JOB))
    await asyncio.sleep(0)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert (source.started, source.ended_early) == ([JOB], [JOB])


async def test_a_run_outlives_a_caller_that_crashed_and_is_taken_up() -> None:
    source = FakeSearchSource()
    source.clients_die = True
    source.plays("a", Script(rows=lambda _: ROWS, takes=timedelta(seconds=0.05)))
    run = asyncio.create_task(source.run(JOB))
    await asyncio.sleep(0)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert (await source.run(JOB)).count == 3
    assert source.started == [JOB]


async def test_a_run_that_failed_is_begun_anew() -> None:
    source = FakeSearchSource()
    source.plays("a", Script(rows=lambda _: ROWS, fails=Temporary("gone", integration="splunk", reason="server")))
    with pytest.raises(Temporary):
        await source.run(JOB)
    source.shows("a", ROWS)
    assert (await source.run(JOB)).rows == ROWS
    assert len(source.started) == 2
