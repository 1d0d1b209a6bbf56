"""Alertmanager, for teams that keep theirs: told of our rules' alerts as Prometheus would tell it, and heard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.alertmanager.client import Notifier
from bot.integrations.alertmanager.config import AlertmanagerConfig
from bot.integrations.alertmanager.health import Examination
from bot.integrations.alertmanager.hook import AlertmanagerHook
from bot.kit.plugin import Capabilities, Integration, Tools
from bot.kit.way_in import access


def _hook(config: AlertmanagerConfig | None, name: str) -> AlertmanagerHook:
    if config is None:
        return AlertmanagerHook(name=name)
    return AlertmanagerHook(name=name, mapping=config.mapping, lasts=config.resolve_after)


@asynccontextmanager
async def _open(config: AlertmanagerConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    way_in = access(config, tools)
    steps = [step.noun() for step in config.alert_relabel_configs]
    notifier = Notifier(way_in, tools.http, steps)
    notifier.start()
    try:
        yield Capabilities(
            examine=Examination(access=way_in, http=tools.http, clock=tools.clock).examine,
            alertmanager=notifier,
            hook=_hook(config, tools.name),
        )
    finally:
        await notifier.finish()


integration = Integration(
    name="alertmanager",
    help="Tells an Alertmanager of the alerts of your rules, and takes what it posts.",
    config=AlertmanagerConfig,
    provides=frozenset({"alertmanager", "hook"}),
    open=_open,
    reads=_hook,
)
