"""Drawing."""

from __future__ import annotations

from typing import Protocol

from bot.model.chart import Chart


class Drawer(Protocol):
    """Turns a chart into a PNG. Raises Temporary (integration `charts`) past the deadline, Permanent when it cannot."""

    async def draw(self, chart: Chart, *, width: int, height: int) -> bytes:
        """PNG bytes of this many pixels."""
        ...
