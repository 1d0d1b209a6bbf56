"""Standard Webhooks: whoever signs as standardwebhooks.com says, with JSON of any shape inside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.standard_webhooks.config import StandardWebhooksConfig
from bot.integrations.standard_webhooks.hook import StandardWebhooksHook
from bot.kit.listening import listening
from bot.kit.plugin import Capabilities, Integration, Tools


def _hook(config: StandardWebhooksConfig | None, name: str) -> StandardWebhooksHook | None:
    return StandardWebhooksHook.of(config, name) if config else None


@asynccontextmanager
async def _open(config: StandardWebhooksConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    yield listening(StandardWebhooksHook.of(config, tools.name), tools)


integration = Integration(
    name="standard_webhooks",
    help="Takes JSON that is signed as Standard Webhooks are, mapped by expressions.",
    config=StandardWebhooksConfig,
    provides=frozenset({"hook"}),
    open=_open,
    reads=_hook,
)
