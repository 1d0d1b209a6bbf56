"""Hostile HTTP at `/api/v2/alerts`, over a raw socket: what no client library would send."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest

from bot.api.alertmanager.door import MAX_BODY
from tests.integrations.alertmanager_api.conftest import Real

BODY = json.dumps([{"labels": {"alertname": "Hostile"}}]).encode()


@contextmanager
def connection(real: Real) -> Iterator[socket.socket]:
    parts = urlsplit(real.url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=20) as opened:
        yield opened


def head(real: Real, *lines: str, token: str = "", path: str = "/api/v2/alerts") -> bytes:
    given = [
        f"POST {path} HTTP/1.1",
        f"Host: {urlsplit(real.url).netloc}",
        f"Authorization: Bearer {token or real.token}",
        "Content-Type: application/json",
        *lines,
    ]
    return "\r\n".join([*given, "", ""]).encode("latin-1")


def say(real: Real, *pieces: bytes) -> int:
    """The status of the answer; 0: they hung up without one."""
    with connection(real) as opened:
        with suppress(ConnectionError):
            for piece in pieces:
                opened.sendall(piece)
        try:
            line = opened.recv(64)
        except ConnectionError:
            return 0
        return int(line.split()[1]) if line else 0


def post(real: Real, body: bytes, *lines: str) -> int:
    return say(real, head(real, f"Content-Length: {len(body)}", *lines) + body)


def test_what_is_well_is_taken(real: Real) -> None:
    assert post(real, BODY) == 200
    assert say(real, head(real, "Transfer-Encoding: chunked"), b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)) == 200


def test_a_body_that_says_it_is_too_large_is_not_waited_for(real: Real) -> None:
    assert say(real, head(real, f"Content-Length: {MAX_BODY + 1}")) == 413
    assert say(real, head(real, "Content-Length: 99999999999999999999999")) in (400, 413)


def test_a_body_that_does_not_say_is_cut_at_the_limit(real: Real) -> None:
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    assert say(real, head(real, "Transfer-Encoding: chunked"), *[chunk] * 20) in (413, 0)


def test_without_a_token_no_body_is_waited_for(real: Real) -> None:
    assert say(real, head(real, f"Content-Length: {MAX_BODY}", token="nobody")) == 401


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip"])
def test_nothing_is_unpacked(real: Real, coding: str) -> None:
    assert post(real, b"\x1f\x8b", f"Content-Encoding: {coding}") == 415


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Content-Length: -1",),
        ("Content-Length: 0x10",),
        ("X: a\x00b",),
        ("no colon",),
    ],
)
def test_what_two_readers_would_read_differently_is_refused(real: Real, lines: tuple[str, ...]) -> None:
    assert say(real, head(real, *lines), b"0\r\n\r\nPOST / HTTP/1.1\r\n\r\n") in (400, 0)


DEEP = 200_000


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[" * DEEP, 400),
        (b'[{"labels":' + b"[" * DEEP + b"]" * DEEP + b"}]", 400),
        (b'[{"labels":{"a":"x"},"more":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}]", 400),
        (b'[{"labels":{"a":"x"},"startsAt":' + b"9" * 5000 + b"}]", 400),
        (b'[{"labels":{"a":"x"},"endsAt":"9999-12-31T23:59:59-23:59"}]', 200),
        (b'[{"labels":{"a":"x"},"startsAt":"0001-01-01T00:00:00+23:59","endsAt":"0001-01-01T00:00:01Z"}]', 200),
        (b'[{"labels":{"a":NaN}}]', 400),
        (b'[{"labels":{"a":"x"},"annotations":{"a":"\\ud800"}}]', 400),
        (b'[{"labels":{"a":"x"},"annotations":{"a":"\\u0000"}}]', 400),
        (b'[{"labels":{"a":"x"},"annotations":{"a":"\xc3\x28"}}]', 400),
        (b'[{"labels":{"a":"x","a":"y"}}]', 200),
        (b"\xef\xbb\xbf[]", 400),
        (b"\xff\xfe[\x00]\x00", 400),
        (b"", 422),
        (b" " * 100_000, 422),
        (b"[" + b"{}," * 50_000 + b"{}]", 422),
        (b'[{"labels":{' + b",".join(b'"l%d":"x"' % number for number in range(100_000)) + b"}}]", 400),
    ],
)
def test_json_nobody_means_is_answered_and_nothing_breaks(real: Real, body: bytes, expected: int) -> None:
    assert post(real, body) == expected
    with real.client() as client:
        assert client.get("/alerts").status_code == 200


def test_one_who_dawdles_keeps_nobody_waiting(real: Real) -> None:
    with real.client() as client:
        connections = []
        for _ in range(100):
            slow = socket.create_connection(("127.0.0.1", int(urlsplit(real.url).port or 0)))
            slow.sendall(head(real, "Content-Length: 1000") + b"[")
            connections.append(slow)
        began = time.monotonic()
        assert client.post("/alerts", content=BODY, headers={"content-type": "application/json"}).status_code == 200
        assert time.monotonic() - began < 5
        for slow in connections:
            slow.close()
        assert client.get("/alerts").status_code == 200
