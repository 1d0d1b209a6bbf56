"""What a metric source answers: samples at one time, series over a window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.labels import LabelSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value of one series, maybe NaN or infinite. A native histogram counts as 0, as in Prometheus' ruler."""

    labels: LabelSet
    value: float
    is_histogram: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a rule makes for others to query: one point of one series (`__name__` among its labels).

    `value` None ends the series there, as Prometheus' staleness marker does.
    """

    labels: LabelSet
    at: datetime
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An instant query's answer. `warnings` say that data is missing; PromQL's own remarks are none of them."""

    samples: tuple[Sample, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One series over a window: (time, value) in order of time."""

    labels: LabelSet
    points: tuple[tuple[datetime, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From `start` to `end`, both included."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long the window is."""
        return self.end - self.start
