"""A house for each test, around a copy of one database in which the scene was played."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integrations.web.house import House, open_house, play


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the scene in it."""
    database = tmp_path_factory.mktemp("scene") / "tocsin.db"
    asyncio.run(play(database))
    return database


@pytest.fixture
async def house(tmp_path: Path, played: Path) -> AsyncIterator[House]:
    """The whole of HTTP over a store of its own."""
    database = tmp_path / "tocsin.db"
    shutil.copy(played, database)
    async with open_house(database) as opened:
        yield opened
