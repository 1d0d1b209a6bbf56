"""Where rules write what they make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bot.model.sample import Recorded


class Recorder(Protocol):
    """A server that takes series: recorded rules, `ALERTS` and `ALERTS_FOR_STATE`."""

    async def record(self, samples: Sequence[Recorded]) -> None:
        """Writes them all; once this returns, a query sees them. Raises Temporary and Permanent when it cannot.

        A sample that the server has already, or that is older than it takes, is no error of the others.
        """
        ...
