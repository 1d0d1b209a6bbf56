"""An Alertmanager that is told of our alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.model.alert import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What became of the alerts to tell, counted since the start, and how many are `waiting` now.

    `failed` were refused or lost on the way; `dropped` gave way to newer ones because too many were waiting.
    """

    sent: int = 0
    failed: int = 0
    dropped: int = 0
    waiting: int = 0


class AlertSink(Protocol):
    """Takes alerts as Prometheus sends them: a firing one with the end it is valid until, told again long before.

    So a telling that is lost costs nothing but time, and is never repeated by itself.
    """

    def tell(self, alerts: Sequence[Alert]) -> None:
        """Puts the alerts in the queue and returns at once; never raises. The queue has an end: the oldest drop out."""
        ...

    @property
    def tally(self) -> Tally:
        """What became of them."""
        ...
