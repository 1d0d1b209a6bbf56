"""A webhook: any address that takes what Alertmanager posts to its receivers (payload version 4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.webhook.client import Webhook
from bot.integrations.webhook.config import WebhookConfig
from bot.kit.plugin import Capabilities, Integration, Tools
from bot.kit.way_in import access


@asynccontextmanager
async def _open(config: WebhookConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    webhook = Webhook(access(config, tools), tools.http, config.secret_path)
    yield Capabilities(examine=webhook.examine, notifier=webhook, pager=webhook, messenger=webhook, watcher=webhook)


integration = Integration(
    name="webhook",
    help="Tells an address of groups of alerts, in the words of Alertmanager's webhook; pages people through it.",
    config=WebhookConfig,
    provides=frozenset({"notifier", "pager", "messenger", "watcher"}),
    open=_open,
)
