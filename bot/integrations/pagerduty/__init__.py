"""PagerDuty: wakes people, follows our incidents in its own; a source of alerts; and its Events API for tools."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.pagerduty.client import PagerDuty
from bot.integrations.pagerduty.config import PagerDutyConfig
from bot.integrations.pagerduty.hook import KeysOf, PagerDutyHook
from bot.kit.listening import listening
from bot.kit.plugin import Capabilities, Integration, Tools


def _hook(config: PagerDutyConfig | None, name: str, keys_of: KeysOf | None = None) -> PagerDutyHook:
    if config is None:
        return PagerDutyHook.of((), (), name)
    pages = config.routing_key is not None
    return PagerDutyHook.of(config.webhook_secrets, config.enqueue_keys, name, pages=pages, keys_of=keys_of)


@asynccontextmanager
async def _open(config: PagerDutyConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    if config.routing_key is None:
        yield listening(_hook(config, tools.name), tools)
        return
    pager = PagerDuty(config, tools)
    hook = _hook(config, tools.name, pager.keys_of)
    yield Capabilities(examine=pager.examine, hook=hook, pager=pager, mirror=pager)


integration = Integration(
    name="pagerduty",
    help="Pages people through PagerDuty and follows what they do there; takes its webhooks, and events of its API.",
    config=PagerDutyConfig,
    provides=frozenset({"hook", "pager", "mirror"}),
    open=_open,
    reads=_hook,
)
