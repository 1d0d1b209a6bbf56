"""The way out over HTTP, against a server that misbehaves."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import ClassVar

import httpx
import pytest
import respx
from respx.mocks import AbstractRequestMocker

from bot.errors import Permanent, Temporary
from bot.kit.http_out import MAX_BODY, HttpOut, retry_after
from bot.kit.http_trouble import Unreached
from bot.kit.networks import Networks
from bot.ports.reads_only import reads_only
from bot.testing.contracts import HttpContract
from tests.integrations.http_server import Asked, HttpServer, Script, raised, says


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with HttpServer() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[HttpOut]:
    async with HttpOut() as http:
        yield http


class TestContract(HttpContract):
    @pytest.fixture
    def failing(self, server: HttpServer, http: HttpOut) -> Callable[[int, bytes], Awaitable[BaseException | None]]:
        async def ask(status: int, body: bytes) -> BaseException:
            server.script = says(status, body)
            headers = {"authorization": f"Bearer {self.SECRET}"}
            url = f"{server.url}/path?token={self.SECRET}"
            return await raised(http.request("POST", url, integration="vendor", headers=headers))

        return ask


async def test_an_answer_comes_whole(server: HttpServer, http: HttpOut) -> None:
    server.script = says(200, b'{"a": 1}', Content_Type="application/json")
    answer = await http.request("POST", server.url, integration="vendor", content=b"body")
    assert (answer.status, answer.json(), answer.headers["content-type"]) == (200, {"a": 1}, "application/json")
    assert server.asked[0].body == b"body"
    assert server.asked[0].headers["accept-encoding"] == "identity"


async def test_what_is_asked_arrives_as_it_was_written(server: HttpServer, http: HttpOut) -> None:
    path = "/a%2Fb/c%20d/%2540?q=%2B+%26%25x&e=%C3%A9&z="
    await http.request("POST", server.url + path, integration="vendor", headers={"x-who": "ann"}, content=b"\x00\xff")
    asked = server.asked[0]
    assert (asked.method, asked.path, asked.body) == ("POST", path, b"\x00\xff")
    assert asked.headers == {
        "host": f"127.0.0.1:{server.port}",
        "accept": "*/*",
        "accept-encoding": "identity",
        "user-agent": "tocsin",
        "x-who": "ann",
        "content-length": "2",
    }


async def test_no_cookie_is_kept_no_redirect_followed_and_no_proxy_asked(
    server: HttpServer, http: HttpOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    server.script = says(200, Set_Cookie="a=b; Path=/")
    await http.request("GET", server.url, integration="vendor")
    server.script = says(302, Location=f"{server.url}/elsewhere")
    error = await raised(http.request("GET", server.url, integration="vendor"))
    assert (type(error), "redirects are not followed" in error.hint) == (Permanent, True)
    assert [("cookie" in asked.headers, asked.path) for asked in server.asked] == [(False, "/"), (False, "/")]


async def test_a_long_header_of_an_answer_does_no_harm(server: HttpServer, http: HttpOut) -> None:
    server.script = says(200, Link="x" * 30_000)
    assert len((await http.request("GET", server.url, integration="vendor")).headers["link"]) == 30_000


@pytest.mark.parametrize("token", ["line\r\nX-Other: 1", "caf\u00e9", "null\x00"])
async def test_a_header_that_http_does_not_have_is_ours_to_correct(
    server: HttpServer, http: HttpOut, token: str
) -> None:
    headers = {"authorization": f"Bearer {token}"}
    error = await raised(http.request("GET", server.url, integration="vendor", headers=headers))
    assert (type(error), error.reason, server.asked) == (Permanent, "client", [])
    assert token not in str(error) + error.hint


async def test_a_page_in_place_of_json_is_not_taken_for_one(server: HttpServer, http: HttpOut) -> None:
    server.script = says(200, b"<html>sign in</html>")
    answer = await http.request("GET", server.url, integration="vendor")
    with pytest.raises(Temporary, match="not JSON"):
        answer.json()


async def test_a_failure_that_passes_is_tried_again_where_that_does_no_harm(server: HttpServer, http: HttpOut) -> None:
    async def second_time_lucky(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await says(503 if len(server.asked) == 1 else 200)(asked, writer)

    server.script = second_time_lucky
    assert (await http.request("GET", server.url, integration="vendor")).status == 200
    server.asked.clear()
    assert isinstance(await raised(http.request("POST", server.url, integration="vendor")), Temporary)
    assert len(server.asked) == 1
    server.asked.clear()
    assert (await http.request("POST", server.url, integration="vendor", repeatable=True)).status == 200


async def test_a_mistake_of_ours_is_not_tried_again(server: HttpServer, http: HttpOut) -> None:
    server.script = says(404)
    await raised(http.request("GET", server.url, integration="vendor"))
    assert len(server.asked) == 1


async def test_a_wait_longer_than_the_deadline_is_not_waited_for(server: HttpServer, http: HttpOut) -> None:
    server.script = says(429, Retry_After="3600")
    error = await raised(http.request("GET", server.url, integration="vendor", deadline=5))
    assert isinstance(error, Temporary)
    assert error.retry_after == 3600
    assert len(server.asked) == 1


async def test_a_server_that_always_fails_is_not_asked_three_times_for_ever(server: HttpServer, http: HttpOut) -> None:
    server.script = says(500, Retry_After="0")
    for _ in range(30):
        await raised(http.request("GET", server.url, integration="vendor"))
    assert len(server.asked) <= 30 + 14  # ten retries to begin with, and a tenth of one for each request


async def test_what_never_ends_ends_at_the_deadline(server: HttpServer, http: HttpOut) -> None:
    async def drip(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.05)

    server.script = drip
    error = await raised(http.request("GET", server.url, integration="vendor", deadline=0.3))
    assert (type(error), error.reason) == (Temporary, "timeout")


async def test_more_than_fits_is_refused(server: HttpServer, http: HttpOut) -> None:
    server.script = says(200, b"x" * (MAX_BODY + 1))
    error = await raised(http.request("GET", server.url, integration="vendor"))
    assert (type(error), error.reason) == (Permanent, "server")


async def test_an_answer_compressed_unasked_is_refused(server: HttpServer, http: HttpOut) -> None:
    server.script = says(200, b"\x1f\x8b", Content_Encoding="gzip")
    assert isinstance(await raised(http.request("GET", server.url, integration="vendor")), Permanent)


async def broken_off(_: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
    await writer.drain()
    writer.transport.abort()


async def not_http(_: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    writer.close()


async def hung_up(_: Asked, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def thrown_out(_: Asked, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


@pytest.mark.parametrize("script", [broken_off, not_http, hung_up, thrown_out])
async def test_a_broken_connection_is_temporary(server: HttpServer, http: HttpOut, script: Script) -> None:
    server.script = script
    error = await raised(http.request("POST", server.url, integration="vendor"))
    assert (type(error), error.reason) == (Temporary, "connection")


async def test_nobody_there_is_temporary_and_names_the_host(http: HttpOut) -> None:
    async with HttpServer() as gone:
        url = gone.url
    error = await raised(http.request("GET", f"{url}/secret-path", integration="vendor"))
    assert (type(error), error.reason) == (Unreached, "connection")
    assert error.message == f"vendor cannot reach {url.removeprefix('http://')}: Connection refused"


async def test_a_name_that_nobody_has_is_temporary(http: HttpOut) -> None:
    error = await raised(http.request("GET", "http://nobody.invalid/", integration="vendor"))
    assert (type(error), error.reason) == (Unreached, "connection")


class OverAiohttp(AbstractRequestMocker):
    """Lets respx answer in place of the transport that carries our requests: it knows only httpx's own ones."""

    name = "aiohttp"
    targets: ClassVar = ["httpx_aiohttp.transport.AiohttpTransport"]
    target_methods: ClassVar = ["handle_async_request"]

    @classmethod
    def to_httpx_request(cls, request: httpx.Request) -> httpx.Request:
        return request

    @classmethod
    async def from_async_httpx_response(cls, response: httpx.Response, *_: object, **__: object) -> httpx.Response:
        return response


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (httpx.PoolTimeout, (Temporary, "timeout", "vendor.example did not answer vendor in time")),
        (httpx.WriteTimeout, (Temporary, "timeout", "vendor.example did not answer vendor in time")),
        (httpx.WriteError, (Temporary, "connection", "vendor cannot reach vendor.example: WriteError")),
        (httpx.ProxyError, (Temporary, "connection", "vendor cannot reach vendor.example: ProxyError")),
        (httpx.UnsupportedProtocol, (Permanent, "client", "vendor has an address that cannot be used")),
    ],
)
async def test_whatever_a_transport_fails_with_has_words_of_ours(
    http: HttpOut, failure: type[httpx.TransportError], said: tuple[type[Exception], str, str]
) -> None:
    with respx.mock(using="aiohttp") as vendor:
        vendor.get("https://vendor.example/path").mock(side_effect=failure("of https://vendor.example/path?secret"))
        error = await raised(http.request("GET", "https://vendor.example/path", integration="vendor", deadline=1))
    assert (type(error), error.reason, error.message) == said


