"""The root: probes without loading anything, everything else loaded once, by whoever asks first."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from bot.api.root import Root, later
from bot.kit.http_in import App, Origins, Refusal, Reply, Scope

ORIGINS = Origins(["http://127.0.0.1:9393"])


class Nobody:
    """A porter who lets nobody in."""

    async def admit(self, scope: Scope) -> Refusal | None:
        return Refusal(status=401, error="no token", hint="send one")

    def inspect(self, scope: Scope, body: bytes) -> Refusal | None:
        return None


class Made:
    """Counts how often each application was made."""

    def __init__(self) -> None:
        self.times: dict[str, int] = {}

    def maker(self, name: str) -> Any:
        def make() -> App:
            self.times[name] = self.times.get(name, 0) + 1
            return Reply(body=name.encode())

        return make


def root(made: Made, *, why_not: str = "", **more: Any) -> Root:
    return Root(
        ready=lambda: why_not,
        metrics=lambda: (b"tocsin_up 1\n", "text/plain; version=1.0.0"),
        mounts={"/": made.maker("pages"), "/api/": made.maker("api")},
        origins=ORIGINS,
        **more,
    )


async def ask(app: Root, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:9393") as client:
        return await client.get(path, headers=headers)


async def test_probes_load_nothing() -> None:
    made = Made()
    assert (await ask(root(made), "/-/healthy")).status_code == 200
    assert (await ask(root(made), "/-/ready")).status_code == 200
    assert (await ask(root(made), "/metrics")).text == "tocsin_up 1\n"
    assert made.times == {}


async def test_what_is_not_ready_says_why() -> None:
    answer = await ask(root(Made(), why_not="rules are being loaded"), "/-/ready")
    assert (answer.status_code, answer.text) == (503, "rules are being loaded\n")


async def test_the_longest_prefix_serves_and_each_is_made_once() -> None:
    made = Made()
    app = root(made)
    answers = await asyncio.gather(*(ask(app, path) for path in ["/api/v1/incidents", "/", "/apiary"] * 5))
    assert [answer.text for answer in answers] == ["api", "pages", "pages"] * 5
    assert made.times == {"api": 1, "pages": 1}


async def test_warming_makes_everything() -> None:
    made = Made()
    await root(made).warm()
    assert made.times == {"api": 1, "pages": 1}


async def test_metrics_ask_for_a_token_where_others_can_reach_them() -> None:
    assert (await ask(root(Made(), metrics_porter=Nobody()), "/metrics")).status_code == 401


async def test_metrics_are_not_for_pages_of_other_hosts() -> None:
    assert (await ask(root(Made()), "/metrics", {"host": "evil.example"})).status_code == 421


def test_later_imports_when_it_is_called() -> None:
    missing = later("no.such.module", "make")
    with pytest.raises(ModuleNotFoundError):
        missing()
    assert later("bot.kit.http_in", "Origins", ["http://127.0.0.1:9393"])() is not None


async def test_the_servers_start_and_stop_are_answered() -> None:
    waiting = [{"type": "lifespan.shutdown"}, {"type": "lifespan.startup"}]
    sent = []

    async def receive() -> Any:
        return waiting.pop()

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await root(Made())({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
