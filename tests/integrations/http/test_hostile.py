"""Every hostile text, in every place where a step may put one: it arrives as one value, or nothing is sent."""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from bot.errors import Permanent
from bot.integrations.http.actions import Requests
from bot.model.plan import Outcome
from tests.hostile import corpus, got_through
from tests.integrations.http.test_requests import asked, planned
from tests.integrations.http_server import Asked, HttpServer, says


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def texts(canary: Path) -> list[str]:
    return corpus(canary)


async def heard(server: HttpServer, requests: Requests, **params: Any) -> Asked | None:
    """What arrives of a request; None where it is refused, and nothing does."""
    server.script = says(200)
    before = server.connections, len(server.asked)
    result = None
    with contextlib.suppress(Permanent):
        result = await asked(requests, **params)
    if result is None:
        assert (server.connections, len(server.asked)) == before
        return None
    assert result.outcome is Outcome.SUCCEEDED, result
    return server.asked.pop()


async def test_an_address_is_never_made_of_it(
    server: HttpServer, requests: Requests, texts: list[str], canary: Path
) -> None:
    for text in texts:
        assert await heard(server, requests, url=text) is None
        below = await heard(server, requests, url=f"{server.url}/api/jobs/{text}")
        assert below is None or below.path.startswith("/api/jobs"), text
        assert below is None or ".." not in unquote(below.path).split("/"), text
    assert not got_through(canary)


async def test_a_segment_is_one_segment(server: HttpServer, requests: Requests, texts: list[str], canary: Path) -> None:
    arrived = 0
    for text in texts:
        one = await heard(server, requests, url=f"{server.url}/api/jobs", path=[text])
        if one is not None:
            arrived += 1
            assert one.path.removeprefix("/api/jobs/").count("/") == 0
            assert unquote(one.path.removeprefix("/api/jobs/")) == text
    assert arrived > 100
    assert not got_through(canary)


def as_sent(text: str) -> str:
    """Half a letter is none: what cannot be written down is sent as a question mark."""
    return text.encode(errors="replace").decode()


async def test_a_parameter_is_one_parameter(server: HttpServer, requests: Requests, texts: list[str]) -> None:
    url = f"{server.url}/api/jobs"
    for part in (texts[at : at + 20] for at in range(0, len(texts), 20)):
        short = {f"p{number}": text for number, text in enumerate(part) if len(text) < 1000}
        query = await heard(server, requests, url=url, query=short)
        assert query is not None
        read = parse_qsl(query.path.partition("?")[2], keep_blank_values=True)
        assert dict(read) == {name: as_sent(text) for name, text in short.items()}
        form = await heard(server, requests, url=url, method="POST", form=short)
        assert form is not None
        assert dict(parse_qsl(form.body.decode(), keep_blank_values=True)) == dict(read)
        body = await heard(server, requests, url=url, method="POST", json=short)
        assert body is not None
        assert json.loads(body.body) == short
        assert (await planned(requests, url=url, method="POST", json=short)).hash, "people can approve it"


async def test_a_header_is_one_header(server: HttpServer, requests: Requests, texts: list[str]) -> None:
    usual = await heard(server, requests, url=f"{server.url}/api/jobs")
    assert usual is not None
    for text in texts:
        for headers in ({"x-note": text}, {text: "x"}):
            one = await heard(server, requests, url=f"{server.url}/api/jobs", headers=headers)
            if one is not None:
                assert different(usual.headers, one.headers) == {
                    name.lower(): value.strip() for name, value in headers.items()
                }


def different(usual: Mapping[str, str], headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers.items() if usual.get(name) != value}
