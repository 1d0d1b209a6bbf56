"""What is sent to a server that takes series, and what is made of its refusals."""

import asyncio
import logging
import math
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.errors import Permanent, Temporary
from bot.integrations.prometheus import integration
from bot.integrations.prometheus.config import PrometheusConfig
from bot.integrations.prometheus.remote_write import STALE, RemoteWriter, snappy
from bot.kit.plugin import Tools
from bot.kit.way_in import access
from bot.model.labels import LabelSet
from bot.model.sample import Recorded
from bot.testing.contracts import HttpContract
from tests.integrations.http_server import Asked, HttpServer, raised, says
from tests.servers import PrometheusServer

AT = datetime(2026, 11, 22, 3, 4, 5, 678_999, tzinfo=UTC)


def one(name: str = "made", value: float | None = 1.0, at: datetime = AT, **labels: str) -> Recorded:
    return Recorded(labels=LabelSet({"__name__": name, **labels}), at=at, value=value)


@pytest.fixture
async def writer(impostor: HttpServer, tools: Tools) -> AsyncIterator[RemoteWriter]:
    """A client of the impostor, which takes everything."""
    impostor.script = says(204)
    writer = RemoteWriter(access(PrometheusConfig(url=impostor.url, timeout=timedelta(seconds=2)), tools))
    yield writer
    await writer.aclose()


def unpacked(body: bytes) -> bytes:
    """What a message of uncompressed literals holds."""
    size, start = varint(body, 0)
    out = bytearray()
    while start < len(body):
        assert body[start] == 0xF4
        (length,) = struct.unpack_from("<H", body, start + 1)
        out += body[start + 3 : start + 4 + length]
        start += 4 + length
    assert len(out) == size
    return bytes(out)


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at


def fields(data: bytes) -> list[tuple[int, bytes]]:
    """The fields of a message whose fields all have a length."""
    found, at = [], 0
    while at < len(data):
        tag, at = varint(data, at)
        length, at = varint(data, at)
        found.append((tag >> 3, data[at : at + length]))
        at += length
    return found


def message(asked: Asked) -> list[tuple[dict[str, str], list[tuple[int, int]]]]:
    """Each series of a message: its labels, and (milliseconds, bits of the value) of its samples."""
    found = []
    for _, series in fields(unpacked(asked.body)):
        labels = [dict(fields(pair)) for number, pair in fields(series) if number == 1]
        points = [content for number, content in fields(series) if number == 2]
        found.append(
            (
                {label[1].decode(): label[2].decode() for label in labels},
                [(varint(point, 10)[0], struct.unpack_from("<Q", point, 1)[0]) for point in points],
            )
        )
    return found


async def test_a_message_is_series_in_order(impostor: HttpServer, writer: RemoteWriter) -> None:
    later = AT + timedelta(seconds=1)
    await writer.record([one("b", 2.0, later), one("a", None, é="ü"), one("b", math.nan), one("b", 7.0, later)])
    (asked,) = impostor.asked
    assert (asked.method, asked.path) == ("POST", "/api/v1/write")
    assert asked.headers["content-encoding"] == "snappy"
    assert asked.headers["content-type"] == "application/x-protobuf"
    assert asked.headers["x-prometheus-remote-write-version"] == "0.1.0"
    two = struct.unpack("<Q", struct.pack("<d", 2.0))[0]
    assert message(asked) == [
        ({"__name__": "a", "é": "ü"}, [(1795316645678, STALE)]),
        ({"__name__": "b"}, [(1795316645678, 0x7FF8000000000001), (1795316646678, two)]),
    ]


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 200_000])
def test_a_message_of_any_size_can_be_unpacked(size: int) -> None:
    data = bytes(number % 251 for number in range(size))
    assert unpacked(snappy(data)) == data


async def test_nothing_is_not_sent_and_much_in_several(impostor: HttpServer, writer: RemoteWriter) -> None:
    await writer.record([])
    assert impostor.asked == []
    await writer.record([one(n=str(number)) for number in range(4500)])
    assert [len(message(asked)) for asked in impostor.asked] == [2000, 2000, 500]


async def test_mimir_takes_series_elsewhere(impostor: HttpServer, tools: Tools) -> None:
    impostor.script = says(200)
    config = PrometheusConfig.model_validate(
        {
            "url": "http://127.0.0.1:1/prometheus",
            "write_url": f"{impostor.url}/api/v1/push",
            "headers": {"X-Scope-OrgID": "7"},
        }
    )
    async with integration.open(config, tools) as opened:
        assert opened.recorder is not None
        await opened.recorder.record([one()])
    assert (impostor.asked[0].path, impostor.asked[0].headers["x-scope-orgid"]) == ("/api/v1/push", "7")


