"""What Splunk's own webhook action posts, completed by a simulated Splunk."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.errors import Permanent
from bot.integrations.splunk.webhook import SplunkHook, parse
from bot.model.alert import Alert
from bot.model.search_job import SearchJob
from bot.ports.alert_hook import AlertHook, Call
from tests.integrations.splunk.conftest import Open
from tests.integrations.splunk.simulated import Simulator

ALERTING = {"alert.severity": "5", "description": "Users whose payment was refused", "is_scheduled": "1"}
LINK = "https://splunk.example.net/app/shop/@go?sid=a"


def posted(**values: object) -> bytes:
    usual = {
        "sid": "scheduler__admin__search__RMD5_at_1_2",
        "search_name": "Refused",
        "app": "search",
        "owner": "admin",
        "results_link": LINK,
        "result": {"user": "u0", "count": "3"},
    }
    return json.dumps(usual | values).encode()


async def told(hook: AlertHook, body: bytes, at: datetime) -> Sequence[Alert]:
    """What a call becomes, completed."""
    call = Call(body=body, received_at=at)
    heard = await hook.complete(call, hook.read(call))
    assert heard.delivery == json.loads(body)["sid"]
    return heard.alerts


@pytest.fixture
def run(splunk: Simulator, opened: Open, at: datetime, request: pytest.FixtureRequest) -> Any:
    """Lets a search run as Splunk's scheduler would, posts what it would post, and gives what Tocsin makes of it."""

    async def fires(content: Mapping[str, object], **values: object) -> Sequence[Alert]:
        splunk.index(*((at - timedelta(seconds=number + 1), f"refused user=u{number % 3}") for number in range(7)))
        splunk.saves({"name": "Refused", "app": "search", "owner": "admin", "content": content})
        capabilities = await opened(splunk.url)
        assert capabilities.searches is not None
        assert capabilities.hook is not None
        job = SearchJob(
            key=request.node.name,
            search="refused | stats count by user | sort user",
            app="search",
            owner="admin",
            scheduled_at=at,
            earliest=at - timedelta(minutes=5),
            latest=at,
        )
        sid = (await capabilities.searches.run(job)).sid
        return await told(capabilities.hook, posted(**{"sid": sid, **values}), at)

    return fires


SEARCH = {"search": "refused | stats count by user"}


async def test_one_alert_for_all_rows(run: Any, at: datetime) -> None:
    (alert,) = await run({**ALERTING, **SEARCH})
    assert dict(alert.labels) == {"alertname": "Refused", "app": "search", "owner": "admin", "severity": "critical"}
    assert alert.annotations == {
        "summary": "Users whose payment was refused",
        "description": "user=u0 count=3\nuser=u1 count=2\nuser=u2 count=2",
    }
    assert (alert.generator_url, alert.starts_at, alert.ends_at, alert.value) == (LINK, at, None, 3.0)
    assert alert.source == "splunk"


async def test_one_alert_for_each_row(run: Any) -> None:
    found = await run({**ALERTING, **SEARCH, "alert.digest_mode": "0"})
    assert [alert.labels["user"] for alert in found] == ["u0", "u1", "u2"]
    assert all("count" not in alert.labels for alert in found)
    assert found[0].annotations["description"] == "user=u0 count=3"


async def test_rows_are_told_apart_as_suppression_says(run: Any) -> None:
    content = {**ALERTING, **SEARCH, "alert.digest_mode": "0", "alert.suppress.fields": "count"}
    assert [alert.labels["count"] for alert in await run(content)] == ["3", "2"]


async def test_what_the_server_does_not_say_is_no_reason_to_lose_an_alert(run: Any) -> None:
    (gone,) = await run({**ALERTING, **SEARCH}, sid="no_longer_there")
    assert gone.labels["severity"] == "critical"
    assert gone.annotations["description"] == "user=u0 count=3"
    assert "404" in gone.annotations["incomplete"]
    (nameless,) = await run({}, search_name=None, owner="nobody", app=None, result=None)
    assert dict(nameless.labels) == {"alertname": "Splunk search"}


async def test_a_server_that_does_not_answer_is_no_reason_either(opened: Open, at: datetime) -> None:
    hook = (await opened("http://127.0.0.1:1")).hook
    assert hook is not None
    (alert,) = await told(hook, posted(), at)
    assert alert.annotations["description"] == "user=u0 count=3"
    assert "cannot reach" in alert.annotations["incomplete"]


async def test_a_server_that_is_slow_does_not_keep_waiting_who_posts(
    splunk: Simulator, opened: Open, at: datetime
) -> None:
    splunk.breaks(wire=[{"path": "/services", "latency": 5}])
    hook = (await opened(splunk.url)).hook
    assert isinstance(hook, SplunkHook)
    (alert,) = await told(replace(hook, within=0.2), posted(), at)
    assert alert.annotations["incomplete"] == "splunk did not answer within 0.2 s"


async def test_jobs_of_an_older_server_are_found(run: Any, splunk: Simulator) -> None:
    splunk.breaks(v2=False)
    assert (await run({**ALERTING, **SEARCH}))[0].value == 3.0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'"sid"',
        posted(sid=""),
        posted(sid=5),
        posted(sid="../../server/control/restart"),
        posted(sid=".."),
        posted(sid="a b"),
        posted(result=[]),
        posted(app={"a": 1}),
        posted(owner=3),
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
def test_what_splunk_does_not_post_is_refused(body: bytes) -> None:
    with pytest.raises(Permanent) as caught:
        parse(body, "splunk")
    assert (caught.value.reason, bool(caught.value.hint)) == ("client", True)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "//host/path", ""])
def test_a_link_leads_to_the_web_or_nowhere(link: str) -> None:
    assert parse(posted(results_link=link), "splunk").link == ""
