"""A webhook as a pager and as a messenger: what is posted, and what happens when nobody takes it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from bot.errors import Temporary
from bot.integrations.webhook import integration as webhook_integration
from bot.integrations.webhook.client import Webhook
from bot.integrations.webhook.config import WebhookConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.kit.way_in import access
from bot.testing.clock import FakeClock
from bot.testing.pager_contract import MessengerContract, PagerContract, call, message
from tests.integrations.http_server import Asked, HttpServer, raised, says


class Side:
    """The other side: it knows what it has had by its key, as a good receiver does."""

    def __init__(self, server: HttpServer) -> None:
        self.server = server
        self.had: dict[str, tuple[str, str]] = {}
        self.takes()

    def taken(self) -> Sequence[tuple[str, str]]:
        return list(self.had.values())

    def refuses(self, *, for_good: bool) -> None:
        self.server.script = says(400 if for_good else 500)

    def takes(self) -> None:
        async def take(asked: Asked, writer: asyncio.StreamWriter) -> None:
            body = json.loads(asked.body)
            shown = (body["page"], body["title"]) if body["kind"] == "page" else (body["id"], body["subject"])
            self.had.setdefault(asked.headers["idempotency-key"], shown)
            await says()(asked, writer)

        self.server.script = take


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    async with HttpOut() as http:
        yield Tools(name="hook", clock=FakeClock(), http=http, redactor=Redactor())


@pytest.fixture
def paged_side(server: HttpServer) -> Side:
    return Side(server)


@pytest.fixture
def opens(server: HttpServer, tools: Tools) -> Callable[[], Webhook]:
    return lambda: Webhook(access(WebhookConfig(url=server.url), tools), tools.http)


class TestPager(PagerContract):
    @pytest.fixture
    def open_pager(self, opens: Callable[[], Webhook]) -> Callable[[], Webhook]:
        return opens


class TestMessenger(MessengerContract):
    @pytest.fixture
    def open_messenger(self, opens: Callable[[], Webhook]) -> Callable[[], Webhook]:
        return opens


async def test_all_that_a_page_says_is_posted(server: HttpServer, opens: Callable[[], Webhook]) -> None:
    await opens().page(call(0, address="room 4"))
    assert json.loads(server.asked[0].body) == {
        "kind": "page",
        "page": "PAGE-1",
        "incident": "INC-7",
        "key": "tocsin-INC-7-1795342800",
        "severity": "SEV1",
        "title": "the shop is slow",
        "service": "shop",
        "text": "INC-7 SEV1: the shop is slow\nservice: shop",
        "link": "https://tocsin.example.net/incidents/INC-7",
        "person": "ann",
        "address": "room 4",
        "at": "2026-11-22T10:00:00+00:00",
    }


async def test_all_that_a_message_says_is_posted(server: HttpServer, opens: Callable[[], Webhook]) -> None:
    await opens().send(message(0))
    assert json.loads(server.asked[0].body) == {
        "kind": "message",
        "id": "handover 0",
        "address": "ann@example.net",
        "subject": "your turn begins",
        "text": "Nothing burns.",
        "link": "https://tocsin.example.net/oncall",
        "at": "2026-11-22T10:00:00+00:00",
    }


async def test_whoever_is_woken_does_not_wait_for_those_who_only_read(
    server: HttpServer, opens: Callable[[], Webhook]
) -> None:
    free = asyncio.Event()

    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if json.loads(asked.body)["kind"] == "message":
            await free.wait()
        await says()(asked, writer)

    server.script = slow
    webhook = opens()
    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(webhook.send(message(number)))
        async with asyncio.timeout(5):
            await webhook.page(call(0))
        free.set()


async def test_an_address_that_is_away_lets_the_next_way_be_taken_at_once(
    server: HttpServer, opens: Callable[[], Webhook]
) -> None:
    webhook = opens()
    server.script = says(503, retry_after="20")
    assert isinstance(await raised(webhook.page(call(0))), Temporary)
    asked = len(server.asked)
    error = await raised(webhook.page(call(1)))
    assert isinstance(error, Temporary)
    assert len(server.asked) == asked, "it was asked although it rests"


def test_it_says_that_it_wakes_people() -> None:
    assert {"pager", "messenger"} <= webhook_integration.provides
