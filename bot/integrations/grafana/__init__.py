"""Grafana's own alerting, as a source of alerts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.grafana.config import GrafanaConfig
from bot.integrations.grafana.hook import GrafanaHook
from bot.kit.listening import listening
from bot.kit.plugin import Capabilities, Integration, Tools


def _hook(config: GrafanaConfig | None, name: str) -> GrafanaHook:
    return GrafanaHook(name=name, config=config or GrafanaConfig())


@asynccontextmanager
async def _open(config: GrafanaConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    yield listening(_hook(config, tools.name), tools)


integration = Integration(
    name="grafana",
    help="Takes the alerts that Grafana posts to a webhook contact point.",
    config=GrafanaConfig,
    provides=frozenset({"hook"}),
    open=_open,
    reads=_hook,
)
