"""Places to ask at, and a server that answers as a test wants it to."""

from collections.abc import AsyncIterator

import pytest

from bot.integrations.http.actions import Requests
from bot.integrations.http.config import HttpConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.testing.clock import FakeClock
from tests.integrations.http_server import HttpServer

SECRET = "open-sesame-0815"
LOOPBACK = ["127.0.0.0/8", "::1/128"]


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with HttpServer() as server:
        yield server


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    redactor = Redactor()
    redactor.add(SECRET)
    async with HttpOut() as http:
        yield Tools(name="shop", clock=FakeClock(), http=http, redactor=redactor)


@pytest.fixture
def requests(server: HttpServer, tools: Tools) -> Requests:
    """May read below /api, change what lies below /api/jobs, and do away with what lies below /api/jobs/old."""
    places = [
        {"url": f"{server.url}/api", "networks": LOOPBACK, "bearer_token": SECRET},
        {"url": f"{server.url}/api/jobs", "methods": ["GET", "POST", "PUT"], "networks": LOOPBACK},
        {
            "url": f"{server.url}/api/jobs/old", "methods": ["DELETE"], "risk": "destructive", "networks": LOOPBACK,
            "headers": {"x-token": SECRET},
        },
    ]  # fmt: skip
    return Requests(config=HttpConfig.model_validate({"allow": places}), tools=tools)
