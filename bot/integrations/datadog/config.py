"""What stands under `integrations:` for a Datadog: nothing but what every source has."""

from __future__ import annotations

from bot.documents import Strict


class DatadogConfig(Strict):
    """One webhook. Datadog does not sign: `hook_secret` is needed."""
