"""One simulated Splunk for all of these tests, mended for each, and an integration opened on it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from bot.integrations.splunk import integration
from bot.integrations.splunk.config import SplunkConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Capabilities, Tools
from bot.kit.redaction import Redactor
from bot.testing.clock import FakeClock
from tests.integrations.http_server import HttpServer
from tests.integrations.splunk.simulated import TOKEN, Simulator

Open = Callable[..., Awaitable[Capabilities]]


@pytest.fixture(scope="session")
def at() -> datetime:
    """The time up to which there are events."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)


@pytest.fixture(scope="session")
def _simulator() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def splunk(_simulator: Simulator) -> Simulator:
    _simulator.mended()
    return _simulator


@pytest.fixture
async def tools(at: datetime) -> AsyncIterator[Tools]:
    async with HttpOut() as http:
        yield Tools(name="splunk", clock=FakeClock(at), http=http, redactor=Redactor())


@pytest.fixture
async def opened(tools: Tools) -> AsyncIterator[Open]:
    """Opens the integration; the configuration is that of the simulator unless it says otherwise."""
    async with AsyncExitStack() as stack:

        async def open_it(url: str, **config: object) -> Capabilities:
            if not config.keys() & {"login", "basic_auth", "bearer_token"}:
                config["bearer_token"] = SecretStr(TOKEN)
            usual = {"url": url, "web_url": "https://splunk.example.net", "timeout": "60s"}  # machines may be busy
            made = SplunkConfig.model_validate({**usual, **config})
            return await stack.enter_async_context(integration.open(made, tools))

        yield open_it


@pytest.fixture
async def impostor() -> AsyncIterator[HttpServer]:
    async with HttpServer() as server:
        yield server
