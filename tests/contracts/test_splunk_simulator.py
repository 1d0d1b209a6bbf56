"""Splunk's own SDK drives the simulated server: what it answers has the shape that the SDK expects of a real one."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from splunklib import binding, client, results

from tests.integrations.splunk.simulated import HEC_TOKEN, PASSWORD, TOKEN, Simulator

AT = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)


@pytest.fixture(scope="module")
def _server() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def splunk(_server: Simulator) -> Simulator:
    """Twenty events, one each second, of three hosts."""
    _server.mended()
    knob(_server, "DELETE", "jobs")
    for number in range(20):
        raw = f"level={'error' if number % 2 else 'info'} user=u{number} ms={number * 10}"
        _server.index((AT - timedelta(seconds=20 - number), raw), host=f"h{number % 3}")
    return _server


@pytest.fixture
def service(splunk: Simulator) -> client.Service:
    return logged_in(splunk)


def knob(splunk: Simulator, method: str, path: str, body: object = None) -> Any:
    request = urllib.request.Request(
        f"{splunk.url}/simulator/{path}", method=method, data=None if body is None else json.dumps(body).encode()
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def logged_in(splunk: Simulator, **more: Any) -> client.Service:
    place = urlsplit(splunk.url)
    who = more or {"username": "admin", "password": PASSWORD}
    return client.connect(host=place.hostname, port=place.port, scheme="http", **who)


def waited(job: client.Job) -> client.Job:
    deadline = time.monotonic() + 20
    while not job.is_done():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return job


def rows(stream: Any) -> list[Any]:
    return list(results.JSONResultsReader(stream))


def plain(splunk: Simulator, path: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, Any]:
    """An answer that the SDK would hide: status and JSON."""
    request = urllib.request.Request(
        f"{splunk.url}{path}",
        data=urlencode(form).encode() if form is not None else None,
        headers={"Authorization": f"Bearer {TOKEN}", **headers},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
            return answer.status, json.loads(body) if body else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


class TestComingIn:
    def test_password_session_and_cookie(self, splunk: Simulator) -> None:
        service = logged_in(splunk)
        assert service.token.startswith("Splunk ")
        assert service.info["version"] == "10.0.1"
        assert (
            logged_in(splunk, cookie=binding._make_cookie_header(service.get_cookies().items())).info["isTrial"] == "0"
        )

    def test_bearer_token_and_basic(self, splunk: Simulator) -> None:
        assert logged_in(splunk, splunkToken=TOKEN).splunk_version == (10, 0, 1)
        assert logged_in(splunk, username="admin", password=PASSWORD, basic=True).splunk_version == (10, 0, 1)

    def test_a_wrong_password_and_a_wrong_token(self, splunk: Simulator) -> None:
        with pytest.raises(binding.AuthenticationError):
            logged_in(splunk, username="admin", password="no")
        status, body = plain(splunk, "/services/server/info?output_mode=json", Authorization="Bearer no")
        assert (status, body) == (401, {"messages": [{"type": "WARN", "text": "call not properly authenticated"}]})

    def test_who_may_not_search(self, splunk: Simulator) -> None:
        with pytest.raises(binding.HTTPError) as refused:
            logged_in(splunk, splunkToken="token-of-guest").jobs.create("search error")
        assert refused.value.status == 403


class TestJobs:
    def test_normal(self, service: client.Service) -> None:
        job = waited(service.jobs.create("search level=error", earliest_time="-1d", latest_time="now"))
        assert (job["resultCount"], job["eventCount"], job["dispatchState"]) == ("10", "10", "DONE")
        found = rows(job.results(output_mode="json"))
        assert [row["_raw"].split()[1] for row in found[:2]] == ["user=u19", "user=u17"], "the newest first"
        assert found[0]["_time"] == (AT - timedelta(seconds=1)).isoformat(timespec="milliseconds")
        assert rows(job.results(output_mode="json", count=3, offset=8)) == found[8:]
        with pytest.deprecated_call():
            from_xml = list(results.ResultsReader(job.results(count=0)))
        assert from_xml == found

    def test_blocking_events_and_preview(self, service: client.Service) -> None:
        job = service.jobs.create("search level=error", exec_mode="blocking")
        assert job.is_done()
        assert len(rows(job.events(output_mode="json"))) == 10
        preview = results.JSONResultsReader(job.preview(output_mode="json"))
        assert len(list(preview)) == 10
        assert preview.is_preview is False, "of a job that is done"

    def test_oneshot_leaves_nothing(self, splunk: Simulator, service: client.Service) -> None:
        found = rows(service.jobs.oneshot("search * | stats count by host | sort host", output_mode="json"))
        assert found == [{"host": "h0", "count": "7"}, {"host": "h1", "count": "7"}, {"host": "h2", "count": "6"}]
        assert splunk.kept() == []

    def test_export(self, splunk: Simulator, service: client.Service) -> None:
        reader = results.JSONResultsReader(service.jobs.export("search level=error | fields user", output_mode="json"))
        assert len(list(reader)) == 10
        assert reader.is_preview is False
        assert splunk.kept() == []

    def test_export_sends_previews_of_a_table_first(self, service: client.Service) -> None:
        spl = "search * | stats count"
        lines = [json.loads(line) for line in service.jobs.export(spl, output_mode="json").read().splitlines()]
        assert [line["preview"] for line in lines] == [True, False]
        assert lines[-1] == {"preview": False, "offset": 0, "lastrow": True, "result": {"count": "20"}}
        final = service.jobs.export(spl, output_mode="json", preview="0").read().splitlines()
        assert len(final) == 1

    def test_listing_cancel_and_the_unknown(self, splunk: Simulator, service: client.Service) -> None:
        job = service.jobs.create("search *", exec_mode="blocking", id="mine-1")
        assert job.sid == "mine-1"
        assert [one.sid for one in service.jobs.list()] == ["mine-1"]
        job.cancel()
        assert splunk.kept() == []
        job.cancel()  # the SDK takes its 404 for done
        with pytest.raises(binding.HTTPError) as gone:
            service.job("mine-1").refresh()
        assert (gone.value.status, "Unknown sid." in str(gone.value)) == (404, True)

    def test_a_sid_is_taken_once(self, service: client.Service) -> None:
        service.jobs.create("search *", id="mine-2", exec_mode="blocking")
        with pytest.raises(binding.HTTPError) as conflict:
            service.jobs.create("search *", id="mine-2")
        assert conflict.value.status == 409

    def test_finalize_ends_a_job_with_what_it_has(self, splunk: Simulator, service: client.Service) -> None:
        splunk.breaks(jobs=[{"running": 30}])
        job = service.jobs.create("search * | stats count")
        job.finalize()
        assert waited(job)["isFinalized"] == "1"
        assert rows(job.results(output_mode="json")) == [{"count": "0"}]

    def test_pause_touch_ttl_priority(self, splunk: Simulator, service: client.Service) -> None:
        splunk.breaks(jobs=[{"running": 30}])
        job = service.jobs.create("search *")
        job.pause()
        assert job.refresh()["dispatchState"] in {"PAUSED", "PARSING", "QUEUED"}
        job.unpause().touch().set_ttl(5).set_priority(3).enable_preview().disable_preview().finalize()
        assert waited(job)["ttl"] == "5"

    def test_results_are_not_there_before_the_end(self, splunk: Simulator, service: client.Service) -> None:
        splunk.breaks(jobs=[{"running": 30}])
        job = service.jobs.create("search *")
        assert job.results(output_mode="json").read() == b""
        job.cancel()

    @pytest.mark.parametrize(
        ("search", "said"),
        [
            ("index=main", "Unknown search command 'index'."),
            ("search * | nosuch", "Unknown search command 'nosuch'."),
            ("search * | stats nope(x)", "Error in 'stats' command: The argument 'nope(x)' is invalid."),
            ("stats count", "Error in 'stats' command: This command must not be the first command of a search."),
            (
                "search `nowhere`",
                "Error in 'SearchParser': The search specifies a macro 'nowhere' that cannot be found.",
            ),
            ('search "a', "Error in 'SearchParser': Unbalanced quotes."),
        ],
    )
    def test_a_mistake_in_the_search(self, splunk: Simulator, service: client.Service, search: str, said: str) -> None:
        with pytest.raises(binding.HTTPError) as wrong:
            service.jobs.create(search)
        assert (wrong.value.status, said in str(wrong.value)) == (400, True)
        status, body = plain(splunk, "/services/search/v2/jobs", {"search": search, "output_mode": "json"})
        assert (status, body["messages"][0]["type"]) == (400, "FATAL")
        assert body["messages"][0]["text"].startswith(said)

    def test_a_mistyped_argument_is_not_ignored(self, service: client.Service) -> None:
        with pytest.raises(binding.HTTPError) as wrong:
            service.jobs.create("search *", earliest="-5m")
        assert wrong.value.status == 400

    def test_macros_are_those_of_the_app(self, splunk: Simulator, service: client.Service) -> None:
        macros = {"shop/bad(1)": "level=$argument1$", "search/bad(1)": "level=nothing"}
        splunk.set_up(apps=["search", "shop"], macros=macros)
        wanted = {"search": "search `bad(error)` | stats count", "exec_mode": "oneshot", "output_mode": "json"}
        for app, count in (("shop", "10"), ("search", "0")):
            status, body = plain(splunk, f"/servicesNS/nobody/{app}/search/v2/jobs", wanted)
            assert (status, body["results"]) == (200, [{"count": count}])
        assert plain(splunk, "/servicesNS/nobody/gone/search/v2/jobs", wanted)[0] == 404

    def test_loadjob_reads_the_rows_of_another_job(self, service: client.Service) -> None:
        service.jobs.create("search * | stats count by host", id="first", exec_mode="blocking")
        assert rows(service.jobs.oneshot("| loadjob first | search count > 6", output_mode="json")) == [
            {"host": "h0", "count": "7"},
            {"host": "h1", "count": "7"},
        ]
        with pytest.raises(binding.HTTPError, match="loadjob"):
            service.jobs.oneshot("| loadjob nowhere", output_mode="json")

    def test_events_show_what_the_search_names(self, service: client.Service) -> None:
        """Without field discovery, as it is over REST; `rf=*` asks for it."""
        (few,) = rows(service.jobs.oneshot("search user=u3", output_mode="json"))
        (all_of_it,) = rows(service.jobs.oneshot("search user=u3", output_mode="json", rf="*"))
        assert (few.get("user"), few.get("ms"), all_of_it.get("ms")) == ("u3", None, "30")

    def test_the_parser(self, service: client.Service) -> None:
        assert service.parse("search * | stats count", output_mode="json").status == 200
        with pytest.raises(binding.HTTPError):
            service.parse("search * | nosuch")


class TestOldServer:
    @pytest.fixture
    def old(self, splunk: Simulator) -> client.Service:
        splunk.set_up(version="8.2.12")
        splunk.breaks(v2=False)
        return logged_in(splunk)

    def test_the_sdk_uses_version_1(self, splunk: Simulator, old: client.Service) -> None:
        job = waited(old.jobs.create("search level=error"))
        assert len(rows(job.results(output_mode="json"))) == 10
        assert len(rows(job.events(output_mode="json"))) == 10
        assert old.parse("search *").status == 200
        job.cancel()
        paths = [line["path"] for line in splunk.asked()[-8:]]
        assert [path for path in paths if "v2" in path] == []

    def test_version_2_is_not_there(self, splunk: Simulator, old: client.Service) -> None:
        assert plain(splunk, "/services/search/v2/jobs", {"search": "search *", "output_mode": "json"})[0] == 404


class TestSavedSearches:
    @pytest.fixture
    def saved(self, splunk: Simulator) -> client.Service:
        content = {
            "search": "level=error | stats count",
            "is_scheduled": True,
            "cron_schedule": "*/5 * * * *",
            "alert_type": "number of events",
            "alert_comparator": "greater than",
            "alert_threshold": "5",
            "dispatch.earliest_time": "-1d",
            "dispatch.latest_time": "now",
        }
        searches = [
            {"name": f"Alert {number:02}", "app": "search", "owner": "admin", "content": content}
            for number in range(45)
        ]
        searches.append({"name": "CPU / disk > 90%", "content": content | {"is_scheduled": False}})
        fired = [{"savedsearch_name": "Alert 01", "sid": f"scheduler_{number}", "trigger_time": 0} for number in (1, 2)]
        knob(splunk, "PUT", "saved", {"searches": searches, "fired": fired})
        return logged_in(splunk)

    def test_listing_in_pages_and_filtered(self, saved: client.Service) -> None:
        assert len(saved.saved_searches.list()) == 46
        assert len(saved.saved_searches.list(count=20, offset=40)) == 6
        assert len(saved.saved_searches.list(search="is_scheduled=1")) == 45
        assert sum(1 for _ in saved.saved_searches.iter(pagesize=10)) == 46

    def test_reading_one(self, saved: client.Service) -> None:
        one = saved.saved_searches["Alert 07"]
        assert (one["alert_type"], one["alert_threshold"], one["is_scheduled"]) == ("number of events", "5", "1")
        assert (one.access.owner, one.access.app) == ("admin", "search")
        assert saved.saved_searches["CPU / disk > 90%"].name == "CPU / disk > 90%"
        with pytest.raises(KeyError):
            saved.saved_searches["no such"]

    def test_dispatch_and_history(self, saved: client.Service) -> None:
        one = saved.saved_searches["CPU / disk > 90%"]
        job = waited(one.dispatch())
        assert rows(job.results(output_mode="json")) == [{"count": "10"}]
        assert (job["isSavedSearch"], job["label"]) == ("1", one.name)
        assert [run.sid for run in one.history()] == [job.sid]

    def test_creating_and_deleting(self, saved: client.Service) -> None:
        one = saved.saved_searches.create("mine", "search *", **{"dispatch.earliest_time": "-1h"})
        assert one["dispatch.earliest_time"] == "-1h"
        one.delete()
        assert "mine" not in saved.saved_searches
        with pytest.raises(binding.HTTPError):
            saved.saved_searches.create("mine", "search *", cron_schdule="* * * * *")

    def test_fired_alerts(self, saved: client.Service) -> None:
        groups = {group.name: group for group in saved.fired_alerts.list()}
        assert {name: group.count for name, group in groups.items()} == {"-": 2, "Alert 01": 2}
        assert {alert["sid"] for alert in groups["Alert 01"].alerts.list()} == {"scheduler_1", "scheduler_2"}


class TestCollector:
    CHANNEL = "9e2f4c1e-0000-4000-8000-000000000001"

    def send(
        self, splunk: Simulator, body: str, path: str = "event", token: str = HEC_TOKEN, channel: str = CHANNEL
    ) -> Any:
        request = urllib.request.Request(
            f"{splunk.url}/services/collector/{path}",
            data=body.encode(),
            headers={"Authorization": f"Splunk {token}", "X-Splunk-Request-Channel": channel},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def test_what_is_sent_is_found(self, splunk: Simulator, service: client.Service) -> None:
        events = [{"time": AT.timestamp(), "index": "tocsin", "event": {"kind": "run", "n": n}} for n in range(3)]
        status, body = self.send(splunk, "".join(json.dumps(event) for event in events))
        assert (status, body["code"], body["text"]) == (200, 0, "Success")
        acks = self.send(splunk, json.dumps({"acks": [body["ackId"], body["ackId"] + 1]}), "ack")[1]["acks"]
        assert acks == {str(body["ackId"]): True, str(body["ackId"] + 1): False}
        assert self.send(splunk, json.dumps({"acks": [body["ackId"]]}), "ack")[1]["acks"] == {str(body["ackId"]): False}
        found = rows(service.jobs.oneshot("search index=tocsin kind=run | stats sum(n) as n", output_mode="json"))
        assert found == [{"n": "3"}]
        assert rows(service.jobs.oneshot("search kind=run", output_mode="json")) == [], "only main is searched unasked"

    def test_raw(self, splunk: Simulator, service: client.Service) -> None:
        assert self.send(splunk, "one thing\nanother thing\n", f"raw?time={AT.timestamp()}&host=web7")[1]["code"] == 0
        assert len(rows(service.jobs.oneshot("search host=web7 thing", output_mode="json"))) == 2

    @pytest.mark.parametrize(
        ("body", "token", "channel", "status", "code"),
        [
            ("", HEC_TOKEN, CHANNEL, 400, 5),
            ("{", HEC_TOKEN, CHANNEL, 400, 6),
            ('{"event": "x", "evnt": 1}', HEC_TOKEN, CHANNEL, 400, 6),
            ('{"event": "x", "index": "gone"}', HEC_TOKEN, CHANNEL, 400, 7),
            ('{"time": 1}', HEC_TOKEN, CHANNEL, 400, 12),
            ('{"event": ""}', HEC_TOKEN, CHANNEL, 400, 13),
            ('{"event": "x", "fields": {"a": {"b": 1}}}', HEC_TOKEN, CHANNEL, 400, 15),
            ('{"event": "x"}', HEC_TOKEN, "", 400, 10),
            ('{"event": "x"}', "no", CHANNEL, 403, 4),
        ],
    )
    def test_mistakes(self, splunk: Simulator, body: str, token: str, channel: str, status: int, code: int) -> None:
        got, said = self.send(splunk, body, token=token, channel=channel)
        assert (got, said["code"]) == (status, code)

    def test_busy_and_losing(self, splunk: Simulator) -> None:
        splunk.breaks(hec={"code": 9, "times": 1})
        assert self.send(splunk, '{"event": "x"}') == (503, {"text": "Server is busy", "code": 9})
        splunk.breaks(hec={"loses": True})
        number = self.send(splunk, '{"event": "lost"}')[1]["ackId"]
        assert self.send(splunk, json.dumps({"acks": [number]}), "ack")[1]["acks"] == {str(number): False}
