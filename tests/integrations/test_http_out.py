"""The way out over HTTP, against a server that misbehaves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest

from bot.errors import Permanent, Temporary
from bot.kit.http_out import MAX_BODY, HttpOut, retry_after
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


@pytest.mark.parametrize("script", [broken_off, not_http])
async def test_a_broken_connection_is_temporary(server: HttpServer, http: HttpOut, script: Script) -> None:
    server.script = script
    error = await raised(http.request("POST", server.url, integration="vendor"))
    assert (type(error), error.reason) == (Temporary, "connection")


async def test_nobody_there_is_temporary_and_names_the_host(http: HttpOut) -> None:
    async with HttpServer() as gone:
        url = gone.url
    error = await raised(http.request("GET", f"{url}/secret-path", integration="vendor"))
    assert (type(error), error.reason) == (Temporary, "connection")
    assert "127.0.0.1" in error.message
    assert "secret-path" not in error.message


@pytest.mark.parametrize("url", ["http://[broken", "no-scheme", "http://", "ftp://example.net/"])
async def test_an_address_that_is_none_is_ours_to_correct(http: HttpOut, url: str) -> None:
    assert (await raised(http.request("GET", url, integration="vendor"))).integration == "vendor"


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
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
