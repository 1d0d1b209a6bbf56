"""The hosts of these stories keep the promises of an action, as real ones do."""

import pytest
from pydantic import BaseModel

from bot.ports.actions import Action
from bot.testing.contracts import ActionContract
from tests.scenarios.hosts import Hosts, Params


class TestHosts(ActionContract):
    @pytest.fixture
    def action(self) -> Action:
        return Hosts().action()

    @pytest.fixture(params=["look", "mend", "wipe"])
    def params(self, request: pytest.FixtureRequest) -> BaseModel:
        return Params(argv=[request.param, "cart"])

    @pytest.fixture
    def mistaken(self) -> BaseModel:
        return Params(argv=["sing"])
