"""Other systems over HTTP, as far as the operator allows runbooks to reach them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.http.actions import SPECS, Requests
from bot.integrations.http.config import HttpConfig
from bot.kit.plugin import Capabilities, Integration, Tools


@asynccontextmanager
async def _open(config: HttpConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    requests = Requests(config=config, tools=tools)
    yield Capabilities(examine=requests.examine, actions=requests.actions())


integration = Integration(
    name="http",
    help="Lets runbooks ask and tell other systems over HTTP, at addresses that are allowed by name.",
    config=HttpConfig,
    provides=frozenset({"actions"}),
    open=_open,
    specs=SPECS,
)
