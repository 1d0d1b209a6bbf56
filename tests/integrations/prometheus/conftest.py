"""One real Prometheus for all of these tests, and the tools an integration is lent."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.integrations.prometheus.client import PrometheusSource
from bot.integrations.prometheus.config import PrometheusConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.kit.way_in import access
from bot.testing.clock import FakeClock
from tests.integrations.http_server import HttpServer
from tests.integrations.prometheus.remote_write import write
from tests.servers import PrometheusServer


@pytest.fixture(scope="session")
def at() -> datetime:
    """The time that the samples in `prometheus` lead up to."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="session")
def prometheus(
    prometheus_binary: str, tmp_path_factory: pytest.TempPathFactory, at: datetime
) -> Iterator[PrometheusServer]:
    with PrometheusServer(tmp_path_factory.mktemp("prometheus")) as server:
        rooms = {"kitchen": 21.0, "cellar": 12.0}
        times = [at - timedelta(minutes=6) + index * timedelta(seconds=10) for index in range(37)]
        write(
            server.url,
            [
                ({"__name__": "contract_degrees", "room": room}, time, degrees)
                for room, degrees in rooms.items()
                for time in times
            ],
        )
        yield server


@pytest.fixture
async def tools(at: datetime) -> AsyncIterator[Tools]:
    async with HttpOut() as http:
        yield Tools(name="prom", clock=FakeClock(at), http=http, redactor=Redactor())


@pytest.fixture
async def source(prometheus: PrometheusServer, tools: Tools) -> AsyncIterator[PrometheusSource]:
    source = PrometheusSource(access(PrometheusConfig(url=prometheus.url), tools))
    yield source
    await source.aclose()


@pytest.fixture
async def impostor() -> AsyncIterator[HttpServer]:
    async with HttpServer() as server:
        yield server
