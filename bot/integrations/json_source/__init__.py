"""Any source that posts JSON, mapped by expressions in the configuration."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.json_source.config import JsonSourceConfig
from bot.integrations.json_source.hook import JsonSourceHook
from bot.kit.listening import listening
from bot.kit.plugin import Capabilities, Integration, Tools


def _hook(config: JsonSourceConfig | None, name: str) -> JsonSourceHook | None:
    return JsonSourceHook(name=name, config=config) if config else None


@asynccontextmanager
async def _open(config: JsonSourceConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    yield listening(JsonSourceHook(name=tools.name, config=config), tools)


integration = Integration(
    name="json_source",
    help="Takes JSON of any shape, mapped by expressions.",
    config=JsonSourceConfig,
    provides=frozenset({"hook"}),
    open=_open,
    reads=_hook,
)