REFUSALS = [
    (400, "out of order sample"),
    (400, "out of bounds"),
    (400, "duplicate sample for timestamp"),
    (400, "too old sample"),
    (400, "the sample has been rejected because its timestamp is too old (err-mimir-sample-timestamp-too-old)"),
    (400, "failed pushing: another sample ... (err-mimir-sample-out-of-order). The affected sample is ..."),
    (400, "received a sample whose timestamp is too far in the future (err-mimir-too-far-in-future)"),
    (409, "store locally for endpoint: conflict"),
]


@pytest.mark.parametrize(("status", "text"), REFUSALS)
async def test_what_comes_too_late_is_left_out_and_said(
    impostor: HttpServer, writer: RemoteWriter, status: int, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    taken: list[str] = []

    async def picky(asked: Asked, stream: asyncio.StreamWriter) -> None:
        names = [labels["n"] for labels, _ in message(asked)]
        if {"13", "77"} & set(names):
            await says(status, text.encode())(asked, stream)
        else:
            taken.extend(names)
            await says(204)(asked, stream)

    impostor.script = picky
    with caplog.at_level(logging.WARNING):
        await writer.record([one(n=str(number)) for number in range(100)])
    assert sorted(taken, key=int) == [str(number) for number in range(100) if number not in (13, 77)]
    assert "did not take 2 of 100 samples" in caplog.text
    assert len(impostor.asked) < 40


async def test_of_one_series_too_what_is_late_alone_is_left_out(impostor: HttpServer, writer: RemoteWriter) -> None:
    taken: list[int] = []

    async def picky(asked: Asked, stream: asyncio.StreamWriter) -> None:
        ((_, points),) = message(asked)
        if points[0][0] < 1795316645678:
            await says(400, b"out of order sample")(asked, stream)
        else:
            taken.extend(at for at, _ in points)
            await says(204)(asked, stream)

    impostor.script = picky
    await writer.record([one(at=AT + timedelta(seconds=seconds)) for seconds in (-2, -1, 0, 1, 2)])
    assert taken == [1795316645678, 1795316646678, 1795316647678]


async def test_a_message_that_is_too_large_is_sent_in_parts(impostor: HttpServer, writer: RemoteWriter) -> None:
    async def small(asked: Asked, stream: asyncio.StreamWriter) -> None:
        await says(413 if len(asked.body) > 2000 else 204)(asked, stream)

    impostor.script = small
    await writer.record([one(n=str(number), pad="x" * 100) for number in range(100)])
    impostor.script = says(413)
    error = await raised(writer.record([one()]))
    assert (type(error), error.reason) == (Permanent, "client")


async def test_what_the_server_refuses_for_another_reason_is_not_tried_in_parts(
    impostor: HttpServer, writer: RemoteWriter
) -> None:
    impostor.script = says(400, b"snappy: corrupt input")
    error = await raised(writer.record([one(n=str(number)) for number in range(100)]))
    assert (type(error), error.reason) == (Permanent, "client")
    assert "corrupt input" in error.message
    assert len(impostor.asked) == 1


async def test_a_server_that_takes_nothing_says_what_to_do(
    prometheus_binary: str, tmp_path: Path, tools: Tools
) -> None:
    server = PrometheusServer(tmp_path)
    server.argv.remove("--web.enable-remote-write-receiver")
    with server:
        writer = RemoteWriter(access(PrometheusConfig(url=server.url), tools))
        error = await raised(writer.record([one()]))
        await writer.aclose()
    assert (type(error), error.reason) == (Permanent, "client")
    assert "--web.enable-remote-write-receiver" in error.hint


async def test_when_to_come_back_is_passed_on(impostor: HttpServer, writer: RemoteWriter) -> None:
    impostor.script = says(429, b"ingestion rate limit", Retry_After="7")
    error = await raised(writer.record([one()]))
    assert isinstance(error, Temporary)
    assert error.retry_after == 7


async def test_a_connection_closed_without_an_answer_is_tried_once_more(
    impostor: HttpServer, writer: RemoteWriter
) -> None:
    async def closes(_: Asked, stream: asyncio.StreamWriter) -> None:
        impostor.script = says(204)
        stream.close()

    impostor.script = closes
    await writer.record([one()])
    assert message(impostor.asked[0]) == message(impostor.asked[1])


class TestOverHttp(HttpContract):
    @pytest.fixture
    async def failing(
        self, impostor: HttpServer, tools: Tools
    ) -> AsyncIterator[Callable[[int, bytes], Awaitable[BaseException | None]]]:
        tools.redactor.add(self.SECRET)
        config = PrometheusConfig(url=impostor.url, bearer_token=SecretStr(self.SECRET))
        writer = RemoteWriter(access(config, tools))

        async def ask(status: int, body: bytes) -> BaseException:
            impostor.script = says(status, body)
            return await raised(writer.record([one()]))

        yield ask
        await writer.aclose()
