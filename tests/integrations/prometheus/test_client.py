"""What is sent for a query, and what is made of answers that no Prometheus should give."""

import asyncio
import gzip
import json
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.prometheus.answers import MAX_BODY, exact
from bot.integrations.prometheus.client import PrometheusSource
from bot.integrations.prometheus.config import PrometheusConfig
from bot.kit.plugin import Tools
from bot.kit.way_in import BasicAuth, Tls, access
from bot.model.sample import Answer, Window
from tests.integrations.http_server import Asked, HttpServer, Script, raised, says
from tests.servers import PrometheusServer
from tests.soak import many

AT = datetime(2026, 11, 22, 3, 4, 5, 678_999, tzinfo=UTC)
NOTHING = {"status": "success", "data": {"resultType": "vector", "result": []}}
Ask = Callable[[], Awaitable[object]]


def config(server: HttpServer, **values: Any) -> PrometheusConfig:
    return PrometheusConfig.model_validate({"url": server.url, "timeout": timedelta(seconds=2)} | values)


@pytest.fixture
async def source(impostor: HttpServer, tools: Tools) -> AsyncIterator[PrometheusSource]:
    """A client of the impostor."""
    source = PrometheusSource(access(config(impostor), tools))
    yield source
    await source.aclose()


@pytest.fixture(params=["query", "query_all", "query_range"])
def ask(request: pytest.FixtureRequest, source: PrometheusSource) -> Ask:
    """Each of the ways to ask."""

    async def several() -> object:
        answers = await source.query_all(["up", "down"], AT)
        failed = [answer for answer in answers if isinstance(answer, IntegrationError)]
        if failed:
            assert len(failed) == len(answers)
            raise failed[0]
        return answers

    if request.param == "query":
        return lambda: source.query("up", {}, AT)
    if request.param == "query_all":
        return several
    return lambda: source.query_range("up", {}, Window(start=AT, end=AT), timedelta(seconds=15))


async def test_a_query_is_a_small_form(impostor: HttpServer, source: PrometheusSource) -> None:
    impostor.script = says(200, json.dumps(NOTHING).encode())
    await source.query('up{a="$a"} # é', {"a": "b&c=d"}, AT)
    (asked,) = impostor.asked
    assert (asked.method, asked.path) == ("POST", "/api/v1/query")
    form = parse_qs(asked.body.decode())
    assert form == {"query": ['up{a="b&c=d"} # é'], "time": ["1795316645.678"], "timeout": ["2s"]}
    assert asked.headers["accept-encoding"] == "identity"
    assert "authorization" not in asked.headers


async def test_a_range_is_a_form_with_exact_times(impostor: HttpServer, source: PrometheusSource) -> None:
    impostor.script = says(200, b'{"status":"success","data":{"resultType":"matrix","result":[]}}')
    window = Window(start=AT - timedelta(hours=1), end=AT)
    await source.query_range("up" + " " * 20_000, {}, window, timedelta(milliseconds=1500))
    (asked,) = impostor.asked
    assert (asked.method, asked.path) == ("POST", "/api/v1/query_range")
    form = parse_qs(asked.body.decode())
    assert (form["start"], form["end"], form["step"]) == (["1795313045.678"], ["1795316645.678"], ["1.500"])
    assert asked.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (AT, "1795316645.678"),
        (AT.astimezone(timezone(timedelta(hours=5))), "1795316645.678"),
        (AT.replace(microsecond=0), "1795316645.000"),
        (datetime(1970, 1, 1, tzinfo=UTC), "0.000"),
        (datetime(1969, 12, 31, 23, 59, 58, 500_000, tzinfo=UTC), "-1.500"),
    ],
)
def test_a_time_is_cut_to_the_millisecond(at: datetime, text: str) -> None:
    assert exact(at) == text


async def test_credentials_and_headers_go_along(impostor: HttpServer, tools: Tools) -> None:
    impostor.script = says(200, json.dumps(NOTHING).encode())
    for values, authorization in (
        ({"basic_auth": BasicAuth(username="ann", password=SecretStr("pässword"))}, "Basic YW5uOnDDpHNzd29yZA=="),
        ({"bearer_token": SecretStr("token\n")}, "Bearer token"),
    ):
        source = PrometheusSource(access(config(impostor, headers={"X-Scope-OrgID": "7"}, **values), tools))
        await source.query("up", {}, AT)
        await source.aclose()
        assert impostor.asked[-1].headers["authorization"] == authorization
        assert impostor.asked[-1].headers["x-scope-orgid"] == "7"


async def test_a_kept_connection_that_was_closed_is_no_failure(impostor: HttpServer, source: PrometheusSource) -> None:
    async def once(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await says(200, json.dumps(NOTHING).encode())(asked, writer)
        writer.close()

    impostor.script = once
    for _ in range(3):
        assert (await source.query("up", {}, AT)).samples == ()
        await asyncio.sleep(0)


async def test_a_server_that_comes_back_is_asked_again(prometheus_binary: str, tmp_path: Path, tools: Tools) -> None:
    with PrometheusServer(tmp_path) as server:
        source = PrometheusSource(access(PrometheusConfig(url=server.url), tools))
        assert (await source.query("vector(1)", {}, AT)).samples
        server.stop()
        error = await raised(source.query("vector(1)", {}, AT))
        assert (type(error), error.reason) == (Temporary, "connection")
        assert "refused" in error.message
        server.start()
        assert (await source.query("vector(1)", {}, AT)).samples
        await source.aclose()


def body(result: Any, kind: str = "vector", **more: Any) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}, **more}).encode()