@pytest.mark.parametrize("url", ["http://[broken", "no-scheme", "http://", "ftp://example.net/", "http://" + 64 * "a"])
async def test_an_address_that_is_none_is_ours_to_correct(http: HttpOut, url: str) -> None:
    error = await raised(http.request("GET", url, integration="vendor"))
    assert (type(error), error.reason, error.integration) == (Permanent, "client", "vendor")


async def test_a_closed_way_out_opens_again(server: HttpServer, http: HttpOut) -> None:
    await http.request("GET", server.url, integration="vendor")
    await http.aclose()
    await http.request("GET", server.url, integration="vendor")
    assert server.connections == 2


def test_retry_after_is_a_number_or_a_date() -> None:
    now = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
    assert retry_after("120", now) == 120
    assert retry_after("Sun, 22 Nov 2026 12:00:30 GMT", now) == 30
    assert retry_after("Sun, 22 Nov 2026 11:00:00 GMT", now) == 0
    assert [retry_after(text, now) for text in (None, "", "soon", "-1", "Sun, 99 Nov 2026")] == [None] * 5


@pytest.mark.parametrize("text", ["99999999999999999999", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_wait_that_no_clock_can_show_is_one_day(text: str) -> None:
    """A server may write any number: whoever waits for it adds it to the time."""
    assert retry_after(text, datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)) == timedelta(days=1).total_seconds()
    assert retry_after("Sun, 22 Nov 99999999999999999999 12:00:30 GMT", datetime.now(UTC)) is None


def quoted(status: int, body: bytes, wait: float | None) -> Temporary:
    return Temporary(f"{status} {body[:20].decode()} {wait}", integration="vendor", reason="server")


async def test_a_vendor_may_say_what_its_refusals_mean(server: HttpServer, http: HttpOut) -> None:
    server.script = says(418, b"teapot", Retry_After="60")
    assert (
        str(await raised(http.request("POST", server.url, integration="vendor", refused=quoted))) == "418 teapot 60.0"
    )


async def test_only_the_beginning_of_a_long_refusal_is_read(server: HttpServer, http: HttpOut) -> None:
    server.script = says(500, b"x" * (MAX_BODY + 1))
    error = await raised(http.request("POST", server.url, integration="vendor", refused=quoted))
    assert str(error).startswith("500 xxx")


async def test_a_stream_comes_piece_by_piece_and_without_end(server: HttpServer, http: HttpOut) -> None:
    async def drip(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(MAX_BODY // 65536 + 2):
            writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
            await writer.drain()
        writer.write(b"0\r\n\r\n")

    server.script = drip
    async with http.stream("POST", server.url, integration="vendor", content=b"q") as pieces:
        assert sum([len(piece) async for piece in pieces]) == MAX_BODY // 65536 * 65536 + 2 * 65536
    assert [asked.body for asked in server.asked] == [b"q"]


async def test_a_stream_that_breaks_off_or_falls_silent_is_temporary(server: HttpServer, http: HttpOut) -> None:
    async def silent(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
        await asyncio.Event().wait()

    async def read() -> None:
        async with http.stream("GET", server.url, integration="vendor", silence=0.2) as pieces:
            assert [piece async for piece in pieces] == []

    for script, reason in ((broken_off, "connection"), (silent, "timeout"), (says(503), "server")):
        server.script = script
        error = await raised(read())
        assert (type(error), error.reason) == (Temporary, reason)
        assert server.asked[-1].method == "GET"


async def test_an_integration_whose_answers_hang_holds_up_no_other(server: HttpServer, http: HttpOut) -> None:
    full = asyncio.Event()

    async def hang_for_slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if len(server.asked) == 8:
            full.set()
        await (asyncio.Event().wait() if asked.path == "/slow" else says()(asked, writer))

    server.script = hang_for_slow
    slow = [asyncio.create_task(http.request("GET", f"{server.url}/slow", integration="slow")) for _ in range(10)]
    await full.wait()
    assert (await http.request("GET", server.url, integration="quick", deadline=3)).status == 200
    assert len(server.asked) == 8 + 1  # the other two wait for a connection
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)


async def test_streams_have_connections_of_their_own_and_as_many_as_there_are(
    server: HttpServer, http: HttpOut
) -> None:
    async def half(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
        await asyncio.Event().wait()

    server.script = half
    async with AsyncExitStack() as stack:
        for _ in range(12):
            pieces = await stack.enter_async_context(http.stream("GET", server.url, integration="vendor"))
            assert await anext(pieces) == b"half"
        server.script = says()
        assert (await http.request("GET", server.url, integration="vendor", deadline=3)).status == 200
    assert server.connections == 13


async def test_nothing_is_loaded_before_the_first_request() -> None:
    program = """
import asyncio, sys
from bot.kit.http_out import HttpOut
async def main():
    async with HttpOut():
        print(*sorted({"aiohttp", "httpx", "httpx_aiohttp"} & set(sys.modules)))
asyncio.run(main())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    assert await process.communicate() == (b"\n", None)


@pytest.mark.parametrize(
    ("method", "reads", "leaves"),
    [("GET", False, True), ("HEAD", False, True), ("POST", True, True), ("POST", False, False), ("PUT", False, False),
     ("PATCH", False, False), ("DELETE", False, False)],
)  # fmt: skip
async def test_of_what_is_asked_in_a_rehearsal_only_reading_leaves(
    method: str, reads: bool, leaves: bool, server: HttpServer, http: HttpOut
) -> None:
    with reads_only():
        if leaves:
            await http.request(method, server.url, integration="vendor", reads=reads)
        else:
            error = await raised(http.request(method, server.url, integration="vendor", reads=reads))
            assert "this is a rehearsal" in str(error)
            with pytest.raises(Permanent):
                async with http.stream(method, server.url, integration="vendor"):
                    pass
    assert [asked.method for asked in server.asked] == ([method] if leaves else [])
    assert (await http.request(method, server.url, integration="vendor")).status == 200


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_host_inside_is_reached_only_where_its_network_was_named(
    host: str, server: HttpServer, http: HttpOut
) -> None:
    url = f"http://{host}:{server.port}/"
    for _ in range(2):
        error = await raised(http.request("GET", url, integration="vendor", networks=Networks()))
        assert (type(error), f"vendor may not reach {host}" in str(error)) == (Permanent, True)
    assert server.connections == 0
    loopback = Networks((ip_network("127.0.0.0/8"), ip_network("::1/128")))
    assert (await http.request("GET", url, integration="vendor", networks=loopback)).status == 200
