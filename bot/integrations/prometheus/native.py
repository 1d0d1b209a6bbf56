"""Native histograms on the wire: written by remote write, read from an answer's JSON."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.integrations.prometheus.remote_write import field, label_pairs, varint
from bot.model.histogram import Histogram, ShownHistogram
from bot.model.labels import LabelSet

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def series(labels: LabelSet, points: Sequence[tuple[datetime, Histogram]]) -> bytes:
    """One `TimeSeries` of remote write 1.0 as a field of its message."""
    return field(1, label_pairs(labels) + b"".join(field(4, _message(at, one)) for at, one in points))


def shown(written: Mapping[str, Any]) -> ShownHistogram:  # Any: what came of somebody else's JSON
    """A histogram as `/api/v1/query` writes it. Raises what looking into any JSON can raise."""
    buckets = {(float(lower), float(upper)): float(count) for _, lower, upper, count in written.get("buckets") or ()}
    return ShownHistogram(
        count=float(written["count"]), sum=float(written["sum"]), buckets=dict(sorted(buckets.items()))
    )


def _message(at: datetime, histogram: Histogram) -> bytes:
    """`Histogram` of Prometheus' remote.proto, with counts that are floats."""
    millis = (at - _EPOCH) // timedelta(milliseconds=1)
    return b"".join(
        (
            _double(2, histogram.count),
            _double(3, histogram.sum),
            varint(4 << 3) + varint(_zigzag(histogram.schema)),
            _double(5, histogram.zero_threshold),
            _double(7, histogram.zero_count),
            _buckets(8, 10, histogram.negative),
            _buckets(11, 13, histogram.positive),
            varint(14 << 3) + varint(histogram.hint),
            varint(15 << 3) + varint(millis & 0xFFFFFFFFFFFFFFFF),
            field(16, struct.pack(f"<{len(histogram.custom)}d", *histogram.custom)) if histogram.custom else b"",
        )
    )


def _buckets(spans: int, counts: int, buckets: Mapping[int, float]) -> bytes:
    """Spans of neighbouring buckets, each with its distance from the one before, and the counts of all."""
    out = b""
    indexes = sorted(buckets)
    end = 0
    start = 0
    while start < len(indexes):
        stop = start + 1
        while stop < len(indexes) and indexes[stop] == indexes[stop - 1] + 1:
            stop += 1
        span = varint(1 << 3) + varint(_zigzag(indexes[start] - end)) + varint(2 << 3) + varint(stop - start)
        out += field(spans, span)
        end = indexes[stop - 1] + 1
        start = stop
    values = struct.pack(f"<{len(indexes)}d", *(buckets[index] for index in indexes))
    return out + (field(counts, values) if indexes else b"")


def _double(number: int, value: float) -> bytes:
    return varint(number << 3 | 1) + struct.pack("<d", value)


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1
