"""A server that begins empty and is thrown away: rules are proved against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.model.histogram import Histogram, ShownHistogram
from bot.model.labels import LabelSet
from bot.ports.metrics import MetricSource
from bot.ports.recorder import Recorder


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUp:
    """One point of one series (`__name__` among its labels), at any time since 1970; None ends the series there."""

    labels: LabelSet
    at: datetime
    value: float | Histogram | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One sample of an answer, with its histogram if it is one."""

    labels: LabelSet
    value: float | ShownHistogram


class Scratch(Protocol):
    """An empty server that speaks PromQL and takes series of any age, the older ones before the newer ones."""

    @property
    def source(self) -> MetricSource:
        """Where rules ask."""
        ...

    @property
    def recorder(self) -> Recorder:
        """Where rules write."""
        ...

    async def fill(self, points: Sequence[MadeUp]) -> None:
        """Writes them all; once this returns, a query sees them. Raises Temporary and Permanent when it cannot."""
        ...

    async def ask(self, expr: str, at: datetime) -> Sequence[Seen]:
        """The expression's value at one time; a scalar is one sample without labels. Raises as `MetricSource` does."""
        ...
