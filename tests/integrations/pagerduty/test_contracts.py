"""PagerDuty keeps what every pager promises."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from bot.integrations.pagerduty import integration
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.ports.pager import Pager
from bot.testing.clock import FakeClock
from bot.testing.pager_contract import PagerContract
from tests.integrations.pagerduty.conftest import PagerDuty
from tests.integrations.vendors import Vendor


class Side:
    """A `PagedSide`: the events that it took; those of one incident with the same page are one."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor

    def taken(self) -> Sequence[tuple[str, str]]:
        events = [one["body"] for one in self._vendor.asked("/v2/enqueue") if one["status"] == 202]
        pages: dict[str, Any] = {event["payload"]["custom_details"]["page"]: event for event in events}
        assert (
            len({event["dedup_key"] for event in events}) <= 1
        )  # so that there is one incident, and nobody wakes twice
        return [(page, event["payload"]["summary"]) for page, event in pages.items()]

    def refuses(self, *, for_good: bool) -> None:
        self._vendor.breaks({"path": "/v2/enqueue", "status": 400 if for_good else 503})

    def takes(self) -> None:
        self._vendor.mended()


class TestPagerDuty(PagerContract):
    @pytest.fixture
    def paged_side(self, pagerduty: PagerDuty) -> Side:
        return Side(pagerduty.vendor)

    @pytest.fixture
    async def open_pager(self, config: dict[str, object]) -> AsyncIterator[Callable[[], Pager]]:
        async with HttpOut() as http:
            tools = Tools(name="pager", clock=FakeClock(), http=http, redactor=Redactor())
            async with integration.open(integration.config.model_validate(config), tools) as opened:

                def pager() -> Pager:
                    assert opened.pager is not None
                    return opened.pager

                yield pager
