"""The suites of bot.testing, against the simulated Splunk and against servers that answer badly."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from pydantic import SecretStr

from bot.integrations.splunk import integration as splunk_integration
from bot.integrations.splunk.config import HecConfig, SplunkConfig
from bot.kit.plugin import Integration, Tools
from bot.kit.way_in import BasicAuth
from bot.model.sample import Window
from bot.model.search_job import SearchJob
from bot.ports.logs import LogSource
from bot.testing.contracts import HttpContract, IntegrationContract
from bot.testing.log_contract import LINES, LogSourceContract
from tests.integrations.http_server import HttpServer, raised, says
from tests.integrations.splunk.conftest import Open
from tests.integrations.splunk.simulated import Simulator
from tests.servers import free_port


@pytest.fixture
def window(at: datetime) -> Window:
    return Window(start=at - timedelta(seconds=10), end=at)


@pytest.fixture
def rooms(splunk: Simulator, window: Window) -> Simulator:
    for step in range(5):
        splunk.index((window.start + timedelta(seconds=step), f"room=kitchen step={step}"))
    splunk.index((window.end, "room=cellar step=9"))
    return splunk


@pytest.fixture
def counted(window: Window, request: pytest.FixtureRequest) -> SearchJob:
    return SearchJob(
        key=request.node.name,
        search="room=* | stats count by room",
        app="search",
        owner="nobody",
        scheduled_at=window.end,
        earliest=window.start,
        latest=window.end + timedelta(seconds=1),
    )


class TestLogs(LogSourceContract):
    @pytest.fixture
    async def source(self, splunk: Simulator, opened: Open, at: datetime) -> LogSource:
        for before, service, text in LINES:
            moment, fields = at - timedelta(seconds=before), {"service": service}
            splunk.index((moment, text), index="contract", fields=fields)
        found = (await opened(splunk.url)).logs
        assert found is not None
        return found


class Failing(HttpContract):
    """A server that answers with any status, and knows a credential of ours."""

    @pytest.fixture
    def config(self, impostor: HttpServer, tools: Tools) -> SplunkConfig:
        tools.redactor.add(self.SECRET)  # config/ does, for every secret it resolves
        return SplunkConfig(url=impostor.url, bearer_token=SecretStr(self.SECRET), timeout=timedelta(seconds=2))


class TestSearchesOverHttp(Failing):
    @pytest.fixture
    def failing(
        self, config: SplunkConfig, impostor: HttpServer, tools: Tools, counted: SearchJob
    ) -> Callable[[int, bytes], Awaitable[BaseException | None]]:
        async def ask(status: int, body: bytes) -> BaseException:
            impostor.script = says(status, body)
            async with splunk_integration.open(config, tools) as opened:
                assert opened.searches is not None
                error = await raised(opened.searches.run(counted))
            assert impostor.asked[-1].headers["authorization"] == f"Bearer {self.SECRET}"
            return error

        return ask


class TestSigningInOverHttp(Failing):
    @pytest.fixture
    def failing(
        self, impostor: HttpServer, config: SplunkConfig, tools: Tools, window: Window
    ) -> Callable[[int, bytes], Awaitable[BaseException | None]]:
        login = BasicAuth(username="tocsin", password=SecretStr(self.SECRET))

        async def ask(status: int, body: bytes) -> BaseException:
            impostor.script = says(status, body)
            own = SplunkConfig(url=impostor.url, login=login, timeout=timedelta(seconds=2))
            async with splunk_integration.open(own, tools) as opened:
                assert opened.logs is not None
                return await raised(opened.logs.search("a", {}, window, 1))

        return ask


class TestIntegration(IntegrationContract):
    @pytest.fixture
    def integration(self) -> Integration:
        return splunk_integration

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        return ("a-password", "a-hec-token")

    @pytest.fixture
    def unreachable(self) -> SplunkConfig:
        return SplunkConfig(
            url=f"http://127.0.0.1:{free_port()}",
            login=BasicAuth(username="tocsin", password=SecretStr("a-password")),
            hec=HecConfig(url=f"http://127.0.0.1:{free_port()}", token=SecretStr("a-hec-token")),
        )
