"""Saved searches, run on a simulated Splunk as one job each."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.errors import Permanent, Temporary
from bot.model.sample import Window
from bot.model.search_job import SearchAnswer, SearchJob
from bot.ports.searches import SearchSource
from tests.integrations.http_server import raised
from tests.integrations.splunk.conftest import Open
from tests.integrations.splunk.simulated import Simulator


@pytest.fixture
def events(splunk: Simulator, at: datetime) -> Simulator:
    """Six errors of two hosts in the last five minutes, and one older."""
    for number in range(6):
        host = "web1" if number % 2 else "web2"
        splunk.index(
            (at - timedelta(seconds=10 * number + 1), f"level=error code={number} user=u{number % 3}"), host=host
        )
    splunk.index((at - timedelta(hours=1), "level=error code=99"), host="web9")
    return splunk


@pytest.fixture
async def source(events: Simulator, opened: Open) -> SearchSource:
    return searches(await opened(events.url))


def searches(opened: Any) -> SearchSource:
    assert opened.searches is not None
    return opened.searches


@pytest.fixture
def asking(at: datetime, request: pytest.FixtureRequest) -> Any:
    """Makes jobs; those of two tests never have the same key."""

    def ask(search: str = "level=error", **more: Any) -> SearchJob:
        values = {
            "key": request.node.name,
            "search": search,
            "app": "search",
            "owner": "nobody",
            "scheduled_at": at,
            "earliest": at - timedelta(minutes=5),
            "latest": at,
        }
        return SearchJob(**(values | more))

    return ask


def created(splunk: Simulator) -> list[Mapping[str, Any]]:
    return [one["arguments"] for one in splunk.asked() if one["method"] == "POST" and one["path"].endswith("/jobs")]


async def test_events_are_counted_and_come_with_their_fields(source: SearchSource, asking: Any) -> None:
    answer = await source.run(asking())
    assert (answer.count, len(answer.rows), answer.warnings, answer.met) == (6, 6, (), None)
    assert (answer.hosts, answer.sources) == (2, 1)
    assert answer.rows[0]["code"] == "0"
    assert answer.link == f"https://splunk.example.net/en-US/app/search/@go?sid={answer.sid}"


async def test_rows_of_a_search_that_transforms_are_counted(source: SearchSource, asking: Any) -> None:
    answer = await source.run(asking("level=error | stats count values(user) as users by host | sort host"))
    assert answer.count == 2
    assert [(row["host"], row["count"], row["users"]) for row in answer.rows] == [
        ("web1", "3", ("u0", "u1", "u2")),
        ("web2", "3", ("u0", "u1", "u2")),
    ]


async def test_nothing_is_an_answer_and_leaves_nothing_behind(
    source: SearchSource, asking: Any, events: Simulator, opened: Open
) -> None:
    before = len(events.kept())
    answer = await source.run(asking("level=fatal"))
    assert (answer.count, answer.rows, answer.warnings, answer.link) == (0, (), (), "")
    async with asyncio.timeout(5):
        while len(events.kept()) > before:  # noqa: ASYNC110 - the other process cannot set an event
            await asyncio.sleep(0.02)


async def test_what_is_asked_is_absolute_and_has_an_id_of_ours(
    source: SearchSource, asking: Any, events: Simulator, at: datetime
) -> None:
    answer = await source.run(asking(index_earliest=at - timedelta(days=1), max_time=timedelta(seconds=30)))
    asked = created(events)[-1]
    assert asked["search"] == "search level=error"
    assert asked["earliest_time"] == f"{(at - timedelta(minutes=5)).timestamp():.6f}"
    assert asked["latest_time"] == asked["now"] == f"{at.timestamp():.6f}"
    assert asked["index_earliest"] == f"{(at - timedelta(days=1)).timestamp():.6f}"
    assert (asked["id"], asked["max_time"], asked["status_buckets"]) == (answer.sid, "30", "0")
    assert "index_latest" not in asked


async def test_the_same_run_is_taken_up_and_another_is_not(source: SearchSource, asking: Any, at: datetime) -> None:
    first, again = await source.run(asking()), await source.run(asking())
    assert first.sid == again.sid
    assert again.rows == first.rows
    later = await source.run(asking(latest=at - timedelta(seconds=15)))
    assert (later.sid != first.sid, later.count) == (True, 4)


async def test_a_run_under_way_is_taken_up(events: Simulator, opened: Open, asking: Any) -> None:
    """As after a restart in the middle of a search: two Tocsins ask, one job runs."""
    events.breaks(jobs=[{"running": 1.0}])
    one, other = searches(await opened(events.url)), searches(await opened(events.url))
    found = await asyncio.gather(one.run(asking()), other.run(asking()))
    assert [answer.count for answer in found] == [6, 6]
    assert found[0].sid == found[1].sid


async def test_one_that_failed_is_made_anew(events: Simulator, source: SearchSource, asking: Any) -> None:
    events.breaks(jobs=[{"fails": "Search process did not exit cleanly, exit_code=255", "times": 1}])
    await raised(source.run(asking()))
    assert (await source.run(asking())).count == 6


async def test_a_condition_is_a_search_over_the_rows(source: SearchSource, asking: Any, events: Simulator) -> None:
    search = "level=error | stats count by host"
    assert (await source.run(asking(search, condition="search count > 2"))).met is True
    assert (await source.run(asking(search, condition="where count > 3"))).met is False
    assert created(events)[-1]["search"].startswith("| loadjob tocsin_")


async def test_rows_come_page_by_page_and_are_cut_at_what_is_wanted(
    events: Simulator, source: SearchSource, asking: Any
) -> None:
    events.set_up(max_result_rows=2)
    answer = await source.run(asking())
    assert [row["code"] for row in answer.rows] == list("012345")
    few = await source.run(asking(most_rows=3, key="few"))
    assert (few.count, len(few.rows)) == (6, 3)
    assert (few.hosts, few.sources) == (2, 1)


@pytest.mark.parametrize(
    ("fault", "warning"),
    [
        ({"share": 0.5}, 'status = "Down"'),
        ({"messages": [["WARN", "Search results might be incomplete"]]}, "incomplete"),
        (
            {"messages": [["INFO", "[subsearch]: Subsearch auto-finalized after time limit (60 seconds) reached."]]},
            "auto-finalized",
        ),
    ],
)
async def test_missing_data_is_said(
    events: Simulator, source: SearchSource, asking: Any, fault: dict[str, object], warning: str
) -> None:
    events.breaks(jobs=[fault])
    answer = await source.run(asking())
    assert any(warning in text for text in answer.warnings)


async def test_what_says_nothing_of_data_is_no_warning(events: Simulator, opened: Open, asking: Any) -> None:
    said = [
        ["INFO", "Your timerange was substituted based on your search string"],
        ["WARN", "Field extractor name=x is unusually slow (max single event time=1150ms)"],
        ["WARN", "Eventtype 'old-hosts' does not exist or is disabled."],
    ]
    events.breaks(jobs=[{"messages": said}])
    source = searches(await opened(events.url, harmless_messages=["Eventtype 'old-hosts'"]))
    assert (await source.run(asking())).warnings == ()


async def test_a_search_that_met_its_own_time_limit_is_partial(
    events: Simulator, source: SearchSource, asking: Any
) -> None:
    events.breaks(jobs=[{"running": 30}])
    answer = await source.run(asking(max_time=timedelta(seconds=1)))
    assert any("time limit" in text for text in answer.warnings)


async def test_as_many_rows_as_there_may_be_are_not_all(source: SearchSource, asking: Any) -> None:
    answer = await source.run(asking("level=error | stats count by code", max_count=4))
    assert (answer.count, answer.warnings) == (4, ("the search met its limit of 4 rows",))


async def test_a_mistake_is_ours_with_splunks_words(source: SearchSource, asking: Any, events: Simulator) -> None:
    error = await raised(source.run(asking("level=error | nonsense")))
    assert (type(error), error.reason) == (Permanent, "client")
    assert "nonsense" in error.message
    events.breaks(jobs=[{"fails": "Error in 'where' command: The expression is malformed."}])
    error = await raised(source.run(asking()))
    assert (type(error), error.reason) == (Permanent, "client")
    assert "malformed" in error.said


@pytest.mark.parametrize("text", ["The search process on the peer:idx3 ended prematurely.", "Search auto-canceled"])
async def test_a_search_that_failed_for_the_servers_sake_may_be_tried_again(
    events: Simulator, source: SearchSource, asking: Any, text: str
) -> None:
    events.breaks(jobs=[{"fails": text}])
    error = await raised(source.run(asking()))
    assert (type(error), error.reason) == (Temporary, "server")


async def test_a_full_server_is_asked_again(events: Simulator, source: SearchSource, asking: Any) -> None:
    full = (
        "Search not executed: The maximum number of concurrent historical searches on this instance has been reached."
    )
    events.breaks(wire=[{"method": "POST", "path": "/jobs$", "times": 4, "answer": {"status": 503, "text": full}}])
    assert (await source.run(asking())).count == 6


async def test_a_server_that_stays_full_says_what_to_do(events: Simulator, source: SearchSource, asking: Any) -> None:
    quota = "This search could not be dispatched because the role-based concurrency limit has been reached (quota=3)."
    answer = {"status": 503, "text": quota, "retry_after": 3600}
    events.breaks(wire=[{"method": "POST", "path": "/jobs$", "answer": answer}])
    error = await raised(source.run(asking()))
    assert isinstance(error, Temporary)
    assert (error.reason, error.retry_after) == ("rate_limited", 3600)
    assert "srchJobsQuota" in error.hint


async def test_too_long_is_cancelled(events: Simulator, opened: Open, asking: Any) -> None:
    events.breaks(jobs=[{"running": 60}])
    source = searches(await opened(events.url, search_timeout="1s"))
    error = await raised(source.run(asking(key="long")))
    assert (type(error), error.reason) == (Temporary, "timeout")
    await gone(events, "search level=error")


async def test_whoever_is_cancelled_leaves_no_job_behind(events: Simulator, source: SearchSource, asking: Any) -> None:
    events.breaks(jobs=[{"running": 60}])
    run = asyncio.create_task(source.run(asking(key="cancelled")))
    async with asyncio.timeout(5):
        while not any(job["state"] == "RUNNING" for job in events.kept()):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    await gone(events, "search level=error")


async def gone(splunk: Simulator, search: str) -> None:
    async with asyncio.timeout(5):
        while any(job["state"] == "RUNNING" and job["search"] == search for job in splunk.kept()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("when", ["running", "done", "read"])
async def test_a_job_that_vanishes_is_not_an_empty_answer(
    events: Simulator, source: SearchSource, asking: Any, when: str
) -> None:
    events.breaks(jobs=[{"vanishes": when, "running": 0.2}])
    events.set_up(max_result_rows=2)
    error = await raised(source.run(asking()))
    assert (isinstance(error, Temporary), error.reason) == (True, "server")


async def test_a_job_that_vanishes_once_is_made_anew(events: Simulator, source: SearchSource, asking: Any) -> None:
    events.breaks(jobs=[{"vanishes": "running", "running": 0.2, "times": 1}])
    assert (await source.run(asking())).count == 6


async def test_two_that_ask_for_nothing_at_once_are_both_answered(events: Simulator, opened: Open, asking: Any) -> None:
    """The first to be done removes the job, for it has no rows."""
    events.breaks(jobs=[{"running": 0.3}])
    one, other = searches(await opened(events.url)), searches(await opened(events.url))
    found = await asyncio.gather(one.run(asking("level=fatal")), other.run(asking("level=fatal")))
    assert [(answer.count, answer.warnings) for answer in found] == [(0, ()), (0, ())]


@pytest.mark.parametrize(
    "fault",
    [
        {"answer": {"status": 200, "html": True}},
        {"answer": {"status": 200, "type": "INFO", "text": "no rows here"}},
        {"truncate": 40},
        {"drop": "after"},
    ],
)
@pytest.mark.parametrize("path", ["jobs$", "jobs/tocsin_[0-9a-f]+$", "results$"])
async def test_half_an_answer_is_never_taken_for_nothing(
    events: Simulator, source: SearchSource, asking: Any, fault: dict[str, object], path: str
) -> None:
    events.breaks(wire=[{"path": path, **fault}])
    error = await raised(source.run(asking(key=f"{fault}{path}")))
    assert isinstance(error, Temporary)


async def test_an_answer_lost_on_the_way_is_asked_for_again(
    events: Simulator, source: SearchSource, asking: Any
) -> None:
    events.breaks(wire=[{"path": "jobs$", "drop": "after", "times": 1}])
    assert (await source.run(asking(key="lost"))).count == 6


async def test_an_older_server_is_asked_in_its_own_way(events: Simulator, opened: Open, asking: Any) -> None:
    events.breaks(v2=False)
    source = searches(await opened(events.url))
    before = len(events.asked())
    for key in ("a", "b"):
        answer: SearchAnswer = await source.run(asking(key=key))
        assert answer.count == 6
    paths = [one["path"] for one in events.asked()[before:]]
    assert sum("/v2/" in path for path in paths) == 1


async def test_an_app_that_is_not_there_is_no_old_server(events: Simulator, source: SearchSource, asking: Any) -> None:
    error = await raised(source.run(asking(app="nowhere")))
    assert (type(error).__mro__[1], error.reason) == (Permanent, "client")
    assert (await source.run(asking())).count == 6
    assert "/v2/" in events.asked()[-1]["path"]


async def test_a_macro_is_found_in_the_searchs_own_app(events: Simulator, source: SearchSource, asking: Any) -> None:
    events.set_up(apps=["search", "shop"], macros={"shop/bad": "level=error"})
    assert (await source.run(asking("`bad`", app="shop"))).count == 6
    assert (await raised(source.run(asking("`bad`")))).reason == "client"


async def test_a_session_is_renewed_when_it_is_over(events: Simulator, opened: Open, asking: Any) -> None:
    source = searches(await opened(events.url, login={"username": "admin", "password": "changed-it"}))
    assert (await source.run(asking(key="1"))).count == 6
    events.breaks(
        wire=[{"path": "/jobs$", "times": 1, "answer": {"status": 401, "text": "call not properly authenticated"}}]
    )
    before = len(events.asked())
    assert (await source.run(asking(key="2"))).count == 6
    assert [one["path"] for one in events.asked()[before:]].count("/services/auth/login") == 1
    events.breaks(wire=[{"path": "/jobs$", "answer": {"status": 401, "text": "call not properly authenticated"}}])
    assert (await raised(source.run(asking(key="3")))).reason == "auth"


@pytest.mark.parametrize(
    "who",
    [
        {"basic_auth": {"username": "admin", "password": "changed-it"}},
        {"login": {"username": "admin", "password": "changed-it"}},
        {"bearer_token": "token-of-admin"},
    ],
)
async def test_every_way_in(events: Simulator, opened: Open, asking: Any, who: dict[str, object]) -> None:
    assert (await searches(await opened(events.url, **who)).run(asking(key=f"{who}"))).count == 6


async def test_whom_nobody_knows_is_not_let_in(events: Simulator, opened: Open, asking: Any) -> None:
    for who in ({"bearer_token": "nobody's"}, {"login": {"username": "admin", "password": "wrong-one"}}):
        error = await raised(searches(await opened(events.url, **who)).run(asking()))
        assert (isinstance(error, Permanent), error.reason) == (True, "auth")


async def test_a_link_shows_the_search_over_its_window(opened: Open, at: datetime) -> None:
    source = searches(await opened("http://127.0.0.1:1"))
    assert source.link('index=a "b c"', "shop app") == (
        "https://splunk.example.net/en-US/app/shop%20app/search?q=search%20index%3Da%20%22b%20c%22"
    )
    window = Window(start=datetime(2026, 3, 4, tzinfo=UTC), end=datetime(2026, 3, 4, 1, 0, 0, 500, tzinfo=UTC))
    assert source.link("| tstats count", "search", window).endswith(
        "?q=%7C%20tstats%20count&earliest=1772582400.000000&latest=1772586000.000500"
    )
    assert searches(await opened("http://127.0.0.1:1", web_url=None)).link("a", "search") == ""
