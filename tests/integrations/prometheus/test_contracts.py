"""The suites of bot.testing, against the real thing."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from bot.integrations.prometheus import integration as prometheus_integration
from bot.integrations.prometheus.actions import Asking, QueryParams, WaitParams
from bot.integrations.prometheus.client import PrometheusSource
from bot.integrations.prometheus.config import PrometheusConfig
from bot.integrations.prometheus.looking import AlertsParams, Looking, RangeParams, TargetsParams
from bot.integrations.prometheus.remote_write import RemoteWriter
from bot.kit.plugin import Integration, Tools
from bot.kit.way_in import BasicAuth, access
from bot.model.sample import Window
from bot.ports.actions import Action
from bot.testing.contracts import (
    ActionContract,
    HttpContract,
    IntegrationContract,
    MetricSourceContract,
    RecorderContract,
)
from tests.integrations.http_server import HttpServer, raised, says
from tests.servers import PrometheusServer, free_port


class TestSource(MetricSourceContract):
    pass


class TestRecorder(RecorderContract):
    """Each test has the server's clock to itself by having metrics of its own."""

    @pytest.fixture
    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)

    @pytest.fixture
    async def recorder(self, prometheus: PrometheusServer, tools: Tools) -> AsyncIterator[RemoteWriter]:
        recorder = RemoteWriter(access(PrometheusConfig(url=prometheus.url), tools))
        yield recorder
        await recorder.aclose()


@pytest.fixture
def actions(prometheus: PrometheusServer, source: PrometheusSource, tools: Tools) -> Mapping[str, Action]:
    looking = Looking(
        access=access(PrometheusConfig(url=prometheus.url), tools), source=source, http=tools.http, clock=tools.clock
    )
    return {**Asking(name=tools.name, source=source, clock=tools.clock).actions(), **looking.actions()}


class TestQuery(ActionContract):
    @pytest.fixture
    def action(self, actions: Mapping[str, Action]) -> Action:
        return actions["prometheus.query"]

    @pytest.fixture(params=["contract_degrees", "contract_degrees > 1000", "vector(0) / 0", "-1 / vector(0)"])
    def params(self, request: pytest.FixtureRequest) -> QueryParams:
        return QueryParams(expr=request.param)

    @pytest.fixture(params=["sum(", 'm{a="$nobody"}', "m{a=$a}"])
    def mistaken(self, request: pytest.FixtureRequest) -> QueryParams:
        # the model refuses it before; a plan holds by itself
        return QueryParams.model_construct(expr=request.param, vars={"a": "1"})


class TestWaitUntil(ActionContract):
    @pytest.fixture
    def action(self, actions: Mapping[str, Action]) -> Action:
        return actions["prometheus.wait_until"]

    @pytest.fixture
    def params(self) -> WaitParams:
        return WaitParams(expr='contract_degrees{room="$room"} > 20', vars={"room": "kitchen"})

    @pytest.fixture
    def mistaken(self) -> WaitParams:
        return WaitParams.model_construct(expr="this is not PromQL")


class TestQueryRange(ActionContract):
    @pytest.fixture
    def action(self, actions: Mapping[str, Action]) -> Action:
        return actions["prometheus.query_range"]

    @pytest.fixture(params=["contract_degrees", "contract_degrees > 1000", "vector(0) / 0"])
    def params(self, request: pytest.FixtureRequest) -> RangeParams:
        return RangeParams(expr=request.param)

    @pytest.fixture(params=["sum(", 'm{a="$nobody"}'])
    def mistaken(self, request: pytest.FixtureRequest) -> RangeParams:
        return RangeParams.model_construct(expr=request.param, vars={"a": "1"})


class TestAlerts(ActionContract):
    @pytest.fixture
    def action(self, actions: Mapping[str, Action]) -> Action:
        return actions["prometheus.alerts"]

    @pytest.fixture
    def params(self) -> AlertsParams:
        return AlertsParams(labels={"service": 'cart"} or vector(1)'}, pending=True)

    @pytest.fixture
    def mistaken(self) -> AlertsParams:
        return AlertsParams(labels={"service": "\udcff"})


class TestTargets(ActionContract):
    @pytest.fixture
    def action(self, actions: Mapping[str, Action]) -> Action:
        return actions["prometheus.targets"]

    @pytest.fixture
    def params(self) -> TargetsParams:
        return TargetsParams(job="nobody")

    async def test_parameters_without_sense_are_refused(self, action: Action) -> None:
        """Any text may be the name of a job."""
        assert (await self.planned(action, TargetsParams(job="\x00"))).summary.endswith("\\x00")


class Failing(HttpContract):
    """A server that answers with any status, and knows a credential of ours."""

    @pytest.fixture
    async def bad(self, impostor: HttpServer, tools: Tools) -> PrometheusSource:
        tools.redactor.add(self.SECRET)  # config/ does, for every secret it resolves
        config = PrometheusConfig(url=impostor.url, bearer_token=SecretStr(self.SECRET))
        return PrometheusSource(access(config, tools))


class TestInstantOverHttp(Failing):
    @pytest.fixture
    async def failing(
        self, bad: PrometheusSource, impostor: HttpServer, tools: Tools
    ) -> Callable[[int, bytes], Awaitable[BaseException | None]]:
        async def ask(status: int, body: bytes) -> BaseException:
            impostor.script = says(status, body)
            error = await raised(bad.query("up", {}, tools.clock.now()))
            assert impostor.asked[-1].headers["authorization"] == f"Bearer {self.SECRET}"
            await bad.aclose()
            return error

        return ask


class TestRangeOverHttp(Failing):
    @pytest.fixture
    async def failing(
        self, bad: PrometheusSource, impostor: HttpServer, tools: Tools
    ) -> Callable[[int, bytes], Awaitable[BaseException | None]]:
        async def ask(status: int, body: bytes) -> BaseException:
            impostor.script = says(status, body)
            now = tools.clock.now()
            return await raised(bad.query_range("up", {}, Window(start=now, end=now), timedelta(seconds=1)))

        return ask


class TestIntegration(IntegrationContract):
    @pytest.fixture
    def integration(self) -> Integration:
        return prometheus_integration

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        return ("a-password", "an-org-id")

    @pytest.fixture
    def unreachable(self) -> PrometheusConfig:
        return PrometheusConfig(
            url=f"http://127.0.0.1:{free_port()}",
            basic_auth=BasicAuth(username="tocsin", password=SecretStr("a-password")),
            headers={"X-Scope-OrgID": SecretStr("an-org-id")},
        )
