"""A webhook for any address, and a server that answers as a test wants it to."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from bot.integrations.webhook import integration
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.ports.notifier import Notifier
from bot.testing.clock import FakeClock
from tests.integrations.http_server import HttpServer

Opens = Callable[..., AbstractAsyncContextManager[Notifier]]


@pytest.fixture
def opened() -> Opens:
    """The integration as it is opened for these keys of tocsin.yaml."""

    @asynccontextmanager
    async def open_it(**keys: Any) -> AsyncIterator[Notifier]:
        config = integration.config.model_validate(keys)
        async with HttpOut() as http:
            tools = Tools(name="hook", clock=FakeClock(), http=http, redactor=Redactor())
            async with integration.open(config, tools) as capabilities:
                assert capabilities.notifier is not None
                yield capabilities.notifier

    return open_it


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with HttpServer() as server:
        yield server
