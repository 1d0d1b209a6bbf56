"""Opsgenie keeps what every pager promises, and Jira Service Management is asked for no more than it has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime

import pytest

from bot.integrations.opsgenie import integration
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.ports.pager import Pager
from bot.testing.clock import FakeClock
from bot.testing.opsgenie.account import API_KEY
from bot.testing.pager_contract import PagerContract, call
from tests.integrations.http_server import HttpServer, says
from tests.integrations.opsgenie.conftest import Opsgenie
from tests.integrations.vendors import Vendor


class Side:
    """A `PagedSide`: the requests for an alert that it took; those of one alias with the same page are one."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor

    def taken(self) -> Sequence[tuple[str, str]]:
        asked = [line for line in self._vendor.asked("/v2/alerts") if line["path"] == "/v2/alerts"]
        wanted = [line["body"] for line in asked if line["method"] == "POST" and line["status"] == 202]
        assert len({one["alias"] for one in wanted}) <= 1  # so that there is one alert, and nobody wakes twice
        return list({one["details"]["page"]: (one["details"]["page"], self._title(one)) for one in wanted}.values())

    @staticmethod
    def _title(wanted: dict[str, str]) -> str:
        """The message is cut off early; the whole title stands in the description."""
        return wanted["description"].removeprefix("INC-7 SEV1: ").removesuffix("\nservice: shop")

    def refuses(self, *, for_good: bool) -> None:
        self._vendor.breaks({"path": "/v2/alerts", "status": 422 if for_good else 503})

    def takes(self) -> None:
        self._vendor.mended()


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    async with HttpOut() as http:
        yield Tools(name="pager", clock=FakeClock(), http=http, redactor=Redactor())


class TestOpsgenie(PagerContract):
    @pytest.fixture
    def paged_side(self, opsgenie: Opsgenie) -> Side:
        return Side(opsgenie.vendor)

    @pytest.fixture
    async def open_pager(self, opsgenie: Opsgenie, tools: Tools) -> AsyncIterator[Callable[[], Pager]]:
        config = integration.config.model_validate(
            {"api_key": API_KEY, "api_url": opsgenie.vendor.url, "timeout": "2s"}
        )
        async with integration.open(config, tools) as opened:

            def pager() -> Pager:
                assert opened.pager is not None
                return opened.pager

            yield pager


async def test_jira_is_paged_by_the_same_requests_and_asked_for_nothing_that_it_does_not_say(tools: Tools) -> None:
    async with HttpServer() as jira:
        jira.script = says(202, b'{"result": "Request will be processed", "requestId": "1"}')
        url = f"{jira.url}/jsm/ops/integration"
        config = integration.config.model_validate({"api_key": API_KEY, "api_url": url})
        async with integration.open(config, tools) as opened:
            assert opened.pager is not None
            assert opened.mirror is not None
            await opened.pager.page(call(0))
            assert await opened.mirror.changes(datetime.now(UTC)) == ()
            assert [health.ok for health in await opened.examine()] == [True]
    assert [(one.method, one.path.removeprefix("/jsm/ops/integration/v2/alerts")) for one in jira.asked] == [
        ("POST", ""),
        ("GET", "/requests/1"),
    ]
    assert {one.headers["authorization"] for one in jira.asked} == {f"GenieKey {API_KEY}"}
