"""What statistics are made of, as it is kept.

Part of `bot.ports.store.Tx`; what holds for every change of the store holds here. Drills and tests are never among what
is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.model.ids import IncidentId
from bot.model.statistics import Began, Fired, Lived, Ran, Waited, Woken


class Statistics(Protocol):
    """Reads of many incidents the little that statistics need, and keeps which rules fired in them."""

    def fired(self, incident: IncidentId, began: Mapping[str, Began]) -> None:
        """Alerts of these rules began while they were part of the incident: added to what was counted before."""
        ...

    def lives(self, since: datetime, until: datetime) -> Iterator[Lived]:
        """Incidents that opened then; without those that were merged into another, and duplicates of another.

        Read while one goes through them, within the transaction, so that no hundred thousand are held at once.
        """
        ...

    def firings(self, since: datetime, until: datetime) -> Iterator[Fired]:
        """What rules had to do with incidents that opened then, merged ones and duplicates too; read as `lives` are.

        Whether somebody acted on a merged one, and when it was over, is said of both together.
        """
        ...

    def woken(self, since: datetime, until: datetime) -> Sequence[Woken]:
        """Pages that left then and were taken, the oldest first."""
        ...

    def ran(self, since: datetime, until: datetime) -> Iterator[Ran]:
        """Runs that ended then; read as `lives` are."""
        ...

    def waited(self, since: datetime, until: datetime) -> Iterator[Waited]:
        """What runs that ended then asked leave for, and people answered; read as `lives` are."""
        ...
