"""Somebody outside who notices when Tocsin is no more."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Watcher(Protocol):
    """Expects a sign of life again and again."""

    async def lives(self, at: datetime) -> None:
        """Tocsin was alive then; once this returns, the watcher knows. Raises Temporary and Permanent."""
        ...
