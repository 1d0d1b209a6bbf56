"""Somebody, or something, that is told of groups of alerts."""

from __future__ import annotations

from typing import Protocol

from bot.model.told_group import ToldGroup


class Notifier(Protocol):
    """One address that receivers are told at."""

    async def tell(self, telling: ToldGroup) -> None:
        """Delivers it; once this returns, the other side has taken it.

        Raises Temporary, after which the same may be told again, and Permanent, after which it is of no use.
        """
        ...
