"""What stands under `integrations:` for a server that speaks Prometheus' HTTP API."""

from __future__ import annotations

from bot.kit.way_in import WayIn


class PrometheusConfig(WayIn):
    """One server."""
