"""Sentry: where Tocsin's own faults are told, and a source of alerts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.sentry.client import SentryReporter
from bot.integrations.sentry.config import SentryConfig
from bot.integrations.sentry.hook import SIGNED, SentryHook
from bot.kit.listening import listening
from bot.kit.plugin import Capabilities, Integration, Tools
from bot.kit.signatures import Signature, keys


def _hook(config: SentryConfig | None, name: str) -> SentryHook:
    secrets = config.client_secrets if config else ()
    return SentryHook(name=name, proof=Signature(signed=SIGNED, secrets=keys(secrets)))


@asynccontextmanager
async def _open(config: SentryConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    hook = _hook(config, tools.name)
    if config.dsn is None:
        yield listening(hook, tools)
        return
    reporter = SentryReporter(config.dsn, config.environment, tools)
    await asyncio.to_thread(reporter.start)
    try:
        yield Capabilities(examine=reporter.examine, hook=hook)
    finally:
        await asyncio.to_thread(reporter.stop)


integration = Integration(
    name="sentry",
    help="Tells Sentry of Tocsin's own faults, and takes the alerts it posts.",
    config=SentryConfig,
    provides=frozenset({"hook"}),
    open=_open,
    reads=_hook,
)
