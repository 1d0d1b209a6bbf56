"""Prometheus, and whatever else speaks its HTTP API: Thanos, Mimir, VictoriaMetrics."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.integrations.prometheus import actions, looking
from bot.integrations.prometheus.actions import Asking
from bot.integrations.prometheus.client import PrometheusSource
from bot.integrations.prometheus.config import PrometheusConfig
from bot.integrations.prometheus.health import Examination
from bot.integrations.prometheus.looking import Looking
from bot.integrations.prometheus.remote_write import RemoteWriter
from bot.kit.plugin import Capabilities, Integration, Tools
from bot.kit.way_in import access


@asynccontextmanager
async def _open(config: PrometheusConfig, tools: Tools) -> AsyncIterator[Capabilities]:
    way_in = access(config, tools)
    source = PrometheusSource(way_in)
    recorder = RemoteWriter(way_in, config.write_url)
    try:
        yield Capabilities(
            examine=Examination(access=way_in, http=tools.http, clock=tools.clock).examine,
            metrics=source,
            recorder=recorder,
            actions={
                **Asking(name=tools.name, source=source, clock=tools.clock).actions(),
                **Looking(access=way_in, source=source, http=tools.http, clock=tools.clock).actions(),
            },
        )
    finally:
        await source.aclose()
        await recorder.aclose()


integration = Integration(
    name="prometheus",
    help="Evaluates rules against a Prometheus, writes back what they record, and takes evidence from it.",
    config=PrometheusConfig,
    provides=frozenset({"metrics", "recorder", "sends", "actions"}),
    open=_open,
    specs=(*actions.SPECS, *looking.SPECS),
)
