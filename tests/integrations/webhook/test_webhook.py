"""What is posted, to whom it says who it is, and what happens when nobody takes it."""

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from bot.errors import IntegrationError, Permanent, Temporary
from bot.integrations.webhook import integration as webhook_integration
from bot.integrations.webhook.client import AT_ONCE, Webhook
from bot.integrations.webhook.config import WebhookConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Integration, Tools
from bot.kit.redaction import Redactor
from bot.kit.way_in import access
from bot.testing.clock import FakeClock
from bot.testing.contracts import HttpContract, IntegrationContract
from bot.testing.notifier_contract import NotifierContract, telling
from tests.integrations.http_server import Asked, HttpServer, raised, says
from tests.integrations.webhook.conftest import Opens
from tests.servers import free_port


async def test_it_is_posted_as_json_under_a_key_of_its_own(server: HttpServer, opened: Opens) -> None:
    async with opened(url=f"{server.url}/some/hook", headers={"X-Team": "shop"}) as webhook:
        await webhook.tell(telling(0))
        await webhook.tell(telling(1))
        await webhook.tell(telling(0))
    assert [(asked.method, asked.path) for asked in server.asked] == [("POST", "/some/hook")] * 3
    assert all(asked.headers["content-type"] == "application/json" for asked in server.asked)
    assert server.asked[0].headers["x-team"] == "shop"
    first, second, again = (asked.headers["idempotency-key"] for asked in server.asked)
    assert first == again != second
    assert json.loads(server.asked[0].body)["groupLabels"] == {"alertname": "ShopSlow"}


@pytest.mark.parametrize(
    ("keys", "sent"),
    [
        ({"bearer_token": "s3cret"}, "Bearer s3cret"),
        ({"basic_auth": {"username": "ann", "password": "pw"}}, "Basic " + base64.b64encode(b"ann:pw").decode()),
    ],
)
async def test_it_says_who_it_is(server: HttpServer, opened: Opens, keys: dict[str, Any], sent: str) -> None:
    async with opened(url=server.url, **keys) as webhook:
        await webhook.tell(telling(0))
    assert server.asked[0].headers["authorization"] == sent


@pytest.mark.parametrize("secret", ["/services/T0/XyZ", "?token=XyZ"])
async def test_a_secret_at_the_end_of_the_address_is_sent_and_never_said(
    server: HttpServer, opened: Opens, secret: str
) -> None:
    async with opened(url=f"{server.url}/hook", secret_path=secret) as webhook:
        await webhook.tell(telling(0))
        server.script = says(404)
        error = await raised(webhook.tell(telling(0)))
    assert server.asked[0].path == f"/hook{secret}"
    assert "XyZ" not in f"{error} {error.hint} {error.__cause__!r}"


@pytest.mark.parametrize("secret", ["@evil.example.net/", ".evil.example.net/", "x", "", "/a b", "/a\nb", "/a#b", "/ü"])
def test_a_secret_at_the_end_cannot_lead_to_another_host(secret: str) -> None:
    with pytest.raises(ValidationError, match="must begin with") as caught:
        WebhookConfig(url="https://a.example.net", secret_path=SecretStr(secret))
    assert len(secret) < 2 or secret not in str(caught.value)


def test_nobody_is_waited_for_longer_than_an_errand_may_take() -> None:
    with pytest.raises(ValidationError, match="30s at most"):
        WebhookConfig.model_validate({"url": "http://127.0.0.1:1", "timeout": "31s"})


