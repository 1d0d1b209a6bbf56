"""The store keeps its promises on both databases."""

from collections.abc import AsyncIterator

import pytest

from bot.ports.store import Store
from bot.store.store import open_store
from tests.contracts.store_search import SearchSuite
from tests.contracts.store_suite import StoreSuite


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[Store]:
    async with open_store(store_url) as opened:
        yield opened


class TestStore(SearchSuite, StoreSuite):
    """On SQLite and on PostgreSQL."""