async def test_numbers_that_are_none_are_kept(impostor: HttpServer, source: PrometheusSource) -> None:
    values = ["NaN", "+Inf", "-Inf", "1e-7"]
    impostor.script = says(200, body([{"metric": {"n": value}, "value": [1, value]} for value in values]))
    answer = await source.query("up", {}, AT)
    assert [f"{sample.value:g}" for sample in answer.samples] == ["nan", "inf", "-inf", "1e-07"]


async def test_warnings_are_kept_and_promqls_own_are_not(impostor: HttpServer, source: PrometheusSource) -> None:
    warnings = [
        "PromQL info: metric might not be a counter",
        "PromQL warning: bucket label is missing",
        "remote read failed\nfor one store",
    ]
    impostor.script = says(200, body([], warnings=warnings, infos=["PromQL info: more"]))
    assert (await source.query("up", {}, AT)).warnings == (r"remote read failed\nfor one store",)


async def test_victoria_metrics_has_its_own_word_for_partial(impostor: HttpServer, source: PrometheusSource) -> None:
    impostor.script = says(200, body([], isPartial=True))
    assert (await source.query("up", {}, AT)).warnings
    impostor.script = says(200, body([], isPartial=False))
    assert (await source.query("up", {}, AT)).warnings == ()


async def test_a_native_histogram_counts_as_nothing(impostor: HttpServer, source: PrometheusSource) -> None:
    impostor.script = says(200, body([{"metric": {"a": "b"}, "histogram": [1, {"count": "3", "sum": "4"}]}]))
    assert [sample.value for sample in (await source.query("up", {}, AT)).samples] == [0.0]


@pytest.mark.parametrize(("kind", "result"), [("string", [1, "x"]), ("matrix", [])])
async def test_what_no_rule_can_be_is_our_mistake(
    impostor: HttpServer, source: PrometheusSource, kind: str, result: Any
) -> None:
    impostor.script = says(200, body(result, kind))
    error = await raised(source.query("up", {}, AT))
    assert (type(error), error.reason) == (Permanent, "client")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>sign in</html>",
        b"null",
        b"[]",
        b'"success"',
        b"{}",
        b'{"status":"error"}',
        b'{"status":"success"}',
        b'{"status":"success","data":null}',
        b'{"status":"success","data":{"resultType":"vector","result":null}}',
        b'{"status":"success","data":{"resultType":"vector","result":[null]}}',
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1]}]}}',
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"x"]}]}}',
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":1},"value":[1,"1"]}]}}',
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}}',
        b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[["x","1"]]}]}}',
        b'{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1e300,"1"]]}]}}',
        b'{"status":"success","data":{"resultType":"scalar","result":[1]}}',
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"\xff"},"value":[1,"1"]}]}}',
        b'{"status":"success","data":{"resultType":"vector","result":{"metric":{},"value":[1,"1"]}}}',
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":[],"value":[1,"1"]}]}}',
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,{}]}]}}',
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1',
        b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]}',
    ],
)
async def test_what_is_not_prometheus_is_not_believed(impostor: HttpServer, ask: Ask, content: bytes) -> None:
    impostor.script = says(200, content)
    error = await raised(ask())
    assert error.hint
    assert error.reason in ("server", "client")