async def test_a_server_that_stumbles_once_is_asked_again_under_the_same_key(server: HttpServer, opened: Opens) -> None:
    async def stumbles(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await says(500 if len(server.asked) == 1 else 200)(asked, writer)

    server.script = stumbles
    async with opened(url=server.url) as webhook:
        await webhook.tell(telling(0))
    assert len({asked.headers["idempotency-key"] for asked in server.asked}) == 1
    assert len(server.asked) == 2


async def test_nobody_is_sent_elsewhere(server: HttpServer, opened: Opens) -> None:
    server.script = says(302, location="http://169.254.169.254/latest/meta-data")
    async with opened(url=server.url) as webhook:
        error = await raised(webhook.tell(telling(0)))
    assert isinstance(error, Permanent)
    assert "redirects are not followed" in error.hint
    assert len(server.asked) == 1


async def test_an_address_that_says_when_to_come_back_is_left_alone_until_then(
    server: HttpServer, opened: Opens
) -> None:
    server.script = says(503, retry_after="20")
    async with opened(url=server.url) as webhook:
        first = await raised(webhook.tell(telling(0)))
        server.script = says()
        asked = len(server.asked)
        second = await raised(webhook.tell(telling(1)))
    assert isinstance(first, Temporary)
    assert isinstance(second, Temporary)
    assert second.retry_after == pytest.approx(20, abs=2)
    assert len(server.asked) == asked, "it was asked although it rests"


async def test_an_address_that_is_away_is_tried_less_and_less_often_and_said_once(
    server: HttpServer, opened: Opens, caplog: pytest.LogCaptureFixture
) -> None:
    async def hangs_up(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    server.script = hangs_up
    waits = []
    async with opened(url=server.url) as webhook:
        for number in range(2):
            await raised(webhook.tell(telling(number)))
            resting = await raised(webhook.tell(telling(number)))
            assert isinstance(resting, Temporary)
            assert resting.retry_after is not None
            waits.append(resting.retry_after)
            await asyncio.sleep(resting.retry_after)
        server.script = says()
        await webhook.tell(telling(7))
        await webhook.tell(telling(8))
    assert waits[0] <= 1 < waits[1] <= 2
    said = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(said) == 1
    assert "hook is not told at the moment" in said[0]


async def test_a_slow_address_holds_up_nobody_for_long(server: HttpServer, opened: Opens) -> None:
    free = asyncio.Event()

    async def slow(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await free.wait()
        await says()(asked, writer)

    server.script = slow
    async with opened(url=server.url) as webhook, asyncio.TaskGroup() as group:
        for number in range(AT_ONCE):
            group.create_task(webhook.tell(telling(number)))
        await asked_for(server, AT_ONCE)
        error = await raised(webhook.tell(telling(99)))
        free.set()
    assert isinstance(error, Temporary)
    assert error.retry_after
    assert len(server.asked) == AT_ONCE


async def asked_for(server: HttpServer, count: int) -> None:
    async with asyncio.timeout(10):
        while True:
            if len(server.asked) >= count:
                return
            await asyncio.sleep(0.01)


async def test_a_message_that_is_refused_holds_up_no_other(server: HttpServer, opened: Opens) -> None:
    server.script = says(400)
    async with opened(url=server.url) as webhook:
        assert isinstance(await raised(webhook.tell(telling(0))), Permanent)
        server.script = says(500)
        assert isinstance(await raised(webhook.tell(telling(0))), Temporary)
        server.script = says()
        await webhook.tell(telling(1))


@pytest.mark.parametrize("status", [200, 204, 404, 405, 501])
async def test_whoever_answers_is_there_and_no_message_is_sent_to_find_out(
    server: HttpServer, tools: Tools, status: int
) -> None:
    server.script = says(status)
    async with webhook_integration.open(WebhookConfig(url=server.url), tools) as capabilities:
        [found] = await capabilities.examine()
    assert found.ok
    assert {asked.method for asked in server.asked} == {"OPTIONS"}


async def test_a_server_that_does_not_know_us_is_not_well(server: HttpServer, tools: Tools) -> None:
    server.script = says(401)
    async with webhook_integration.open(WebhookConfig(url=server.url), tools) as capabilities:
        [found] = await capabilities.examine()
    assert (found.ok, bool(found.hint)) == (False, True)


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    async with HttpOut() as http:
        yield Tools(name="hook", clock=FakeClock(), http=http, redactor=Redactor())


class TestIntegration(IntegrationContract):
    @pytest.fixture
    def integration(self) -> Integration:
        return webhook_integration

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        return ("hush-4711", "tok-4711")

    @pytest.fixture
    def unreachable(self) -> BaseModel:
        url = f"http://127.0.0.1:{free_port()}"
        return WebhookConfig(url=url, secret_path=SecretStr("?key=hush-4711"), bearer_token=SecretStr("tok-4711"))


class TestOverHttp(HttpContract):
    @pytest.fixture
    def failing(self, server: HttpServer, opened: Opens) -> Callable[[int, bytes], Awaitable[IntegrationError | None]]:
        async def fail(status: int, body: bytes) -> IntegrationError | None:
            server.script = says(status, body)
            async with opened(url=server.url, bearer_token=self.SECRET) as webhook:
                return await raised(webhook.tell(telling(0)))

        return fail


class Receiver:
    """The other side: it knows a message again by its key, as a good receiver does."""

    def __init__(self, server: HttpServer) -> None:
        self.server = server
        self.taken: dict[str, Mapping[str, str]] = {}
        self.takes()

    def heard(self) -> Sequence[tuple[str, Mapping[str, str]]]:
        return list(self.taken.items())

    def refuses(self, *, for_good: bool) -> None:
        self.server.script = says(400 if for_good else 500)

    def takes(self) -> None:
        async def take(asked: Asked, writer: asyncio.StreamWriter) -> None:
            self.taken.setdefault(asked.headers["idempotency-key"], json.loads(asked.body)["alerts"][0]["labels"])
            await says()(asked, writer)

        self.server.script = take


class TestNotifier(NotifierContract):
    @pytest.fixture
    def other_side(self, server: HttpServer) -> Receiver:
        return Receiver(server)

    @pytest.fixture
    def open_notifier(self, server: HttpServer, tools: Tools) -> Callable[[], Webhook]:
        return lambda: Webhook(access(WebhookConfig(url=server.url), tools), tools.http)
