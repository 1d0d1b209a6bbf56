"""What is to be done once a transaction is committed, and is kept until it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.model.errand import Errand, ErrandKind


class Outbox(Protocol):
    """Errands, kept until done. Claiming is a lease on the database's clock."""

    def add(self, errand: Errand) -> bool:
        """Adds it; False when one with its `dedup_key` was ever added, or, with a lane, waits there."""
        ...

    def claim(
        self, owner: str, now: datetime, lease: timedelta, kinds: Sequence[ErrandKind] = tuple(ErrandKind)
    ) -> Errand | None:
        """Takes one of these kinds that is due, that nobody holds and that is the first of its lane.

        It counts the attempt.
        """
        ...

    def done(self, errand: Errand) -> None:
        """It is done. Fenced when another attempt has begun."""
        ...

    def put_off(self, errand: Errand, due_at: datetime, error: str) -> None:
        """It failed; try again then. Fenced when another attempt has begun."""
        ...

    def oldest_due(self, now: datetime) -> datetime | None:
        """Since when the oldest undone errand has been due."""
        ...

    def next_at(self) -> datetime | None:
        """When the next errand is due, of those that nobody holds and that are the first of their lane."""
        ...

    def release_all(self) -> None:
        """Ends every lease: for a store that only one process can open, after a crash."""
        ...

    def bring_forward(self, by: timedelta) -> None:
        """All that is to be done is due earlier by this much."""
        ...