async def test_more_than_fits_is_refused(impostor: HttpServer, ask: Ask) -> None:
    async def flood(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {100 * 1024 * 1024}\r\n\r\n".encode())
        for _ in range(100):
            writer.write(b" " * 1024 * 1024)
            await writer.drain()

    impostor.script = flood
    error = await raised(ask())
    assert (type(error), error.reason) == (Permanent, "server")
    assert f"{MAX_BODY // 1024} KiB" in error.message


async def test_a_million_series_are_an_answer(impostor: HttpServer, tools: Tools) -> None:
    """They fit into the cap; a fold cannot be made of them, so each is asked alone."""
    source = PrometheusSource(access(config(impostor, timeout=timedelta(minutes=1)), tools))
    count, series = many(20_000, 1_000_000), b'{"metric":{},"value":[1,"1"]}'
    impostor.script = says(200, body([])[:-3] + b",".join([series] * count) + b"]}}")
    answers = await source.query_all(["up", "down"], AT)
    await source.aclose()
    assert [len(answer.samples) for answer in answers if isinstance(answer, Answer)] == [count, count]


async def drip(_: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.1)


async def silence(_: Asked, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("script", [drip, silence])
async def test_what_never_ends_ends_at_the_deadline(impostor: HttpServer, ask: Ask, script: Script) -> None:
    impostor.script = script
    began = asyncio.get_running_loop().time()
    error = await raised(ask())
    assert (type(error), error.reason) == (Temporary, "timeout")
    assert asyncio.get_running_loop().time() - began < 7  # together, and then apart: two seconds each


async def broken_off(_: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    await writer.drain()
    writer.transport.abort()


async def closed(_: Asked, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def not_http(_: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    writer.close()


@pytest.mark.parametrize("script", [broken_off, closed, not_http])
async def test_a_broken_connection_is_temporary(impostor: HttpServer, ask: Ask, script: Script) -> None:
    impostor.script = script
    error = await raised(ask())
    assert (type(error), error.reason) == (Temporary, "connection")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_compression_unasked_is_refused(impostor: HttpServer, ask: Ask, encoding: str) -> None:
    """A few bytes could unpack without end."""
    impostor.script = says(200, gzip.compress(b" " * 10_000_000), Content_Encoding=encoding)
    error = await raised(ask())
    assert (type(error), error.reason) == (Permanent, "server")


async def test_prometheus_says_in_its_own_words_what_is_wrong(impostor: HttpServer, ask: Ask) -> None:
    impostor.script = says(400, b'{"status":"error","errorType":"bad_data","error":"1:3: parse \\n error"}')
    assert r"bad_data: 1:3: parse \n error" in (await raised(ask())).message


async def test_prometheus_own_timeout_is_a_timeout(impostor: HttpServer, ask: Ask) -> None:
    impostor.script = says(503, b'{"status":"error","errorType":"timeout","error":"query timed out"}')
    error = await raised(ask())
    assert (type(error), error.reason) == (Temporary, "timeout")


async def test_when_to_come_back_is_passed_on(impostor: HttpServer, ask: Ask) -> None:
    impostor.script = says(429, Retry_After="7")
    error = await raised(ask())
    assert isinstance(error, Temporary)
    assert error.retry_after == 7


async def test_links_go_to_a_page_that_every_version_has(tools: Tools) -> None:
    source = PrometheusSource(access(PrometheusConfig(url="https://prom.example.net/p/"), tools))
    end = datetime(2026, 11, 22, 3, 4, 5, 1, tzinfo=UTC)
    window = Window(start=end - timedelta(minutes=90), end=end)
    parts = urlsplit(source.link('up{a="b c"} + 1', window))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://prom.example.net/p/graph"
    assert parse_qs(parts.query) == {
        "g0.expr": ['up{a="b c"} + 1'],
        "g0.tab": ["0"],
        "g0.range_input": ["1h30m1s"],
        "g0.end_input": ["2026-11-22 03:04:06"],
    }
    assert "+" not in parts.query


# -- TLS --


@pytest.fixture
async def encrypted(certificate: tuple[Path, Path]) -> AsyncIterator[str]:
    """The address of a server with that certificate, which answers every query with nothing."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        content = body([])
        writer.write(
            f"HTTP/1.1 200 OK\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode() + content
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(meet, "127.0.0.1", 0, ssl=context) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def answers(url: str, tls: Tls, tools: Tools) -> None:
    source = PrometheusSource(access(PrometheusConfig(url=url, tls=tls), tools))
    try:
        await source.query("up", {}, AT)
        await source.query_range("up", {}, Window(start=AT, end=AT), timedelta(seconds=1))
    finally:
        await source.aclose()


async def test_a_certificate_of_a_named_authority_is_trusted(
    encrypted: str, certificate: tuple[Path, Path], tools: Tools
) -> None:
    cert, key = map(str, certificate)
    await answers(encrypted, Tls(ca=cert), tools)
    await answers(encrypted, Tls(ca=cert, cert=cert, key=key), tools)


async def test_a_certificate_of_nobody_we_know_is_not(encrypted: str, tools: Tools) -> None:
    for question in ("query", "query_range"):
        source = PrometheusSource(access(PrometheusConfig(url=encrypted), tools))
        window = Window(start=AT, end=AT)
        asked = source.query("up", {}, AT) if question == "query" else source.query_range("up", {}, window, AT - AT)
        error = await raised(asked)
        await source.aclose()
        assert (type(error), error.reason) == (Permanent, "auth")
        assert "ca: FILE" in error.hint


@pytest.mark.parametrize("ca", ["/no/such/file", __file__])
async def test_a_certificate_file_that_is_none_is_named(encrypted: str, tools: Tools, ca: str) -> None:
    error = await raised(answers(encrypted, Tls(ca=ca), tools))
    assert (type(error), error.reason) == (Permanent, "auth")


async def test_certificates_are_read_once_until_they_are_renewed(certificate: tuple[Path, Path], tools: Tools) -> None:
    """Connections are kept by what was read: read for every request, they would be opened for every request."""
    server = access(PrometheusConfig(url="https://prom.example.net", tls=Tls(ca=certificate[0])), tools)
    first = server.context()
    assert first is server.context()
    os.utime(certificate[0], ns=(1, 1))
    assert first is not server.context()


def test_the_libraries_are_loaded_when_they_are_needed() -> None:
    code = "import sys, bot.integrations.prometheus; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "bot.integrations.prometheus.client" in loaded
    assert {"aiohttp", "requests", "prometheus_api_client", "httpx", "prometheus_client"} & set(loaded) == set()
