"""Real Alertmanagers, a notifier for any address, and a server that misbehaves."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from bot.integrations.alertmanager import integration
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Capabilities, Tools
from bot.kit.redaction import Redactor
from bot.testing.clock import FakeClock
from tests.conftest import needed
from tests.integrations.http_server import HttpServer
from tests.servers import AlertmanagerServer

Opens = Callable[..., AbstractAsyncContextManager[Capabilities]]


@pytest.fixture(scope="package", params=["alertmanager", "alertmanager-old"])
def alertmanager(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AlertmanagerServer]:
    with needed():
        server = AlertmanagerServer(tmp_path_factory.mktemp("alertmanager"), binary=request.param)
    with server:
        yield server


@pytest.fixture
def opened() -> Opens:
    """The integration as it is opened for these keys of tocsin.yaml."""

    @asynccontextmanager
    async def open_it(**keys: Any) -> AsyncIterator[Capabilities]:
        config = integration.config.model_validate(keys)
        async with HttpOut() as http:
            tools = Tools(name="am", clock=FakeClock(), http=http, redactor=Redactor())
            async with integration.open(config, tools) as capabilities:
                yield capabilities

    return open_it


@pytest.fixture
async def impostor() -> AsyncIterator[HttpServer]:
    async with HttpServer() as server:
        yield server
