"""No way to write an address or a header leads around what was allowed, and what is sent is sent once."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from bot.errors import Permanent, Temporary
from bot.integrations.http.actions import Requests
from bot.integrations.http.config import HttpConfig
from bot.kit.plugin import Tools
from bot.model.plan import Outcome
from tests.integrations.http.conftest import LOOPBACK, SECRET
from tests.integrations.http.test_requests import asked, planned
from tests.integrations.http_server import HttpServer, raised, says


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("/api/jobs", ["old"]), ("/api/jobs", ["old", 7]), ("/api", ["jobs", "old"]), ("/api/jobs/%6fld/7", []),
        ("/api/jobs/%6F%6c%64", []), ("/api/jobs/old;v=1/7", []), ("/api/jobs/OLD/7", []), ("/api/jobs", ["Old", 7]),
        ("/api/jobs", ["old;v=1"]),
    ],
)  # fmt: skip
async def test_the_narrowest_place_decides_however_its_address_is_written(
    address: str, path: list[str | int], server: HttpServer, requests: Requests
) -> None:
    with pytest.raises(Permanent, match=r"POST is not allowed at .*/api/jobs/old: DELETE"):
        await planned(requests, url=f"{server.url}{address}", path=path, method="POST")


async def test_the_narrowest_place_is_that_of_the_longest_path(tools: Tools) -> None:
    """And not the one whose address is the longest text, as that of a usual port is."""
    places = [{"url": "http://ci.example.net:80/api", "methods": ["POST"]}, {"url": "http://ci.example.net/api/a"}]
    requests = Requests(config=HttpConfig.model_validate({"allow": places}), tools=tools)
    with pytest.raises(Permanent, match=r"POST is not allowed at http://ci\.example\.net/api/a"):
        await planned(requests, url="http://ci.example.net/api/a/b", method="POST")
    assert (await planned(requests, url="http://ci.example.net/api/b", method="POST")).targets


@pytest.mark.parametrize(
    "url", ["https://b\u00fccher.example", "https://ci.example.net/caf\u00e9", "https://\u0441i.example"]
)
def test_a_place_that_no_step_could_name_is_a_mistake(url: str) -> None:
    with pytest.raises(ValidationError, match="as DNS has it"):
        HttpConfig.model_validate({"allow": [{"url": url}]})


async def test_what_is_added_may_lie_below_a_place_of_its_own_but_not_beside_all(
    server: HttpServer, requests: Requests
) -> None:
    plan = await planned(requests, url=f"{server.url}/api", path=["jobs", "x y"], method="PUT", json={})
    assert plan.targets == (f"{server.url}/api/jobs/x%20y",)
    with pytest.raises(Permanent, match="lies below no address"):
        await planned(requests, url=server.url, path=["api", "jobs"])


@pytest.mark.parametrize(
    "text", ["..;", "..;a=b", ".;x", "%2e%2e", "%2E.", "a%2fb", "a%5Cb", "%252e%252e", "%c0%ae", "a%0ab"]
)
async def test_a_segment_that_a_lenient_server_takes_for_several_is_refused(
    text: str, server: HttpServer, requests: Requests
) -> None:
    with pytest.raises(Permanent, match="cannot be one segment"):
        await planned(requests, url=f"{server.url}/api/jobs", path=[text])


@pytest.mark.parametrize(
    "name",
    [
        "X-Token", "x-TOKEN", "Accept-Encoding", "Expect", "Proxy-Connection", "Content-Encoding", "Keep-Alive",
        "Forwarded",
        "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL",
        "X-Forwarded-For", "X-Forwarded-Host", "X-Host", "X-Real-IP",
    ],
)  # fmt: skip
async def test_a_runbook_takes_no_header_from_its_place_and_leads_no_server_elsewhere(
    name: str, server: HttpServer, requests: Requests
) -> None:
    with pytest.raises(Permanent, match="cannot be set"):
        await planned(requests, url=f"{server.url}/api/jobs/old/1", method="DELETE", headers={name: "x"})


async def test_people_see_the_headers_and_the_kind_of_a_body_is_the_authors_to_say(
    server: HttpServer, requests: Requests
) -> None:
    given = {
        "url": f"{server.url}/api/jobs", "method": "PUT", "json": {"a": 1},
        "headers": {"Content-Type": "application/merge-patch+json", "X-Why": "it hangs"},
    }  # fmt: skip
    plan = await planned(requests, **given)
    head = "content-type: application/merge-patch+json\nx-why: it hangs"
    assert plan.diff == f'PUT {server.url}/api/jobs\n{head}\n{{"a": 1}}'
    await asked(requests, **given)
    (got,) = server.asked
    assert (got.headers["content-type"], got.headers["x-why"]) == ("application/merge-patch+json", "it hangs")


@pytest.mark.parametrize(
    ("method", "address", "status", "expect", "outcome"),
    [
        ("POST", "/api/jobs", 302, [], Outcome.UNKNOWN),
        ("POST", "/api/jobs", 200, [201], Outcome.UNKNOWN),
        ("POST", "/api/jobs", 303, [303], Outcome.SUCCEEDED),
        ("POST", "/api/jobs", 404, [201], Outcome.FAILED),
        ("GET", "/api/jobs", 200, [201], Outcome.FAILED),
    ],
)
async def test_a_change_that_was_not_refused_may_have_been_made(
    method: str, address: str, status: int, expect: list[int], outcome: Outcome, server: HttpServer, requests: Requests
) -> None:
    """Whoever tries again after an answer that was not expected would make it twice."""
    server.script = says(status)
    assert (await asked(requests, url=f"{server.url}{address}", method=method, expect=expect)).outcome is outcome


@pytest.mark.parametrize(
    ("method", "address"), [("PUT", "/api/jobs"), ("DELETE", "/api/jobs/old/1"), ("POST", "/api/jobs")]
)
@pytest.mark.parametrize("kept", [False, True])
async def test_a_change_is_sent_once_whatever_becomes_of_its_connection(
    method: str, address: str, kept: bool, server: HttpServer, requests: Requests
) -> None:
    async def hangs_up(_: object, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    given = {"url": f"{server.url}{address}", "method": method}
    if kept:
        await asked(requests, **given)
        server.asked.clear()
    server.script = hangs_up
    lost = await raised(asked(requests, **given))
    assert (type(lost), lost.reason) == (Temporary, "connection")
    assert len(server.asked) == 1


async def test_where_no_connection_comes_about_nothing_was_sent(requests: Requests, server: HttpServer) -> None:
    """So nobody is asked whether it ran, and it may be tried again."""
    await server.__aexit__()
    result = await asked(requests, url=f"{server.url}/api/jobs", method="POST")
    assert (result.outcome, result.temporary, result.untouched) == (Outcome.FAILED, True, True)
    assert "Connection refused" in result.summary


@pytest.fixture
async def untrusted(certificate: tuple[Path, Path]) -> AsyncIterator[str]:
    """The address of a server whose authority nobody knows."""

    async def meet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = await asyncio.start_server(meet, "127.0.0.1", 0, ssl=context)
    yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()


async def test_a_certificate_that_is_not_trusted_is_said_and_gets_nothing(untrusted: str, tools: Tools) -> None:
    place: dict[str, Any] = {"url": untrusted, "networks": LOOPBACK, "methods": ["POST"], "bearer_token": SECRET}
    requests = Requests(config=HttpConfig.model_validate({"allow": [place]}), tools=tools)
    result = await asked(requests, url=untrusted, method="POST", json={})
    assert (result.outcome, result.untouched) == (Outcome.FAILED, True)
    assert result.summary == f"shop: the certificate of {untrusted.removeprefix('https://')} is not trusted"
    assert "tls: {ca: FILE}" in result.text
