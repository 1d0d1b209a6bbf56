"""What every `SearchSource` must do: subclass the suite, give it the fixtures, and it runs against the adapter.

The source holds three events of index `contract`, of the fields `host`, `source`, `room` and `degrees`, within the
minute before `at`: (web-1, /a, kitchen, 21), (web-2, /a, cellar, 12), (web-2, /a, attic, 30).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import unquote_plus

from bot.errors import Permanent
from bot.model.sample import Window
from bot.model.search_job import Row, SearchJob
from bot.ports.searches import SearchSource

SEARCH = "search index=contract | sort 0 room | table host source room degrees"
WARM = "search degrees > 20"
HOT = "search degrees > 40"
MISTAKE = "search index=contract | nonsuch command"
ROWS: tuple[Row, ...] = (
    {"host": "web-2", "source": "/a", "room": "attic", "degrees": "30"},
    {"host": "web-2", "source": "/a", "room": "cellar", "degrees": "12"},
    {"host": "web-1", "source": "/a", "room": "kitchen", "degrees": "21"},
)


class SearchSourceContract:
    """Fixtures: `source`; `at`, an aware moment with the three events in the minute before it."""

    async def test_rows_come_in_their_order_and_are_counted(self, source: SearchSource, at: datetime) -> None:
        """With everything a trigger may ask for."""
        answer = await source.run(_job(at))
        assert [dict(row) for row in answer.rows] == [dict(row) for row in ROWS]
        assert (answer.count, answer.hosts, answer.sources) == (3, 2, 1)
        assert answer.warnings == ()
        assert answer.met is None, "no condition was asked for"
        assert answer.sid

    async def test_rows_that_are_not_wanted_are_still_counted(self, source: SearchSource, at: datetime) -> None:
        """`most_rows` limits what is sent, not what is found."""
        answer = await source.run(replace(_job(at), key="contract_few", most_rows=2))
        assert [row["room"] for row in answer.rows] == ["attic", "cellar"]
        assert (answer.count, answer.hosts) == (3, 2)

    async def test_a_window_without_events_is_an_answer(self, source: SearchSource, at: datetime) -> None:
        """Nothing found is not a failure."""
        early = replace(_job(at), key="contract_none", earliest=at - timedelta(hours=2), latest=at - timedelta(hours=1))
        answer = await source.run(early)
        assert (answer.rows, answer.count, answer.hosts) == ((), 0, 0)

    async def test_a_condition_is_asked_over_the_rows(self, source: SearchSource, at: datetime) -> None:
        """And says only whether it yields anything."""
        warm = await source.run(replace(_job(at), key="contract_warm", condition=WARM))
        hot = await source.run(replace(_job(at), key="contract_hot", condition=HOT))
        assert (warm.met, hot.met) == (True, False)
        assert warm.count == 3

    async def test_the_same_run_is_one_run(self, source: SearchSource, at: datetime) -> None:
        """Asked twice at once, and once more when it is over."""
        job = replace(_job(at), key="contract_once")
        first, second = await asyncio.gather(source.run(job), source.run(job))
        third = await source.run(job)
        assert first.sid == second.sid == third.sid
        assert first.rows == second.rows == third.rows

    async def test_a_mistake_in_the_search_is_ours(self, source: SearchSource, at: datetime) -> None:
        """Permanent, with a reason and a hint."""
        error: Exception | None = None
        try:
            await source.run(replace(_job(at), key="contract_mistake", search=MISTAKE))
        except Permanent as refused:
            error = refused
        assert isinstance(error, Permanent)
        assert error.reason == "client"
        assert error.hint

    async def test_a_link_holds_the_search_and_absolute_times(self, source: SearchSource) -> None:
        """It shows the same tomorrow, in the app that the search belongs to."""
        end = datetime.fromisoformat("2026-03-04T05:06:07+00:00")
        link = unquote_plus(source.link("search a=1 | head 5", "shop", Window(start=end - timedelta(hours=1), end=end)))
        assert "search a=1 | head 5" in link
        assert "shop" in link
        assert str(int(end.timestamp())) in link
        assert "now" not in link


def _job(at: datetime) -> SearchJob:
    return SearchJob(
        key="contract_all",
        search=SEARCH,
        app="search",
        owner="nobody",
        scheduled_at=at,
        earliest=at - timedelta(minutes=1),
        latest=at,
    )
