"""A house for each test, around a copy of one database in which the scene was played; and a browser before it."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, async_playwright, expect

from bot.kit.http_in import Origins
from tests.integrations.web.house import House, open_house, play
from tests.integrations.web.site import Site
from tests.servers import BROWSER_FLAGS

expect.set_options(timeout=30_000)  # what is late on a busy machine is there all the same


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


@pytest.fixture(scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """One browser for all of these; everybody in it has a context of their own."""
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch(executable_path=chromium, args=BROWSER_FLAGS) as launched,
    ):
        yield launched


@pytest.fixture
async def site(tmp_path: Path, played: Path, browser: Browser) -> AsyncIterator[Site]:
    """A house served over real HTTP; nothing in it may make the browser's console complain."""
    listening = socket.create_server(("127.0.0.1", 0))
    host, port = listening.getsockname()
    shutil.copy(played, tmp_path / "tocsin.db")
    async with (
        open_house(tmp_path / "tocsin.db", origins=Origins.listening(host, port)) as house,
        asyncio.TaskGroup() as group,
    ):
        server = uvicorn.Server(uvicorn.Config(house.root, lifespan="off", log_config=None))
        group.create_task(server.serve(sockets=[listening]))
        visited = Site(house, browser, f"http://{host}:{port}")
        yield visited
        house.door.closing.set()
        server.should_exit = True
    assert visited.said == []
