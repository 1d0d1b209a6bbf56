"""Alerts that others post to Tocsin in their own form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.model.alert import Alert


class AlertHook(Protocol):
    """Reads what one vendor's webhook posts. Who may post is decided before."""

    async def alerts(self, body: bytes, at: datetime) -> Sequence[Alert]:
        """What is told of, as of `at`; completed by asking the vendor, as far as that answers.

        Permanent (`client`) where the body is not what this vendor posts. Nothing else is raised: an alert that was
        posted is never lost for want of details.
        """
        ...
