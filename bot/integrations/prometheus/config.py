"""What stands under `integrations:` for a server that speaks Prometheus' HTTP API."""

from __future__ import annotations

from pydantic import Field

from bot.kit.way_in import Address, WayIn


class PrometheusConfig(WayIn):
    """One server."""

    write_url: Address | None = Field(
        default=None,
        description="Address that takes remote write where rules say `recordings: write`, if it is not `/api/v1/write` "
        "below `url`; for Mimir `https://mimir.example.net/api/v1/push`.",
    )
