"""Datadog's monitors as a source of alerts, through a webhook with the payload in this folder's README."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.datadog.config import DatadogConfig
from bot.integrations.datadog.hook import DatadogHook
from bot.kit.listening import listening
from bot.kit.plugin import Capabilities, Integration, Tools


def _hook(config: DatadogConfig | None, name: str) -> DatadogHook:
    return DatadogHook(name=name)


@asynccontextmanager
async def _open(config: DatadogConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    yield listening(_hook(config, tools.name), tools)


integration = Integration(
    name="datadog",
    help="Takes the alerts of Datadog's monitors.",
    config=DatadogConfig,
    provides=frozenset({"hook"}),
    open=_open,
    reads=_hook,
)
