"""Opsgenie, and Jira Service Management after it: wakes people, follows our incidents, and is a source of alerts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.opsgenie.client import Opsgenie
from bot.integrations.opsgenie.config import OpsgenieConfig
from bot.integrations.opsgenie.hook import OpsgenieHook
from bot.kit.listening import listening
from bot.kit.plugin import Capabilities, Integration, Tools


def _hook(config: OpsgenieConfig | None, name: str) -> OpsgenieHook:
    return OpsgenieHook(name=name, pages=config is not None and config.api_key is not None)


@asynccontextmanager
async def _open(config: OpsgenieConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    hook = _hook(config, tools.name)
    if config.api_key is None:
        yield listening(hook, tools)
        return
    pager = Opsgenie(config, tools)
    yield Capabilities(examine=pager.examine, hook=hook, pager=pager, mirror=pager)


integration = Integration(
    name="opsgenie",
    help="Pages people through Opsgenie or Jira Service Management and follows what they do there; takes its webhooks.",
    config=OpsgenieConfig,
    provides=frozenset({"hook", "pager", "mirror"}),
    open=_open,
    reads=_hook,
)
