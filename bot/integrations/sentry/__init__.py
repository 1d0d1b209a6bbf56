"""Sentry, where Tocsin's own faults are told when a DSN is configured."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.sentry.client import SentryReporter
from bot.integrations.sentry.config import SentryConfig
from bot.kit.plugin import Capabilities, Integration, Tools


@asynccontextmanager
async def _open(config: SentryConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    reporter = SentryReporter(config, tools)
    await asyncio.to_thread(reporter.start)
    try:
        yield Capabilities(examine=reporter.examine)
    finally:
        await asyncio.to_thread(reporter.stop)


integration = Integration(
    name="sentry",
    help="Tells Sentry of Tocsin's own faults.",
    config=SentryConfig,
    provides=frozenset(),
    open=_open,
)
