"""Time, asked for instead of taken."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The wall clock, in UTC. Durations are measured with the event loop's own time."""

    def now(self) -> datetime:
        """The time now, aware, in UTC."""
        ...
