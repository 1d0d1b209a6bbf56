"""The client keeps the promises of a `SearchSource`, against the simulated Splunk."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.ports.searches import SearchSource
from bot.testing.search_contract import SearchSourceContract
from tests.integrations.splunk.conftest import Open
from tests.integrations.splunk.simulated import Simulator


class TestSplunkSearches(SearchSourceContract):
    @pytest.fixture
    def at(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)

    @pytest.fixture
    async def source(self, splunk: Simulator, opened: Open, at: datetime) -> SearchSource:
        for host, room, degrees in (("web-1", "kitchen", 21), ("web-2", "cellar", 12), ("web-2", "attic", 30)):
            event = (at - timedelta(seconds=10), f"room={room} degrees={degrees}")
            splunk.index(event, index="contract", host=host, source="/a")
        found = (await opened(splunk.url)).searches
        assert found is not None
        return found
