"""The knobs of the simulated Splunk do what they say: what a client is tested against must really go wrong."""

import http.client
import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.integrations.splunk.simulated import TOKEN, Simulator

JOBS = "/services/search/v2/jobs"


@pytest.fixture(scope="module")
def _server() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def splunk(_server: Simulator) -> Simulator:
    _server.mended()
    ask(_server, "DELETE", "/simulator/jobs")
    now = datetime.now(UTC)
    _server.index(*((now - timedelta(seconds=number + 5), f"n={number}") for number in range(100)))
    return _server


def ask(splunk: Simulator, method: str, path: str, within: float = 10, **form: str) -> tuple[int, bytes]:
    """One request on a connection of its own, so that what happens to it is seen."""
    place = urlsplit(splunk.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=within)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/x-www-form-urlencoded"}
    try:
        if method == "GET":
            connection.request("GET", f"{path}?{urlencode({'output_mode': 'json', **form})}", headers=headers)
        else:
            connection.request(method, path, urlencode({"output_mode": "json", **form}), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def made(splunk: Simulator, search: str = "search *", **form: str) -> str:
    status, body = ask(splunk, "POST", JOBS, search=search, **form)
    assert status == 201, body
    return str(json.loads(body)["sid"])


def content(splunk: Simulator, sid: str) -> dict[str, Any]:
    status, body = ask(splunk, "GET", f"{JOBS}/{sid}")
    assert status == 200, body
    shown: dict[str, Any] = json.loads(body)["entry"][0]["content"]
    return shown


def done(splunk: Simulator, sid: str) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while not (shown := content(splunk, sid))["isDone"]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return shown


class TestWire:
    def test_latency(self, splunk: Simulator) -> None:
        splunk.breaks(wire=[{"path": "server/info", "latency": 0.3, "times": 1}])
        began = time.monotonic()
        assert ask(splunk, "GET", "/services/server/info")[0] == 200
        assert time.monotonic() - began >= 0.3

    def test_an_answer_of_its_own_so_many_times(self, splunk: Simulator) -> None:
        answer = {"status": 429, "type": "WARN", "text": "slow down", "retry_after": 2}
        splunk.breaks(wire=[{"method": "POST", "path": "jobs$", "times": 2, "answer": answer}])
        for _ in range(2):
            status, body = ask(splunk, "POST", JOBS, search="search *")
            assert (status, json.loads(body)) == (429, {"messages": [{"type": "WARN", "text": "slow down"}]})
        assert ask(splunk, "POST", JOBS, search="search *")[0] == 201

    def test_a_page_of_a_proxy(self, splunk: Simulator) -> None:
        splunk.breaks(wire=[{"answer": {"status": 200, "html": True, "text": "please log in"}}])
        status, body = ask(splunk, "GET", "/services/server/info")
        assert (status, body[:9]) == (200, b"<!doctype")

    def test_dropped_before_anything_was_done(self, splunk: Simulator) -> None:
        splunk.breaks(wire=[{"method": "POST", "drop": "before", "times": 1}])
        with pytest.raises(ConnectionError):
            ask(splunk, "POST", JOBS, search="search *", id="never")
        assert splunk.kept() == []

    def test_dropped_after_it_was_done(self, splunk: Simulator) -> None:
        splunk.breaks(wire=[{"method": "POST", "drop": "after", "times": 1}])
        with pytest.raises(ConnectionError):
            ask(splunk, "POST", JOBS, search="search *", id="there")
        assert [job["sid"] for job in splunk.kept()] == ["there"]
        assert ask(splunk, "POST", JOBS, search="search *", id="there")[0] == 409

    def test_truncated(self, splunk: Simulator) -> None:
        sid = made(splunk, exec_mode="blocking")
        splunk.breaks(wire=[{"path": "results", "truncate": 100, "times": 1}])
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            ask(splunk, "GET", f"{JOBS}/{sid}/results")
        assert len(json.loads(ask(splunk, "GET", f"{JOBS}/{sid}/results")[1])["results"]) == 100

    def test_slow(self, splunk: Simulator) -> None:
        sid = made(splunk, exec_mode="blocking")
        splunk.breaks(wire=[{"path": "results", "slow": 0.05, "times": 2}])
        with pytest.raises(socket.timeout):
            ask(splunk, "GET", f"{JOBS}/{sid}/results", within=0.04)
        whole = json.loads(ask(splunk, "GET", f"{JOBS}/{sid}/results")[1])
        assert len(whole["results"]) == 100, "slow, and all of it"


class TestJobs:
    def test_a_state_after_the_other(self, splunk: Simulator) -> None:
        splunk.breaks(jobs=[{"queued": 0.2, "running": 0.2}])
        sid, seen = made(splunk), list[str]()
        while not (shown := content(splunk, sid))["isDone"]:
            seen += [] if seen[-1:] == [shown["dispatchState"]] else [shown["dispatchState"]]
        assert [state for state in seen if state in {"QUEUED", "RUNNING"}] == ["QUEUED", "RUNNING"]
        assert (shown["dispatchState"], shown["resultCount"]) == ("DONE", 100)

    def test_failed(self, splunk: Simulator) -> None:
        splunk.breaks(jobs=[{"fails": "Error in 'x' command: it broke.", "times": 1}])
        sid = made(splunk)
        shown = done(splunk, sid)
        assert (shown["isFailed"], shown["dispatchState"]) == (True, "FAILED")
        assert shown["messages"] == [{"type": "FATAL", "text": "Error in 'x' command: it broke."}]
        assert ask(splunk, "GET", f"{JOBS}/{sid}/results")[0] == 400

    def test_a_peer_that_is_down_is_missing_and_said(self, splunk: Simulator) -> None:
        splunk.breaks(jobs=[{"share": 0.5}])
        shown = done(splunk, made(splunk, "search * | stats count"))
        assert [message["type"] for message in shown["messages"]] == ["ERROR", "ERROR"]
        assert "peer2" in shown["messages"][1]["text"]
        assert 0 < shown["eventCount"] < 100

    def test_who_wants_no_part_of_the_answer_gets_none(self, splunk: Simulator) -> None:
        splunk.breaks(jobs=[{"share": 0.5}])
        shown = done(splunk, made(splunk, allow_partial_results="0"))
        assert (shown["dispatchState"], shown["resultCount"]) == ("FAILED", 0)

    def test_the_limit_of_searches(self, splunk: Simulator) -> None:
        splunk.breaks(max_searches=1, jobs=[{"running": 30}])
        made(splunk, id="first")
        status, body = ask(splunk, "POST", JOBS, search="search *")
        assert (status, "maximum number of concurrent historical searches" in body.decode()) == (503, True)
        ask(splunk, "DELETE", f"{JOBS}/first")
        made(splunk)

    @pytest.mark.parametrize(("when", "gone_after"), [("done", "status"), ("read", "results")])
    def test_it_vanishes(self, splunk: Simulator, when: str, gone_after: str) -> None:
        splunk.breaks(jobs=[{"vanishes": when, "times": 1}])
        sid = made(splunk, exec_mode="blocking")
        if gone_after == "results":
            assert ask(splunk, "GET", f"{JOBS}/{sid}/results")[0] == 200
        assert ask(splunk, "GET", f"{JOBS}/{sid}")[0] == 404

    def test_max_time_and_max_count(self, splunk: Simulator) -> None:
        splunk.breaks(jobs=[{"running": 30, "times": 1}])
        shown = done(splunk, made(splunk, max_time="1"))
        assert (shown["isFinalized"], "auto-finalized" in shown["messages"][0]["text"]) == (True, True)
        shown = done(splunk, made(splunk, max_count="7"))
        assert (shown["resultCount"], shown["eventCount"] > 7) == (7, True)

    def test_pages_end_at_the_servers_own_limit(self, splunk: Simulator) -> None:
        splunk.set_up(max_result_rows=30)
        sid = made(splunk, exec_mode="blocking")
        pages = [
            json.loads(ask(splunk, "GET", f"{JOBS}/{sid}/results", count="0", offset=str(at))[1]) for at in (0, 30, 90)
        ]
        assert [(page["init_offset"], len(page["results"])) for page in pages] == [(0, 30), (30, 30), (90, 10)]

    def test_forgotten_when_nobody_asks(self, splunk: Simulator) -> None:
        splunk.breaks(jobs=[{"running": 30}])
        abandoned = made(splunk, auto_cancel="1")
        short = made(splunk, timeout="1", exec_mode="normal")
        ask(splunk, "POST", f"{JOBS}/{short}/control", action="finalize")
        time.sleep(1.3)
        assert [ask(splunk, "GET", f"{JOBS}/{sid}")[0] for sid in (abandoned, short)] == [404, 404]

    @pytest.mark.parametrize(
        ("form", "said"),
        [
            ({"earliest_time": "soon"}, "Invalid earliest_time."),
            ({"earliest_time": "rt-5m", "latest_time": "rt"}, "real-time"),
            ({"earliest_time": "200", "latest_time": "100"}, "latest_time must be after earliest_time"),
            ({"earliest_time": "100", "latest_time": "100"}, "latest_time must be after earliest_time"),
            ({"exec_mode": "now"}, "Invalid exec_mode"),
            ({"max_count": "-3"}, "non-negative"),
            ({"search": " "}, "Empty search."),
        ],
    )
    def test_what_no_search_can_be(self, splunk: Simulator, form: dict[str, str], said: str) -> None:
        status, body = ask(splunk, "POST", JOBS, **{"search": "search *", **form})
        assert (status, said in body.decode()) == (400, True)

    def test_index_times_and_now(self, splunk: Simulator) -> None:
        """An event that came late is of its own time, and of the time when it came."""
        then = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
        splunk.index((then, "late=1"), indexed_at=(then + timedelta(minutes=30)).timestamp())
        late = {
            "search": "search late=1",
            "exec_mode": "oneshot",
            "now": str(then.timestamp() + 60),
            "earliest_time": "-5m",
        }
        assert len(json.loads(ask(splunk, "POST", JOBS, **late)[1])["results"]) == 1
        late["index_latest"] = "-1m"
        assert json.loads(ask(splunk, "POST", JOBS, **late)[1])["results"] == []


def test_the_journal_holds_everything_but_secrets(splunk: Simulator) -> None:
    before = len(splunk.asked())
    ask(splunk, "POST", "/services/auth/login", username="admin", password="changed-it")
    ask(splunk, "POST", JOBS, search="search x", exec_mode="oneshot")
    ask(splunk, "GET", "/services/nothing")
    lines = splunk.asked()[before:]
    assert [(line["method"], line["path"], line["status"]) for line in lines] == [
        ("POST", "/services/auth/login", 200),
        ("POST", JOBS, 200),
        ("GET", "/services/nothing", 404),
    ]
    assert lines[0]["arguments"]["password"] == "hidden"
    assert "changed-it" not in json.dumps(lines)
    assert TOKEN not in json.dumps(lines)


def test_unknown_knobs_are_refused(splunk: Simulator) -> None:
    place = urlsplit(splunk.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    connection.request("PUT", "/simulator/faults", json.dumps({"wires": []}))
    assert connection.getresponse().status == 400
    connection.close()
