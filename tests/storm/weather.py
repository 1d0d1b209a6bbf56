"""A storm: so many alerts of so many groups in so much time, sent as a few Prometheus do, and how it was answered."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import urlsplit

A_POST = 50
CONNECTIONS = 4
LASTS = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Storm:
    """Alerts come evenly over `seconds`, those of a group far apart: every group grows until the end."""

    alerts: int
    groups: int
    seconds: float

    def posts(self) -> Iterator[tuple[float, bytes]]:
        """When each request is due, in seconds from the start, and its body."""
        for first in range(0, self.alerts, A_POST):
            numbers = range(first, min(first + A_POST, self.alerts))
            yield first / self.alerts * self.seconds, body([self.labels(number) for number in numbers])

    def labels(self, number: int) -> dict[str, str]:
        """Of one alert."""
        return {
            "alertname": f"Storm{number % self.groups}",
            "instance": f"host-{number}.example.net:9100",
            "job": "checkout",
            "severity": "warning",
        }


@dataclass(frozen=True)
class Answer:
    """How one request was answered, and after how many seconds."""

    status: int
    seconds: float


class Sender:
    """Posts alerts to one Tocsin, over a connection of its own."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(str(parts.hostname), int(parts.port or 80), timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def post(self, alerts: bytes) -> Answer:
        """One request."""
        began = time.perf_counter()
        self._connection.request("POST", "/api/v2/alerts", alerts, self._headers)
        with self._connection.getresponse() as answer:
            answer.read()
            return Answer(answer.status, time.perf_counter() - began)


def body(labels: Sequence[dict[str, str]], *, over: bool = False) -> bytes:
    """Alerts that begin now, or are over now, as Prometheus writes them."""
    now = datetime.now(UTC)
    said = {
        "startsAt": now.isoformat(),
        "endsAt": (now if over else now + LASTS).isoformat(),
        "generatorURL": "http://prometheus.example.net:9090/graph?g0.expr=up&g0.tab=1",
    }
    return json.dumps(
        [{"labels": one, "annotations": {"summary": f"{one['instance']} is slow"}, **said} for one in labels]
    ).encode()


def blows(storm: Storm, url: str, token: str) -> list[Answer]:
    """Sends it all, each request when it is due, over a few connections; how each was answered."""
    began = time.monotonic()
    shares = [list(storm.posts())[number::CONNECTIONS] for number in range(CONNECTIONS)]

    def send(share: Sequence[tuple[float, bytes]]) -> list[Answer]:
        answers = []
        with Sender(url, token) as sender:
            for due, alerts in share:
                time.sleep(max(0.0, began + due - time.monotonic()))
                answers.append(sender.post(alerts))
        return answers

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return [answer for answers in pool.map(send, shares) for answer in answers]
