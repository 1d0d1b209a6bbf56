"""A house for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integrations.web.house import House, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """The whole of HTTP over a fresh store, with the scene played."""
    async with open_house(tmp_path) as opened:
        yield opened
