"""Alertmanager, for teams that keep theirs: told of our rules' alerts as Prometheus would tell it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.alertmanager.client import Notifier
from bot.integrations.alertmanager.config import AlertmanagerConfig
from bot.integrations.alertmanager.health import Examination
from bot.kit.plugin import Capabilities, Integration, Tools
from bot.kit.way_in import access


@asynccontextmanager
async def _open(config: AlertmanagerConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    way_in = access(config, tools)
    steps = [step.noun() for step in config.alert_relabel_configs]
    notifier = Notifier(way_in, tools.http, steps)
    notifier.start()
    try:
        yield Capabilities(
            examine=Examination(access=way_in, http=tools.http, clock=tools.clock).examine, alertmanager=notifier
        )
    finally:
        await notifier.finish()


integration = Integration(
    name="alertmanager",
    help="Tells an Alertmanager of the alerts of your rules.",
    config=AlertmanagerConfig,
    provides=frozenset({"alertmanager"}),
    open=_open,
)
