"""Native histograms: what one sample of them holds, and what a server shows of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

CUSTOM_BUCKETS = -53
"""The schema of histograms whose buckets end where `custom` says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownHistogram:
    """What a server shows of a native histogram: `buckets` maps (lower, upper) to a count; empty ones are left out."""

    count: float
    sum: float
    buckets: Mapping[tuple[float, float], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """A native histogram of floats. `positive` and `negative` map a bucket's index to its count, zeros too.

    `hint` is the place of unknown, reset, not_reset, gauge, as remote write counts them.
    """

    schema: int = 0
    sum: float = 0.0
    count: float = 0.0
    zero_count: float = 0.0
    zero_threshold: float = 0.0
    positive: Mapping[int, float] = field(default_factory=dict)
    negative: Mapping[int, float] = field(default_factory=dict)
    custom: Sequence[float] = ()
    hint: int = 0

    def plus(self, other: Histogram) -> Histogram:
        """Both together. Raises ValueError where their buckets are not cut alike."""
        ours = (self.schema, self.zero_threshold, tuple(self.custom))
        if ours != (other.schema, other.zero_threshold, tuple(other.custom)):
            raise ValueError("histograms that are added need the same schema, z_bucket_w and custom_values")
        return replace(
            self,
            sum=self.sum + other.sum,
            count=self.count + other.count,
            zero_count=self.zero_count + other.zero_count,
            positive=_added(self.positive, other.positive),
            negative=_added(self.negative, other.negative),
        )

    def times(self, factor: float) -> Histogram:
        """Every count and the sum, so many times."""
        return replace(
            self,
            sum=self.sum * factor,
            count=self.count * factor,
            zero_count=self.zero_count * factor,
            positive={index: count * factor for index, count in self.positive.items()},
            negative={index: count * factor for index, count in self.negative.items()},
        )

    def shown(self) -> ShownHistogram:
        """What Prometheus shows of it."""
        shown = {(-self._upper(i), -self._upper(i - 1)): count for i, count in self.negative.items()}
        if self.zero_count:
            shown[(-self.zero_threshold, self.zero_threshold)] = self.zero_count
        shown |= {(self._upper(i - 1), self._upper(i)): count for i, count in self.positive.items()}
        buckets = {ends: count for ends, count in sorted(shown.items()) if count}
        return ShownHistogram(count=self.count, sum=self.sum, buckets=buckets)

    def _upper(self, index: int) -> float:
        if self.schema == CUSTOM_BUCKETS:
            if index < 0:
                return float("-inf") if not self.custom or self.custom[0] <= 0 else 0.0
            return self.custom[index] if index < len(self.custom) else float("inf")
        return float(2.0 ** (index * 2.0**-self.schema))


def _added(ours: Mapping[int, float], theirs: Mapping[int, float]) -> dict[int, float]:
    return {i: ours.get(i, 0.0) + theirs.get(i, 0.0) for i in sorted({*ours, *theirs})}
