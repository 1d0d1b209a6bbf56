"""The contract suites, for `http`."""

import pytest
from pydantic import BaseModel

from bot.integrations.http import integration
from bot.integrations.http.actions import Requests
from bot.integrations.http.asking import RequestParams
from bot.integrations.http.config import HttpConfig
from bot.kit.plugin import Integration, Tools
from bot.ports.actions import Action
from bot.testing.contracts import ActionContract, IntegrationContract
from tests.integrations.http.conftest import LOOPBACK, SECRET
from tests.integrations.http_server import HttpServer, says


class TestRequest(ActionContract):
    @pytest.fixture(params=["GET", "POST"])
    def params(self, server: HttpServer, request: pytest.FixtureRequest) -> BaseModel:
        server.script = says(200, b'{"a": [1, null]}', Content_Type="application/json")
        return RequestParams(url=f"{server.url}/api/jobs", method=request.param)

    @pytest.fixture
    def action(self, requests: Requests) -> Action:
        return requests.actions()["http.request"]

    @pytest.fixture
    def mistaken(self, server: HttpServer) -> BaseModel:
        return RequestParams(url=f"{server.url}/elsewhere")


class TestIntegration(IntegrationContract):
    @pytest.fixture
    def integration(self) -> Integration:
        return integration

    @pytest.fixture
    def unreachable(self) -> BaseModel:
        place = {"url": "http://127.0.0.1:9", "networks": LOOPBACK, "bearer_token": SECRET}
        return HttpConfig.model_validate({"allow": [place]})

    @pytest.fixture
    def tools(self, tools: Tools) -> Tools:
        return tools

    @pytest.fixture
    def secrets(self) -> tuple[str, ...]:
        return (SECRET,)
