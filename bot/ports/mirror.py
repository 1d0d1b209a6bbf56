"""Pagers that keep incidents of their own: ours are followed there, and theirs here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.model.mirror import OurChange, TheirChange


class Mirror(Protocol):
    """Another tool that knows our incidents."""

    async def tell(self, change: OurChange, *, again: bool) -> None:
        """Tells it. `again`: it was tried before, and may have arrived.

        What it knows already changes nothing there, and what it has no word for is not told. Raises Temporary, after
        which it may be tried again, and Permanent, after which that is of no use.
        """
        ...

    async def changes(self, since: datetime) -> Sequence[TheirChange]:
        """What happened there since, the oldest first; nothing where it cannot be asked. Raises as `tell` does."""
        ...
