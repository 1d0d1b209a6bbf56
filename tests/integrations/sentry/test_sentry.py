"""What reaches Sentry: our faults, and no secret."""

import asyncio
import gzip
import json
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from bot.integrations.sentry import integration as sentry_integration
from bot.integrations.sentry.config import SentryConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Integration, Tools
from bot.kit.redaction import Redactor
from bot.testing.clock import FakeClock
from bot.testing.contracts import IntegrationContract
from tests.integrations.http_server import HttpServer
from tests.servers import free_port

SECRET = "pager-key/4711+a"
log = logging.getLogger("tocsin.test")


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    async with HttpOut() as http:
        yield Tools(name="sentry", clock=FakeClock(), http=http, redactor=Redactor())


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with HttpServer() as server:
        yield server


class TestIntegration(IntegrationContract):
    @pytest.fixture
    def integration(self) -> Integration:
        return sentry_integration

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        return ("publickey4711",)

    @pytest.fixture
    def unreachable(self) -> SentryConfig:
        return SentryConfig(dsn=SecretStr(f"http://publickey4711@127.0.0.1:{free_port()}/1"))


def events(server: HttpServer) -> list[dict[str, Any]]:
    """The events inside the envelopes that came."""
    found = []
    for asked in server.asked:
        body = gzip.decompress(asked.body) if asked.headers.get("content-encoding") == "gzip" else asked.body
        lines = body.split(b"\n")
        for header, payload in zip(lines[1::2], lines[2::2], strict=False):
            if header and json.loads(header).get("type") == "event":
                found.append(json.loads(payload))
    return found


async def test_a_fault_arrives_without_what_it_knew(server: HttpServer, tools: Tools) -> None:
    tools.redactor.add(SECRET)
    config = SentryConfig(dsn=SecretStr(f"http://key@127.0.0.1:{server.port}/1"), environment="tests")
    local_secret = "only-in-a-local-variable"
    async with sentry_integration.open(config, tools):
        log.info("asking with %s", SECRET)  # becomes a breadcrumb
        try:
            raise RuntimeError(f"refused: Authorization: Bearer {SECRET}", {"key": SECRET}, len(local_secret))
        except RuntimeError:
            log.exception("the pager refused %s", SECRET, extra={"sent": SECRET.encode()})
    assert not any(SECRET.encode() in asked.body for asked in server.asked)
    (event,) = events(server)
    told = json.dumps(event)
    assert "RuntimeError" in told
    assert "[redacted]" in told
    assert event["environment"] == "tests"
    assert event["release"].startswith("tocsin@")
    for hidden in (SECRET, "pager-key", local_secret, '"vars"', "context_line", '"user"', '"request"', "sys.argv"):
        assert hidden not in told


async def test_after_closing_nothing_is_told(server: HttpServer, tools: Tools) -> None:
    config = SentryConfig(dsn=SecretStr(f"http://key@127.0.0.1:{server.port}/1"))
    async with sentry_integration.open(config, tools):
        pass
    log.error("too late")
    await asyncio.sleep(0)
    assert events(server) == []


async def test_a_sentry_that_never_answers_does_not_hold_up_the_end(server: HttpServer, tools: Tools) -> None:
    async def silence(*_: object) -> None:
        await asyncio.Event().wait()

    server.script = silence
    config = SentryConfig(dsn=SecretStr(f"http://key@127.0.0.1:{server.port}/1"))
    began = asyncio.get_running_loop().time()
    async with sentry_integration.open(config, tools):
        log.error("is anybody there?")
    assert asyncio.get_running_loop().time() - began < 8


def test_without_a_dsn_the_library_is_not_loaded() -> None:
    code = "import sys, bot.integrations.sentry; sys.exit('sentry_sdk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("dsn", ["", "key", "https://host/1", "https://key@host/", "https://key@host/x", "https://[/1"])
def test_what_is_no_dsn_is_refused_without_being_shown(dsn: str) -> None:
    with pytest.raises(ValidationError, match="Client Keys"):
        SentryConfig(dsn=SecretStr(dsn))
