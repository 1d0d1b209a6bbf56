"""Writes series into a server by remote write 1.0, which Prometheus, Mimir, Thanos and VictoriaMetrics take.

The message is small enough to be made by hand: protobuf's `WriteRequest` of `TimeSeries` of labels and samples, in
snappy's framing of uncompressed literals. Prometheus commits before it answers 204, so that a query sees what was
written; it takes a message as a whole or not at all, so one that is refused for single samples is sent again in halves.
"""

from __future__ import annotations

import logging
import math
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from bot.errors import Permanent
from bot.integrations.prometheus.wire import Reply, Wire
from bot.kit.http_out import failure
from bot.kit.redaction import visible
from bot.kit.way_in import Access
from bot.model.labels import LabelSet
from bot.model.sample import Recorded
from bot.ports.reads_only import require_read

_log = logging.getLogger(__name__)

HEADERS = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
_MOST_POINTS = 2000  # in one message, as Prometheus sends them itself
_LONGEST_DETAIL = 200

STALE = 0x7FF0000000000002
"""The bits of the NaN that ends a series. Any other NaN is a value, and is written as `_NAN`."""
_NAN = 0x7FF8000000000001

_OF_A_SAMPLE = re.compile(
    r"out.of.order|out of bounds|duplicate sample|duplicate.timestamp|too.old|too.far.in.(the.)?future|conflict", re.I
)
"""How servers say that they refuse samples for their times, and not the message: Prometheus, Mimir, Cortex, Thanos."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Series(NamedTuple):
    """One series and some of its points in order: milliseconds since 1970, and the value."""

    labels: LabelSet
    points: Sequence[tuple[int, float | None]]


class RemoteWriter:
    """A `Recorder`: posts to `url`, by default Prometheus' own. `aclose` ends its connections."""

    def __init__(self, access: Access, url: str | None = None) -> None:
        self._access = access
        self._url = url or f"{access.url}/api/v1/write"
        self._wire = Wire(access)

    async def record(self, samples: Sequence[Recorded]) -> None:
        """See `Recorder`. What the server does not take for its time is logged, and left out."""
        late: list[str] = []
        for batch in _batches(samples):
            await self._write(batch, late)
        if late:
            _log.warning("%s did not take %d of %d samples: %s", self._access.name, len(late), len(samples), late[0])

    async def aclose(self) -> None:
        """Closes the connections. A later writing opens new ones."""
        await self._wire.aclose()

    async def _write(self, batch: Sequence[_Series], late: list[str]) -> None:
        require_read("remote write", integration=self._access.name, reads=False)
        content = snappy(b"".join(map(_encoded, batch)))
        reply = await self._wire.post(self._url, content, HEADERS)
        if 200 <= reply.status < 300:
            return
        said = self._words(reply)
        of_samples = reply.status in (400, 409, 422) and _OF_A_SAMPLE.search(said) is not None
        halves = _halves(batch)
        if halves and (of_samples or reply.status == 413):
            for half in halves:
                await self._write(half, late)
        elif of_samples:
            late.append(f"{visible(str(batch[0].labels))}: {said}")
        else:
            raise self._refusal(reply, said)

    def _words(self, reply: Reply) -> str:
        said = " ".join(reply.body.decode(errors="replace").split())
        return visible(self._access.redactor.clean(said))[:_LONGEST_DETAIL]

    def _refusal(self, reply: Reply, said: str) -> Exception:
        name = self._access.name
        if reply.status == 404:
            return Permanent(
                f"{name} takes no series at the address it was given",
                integration=name,
                reason="client",
                hint="start Prometheus with --web.enable-remote-write-receiver, or name the address that takes remote "
                f"write under `integrations: {name}: write_url:`; otherwise write `recordings: assume-recorded`",
            )
        return failure(name, reply.status, said, reply.retry_after)


def _series(samples: Sequence[Recorded]) -> Iterator[_Series]:
    """Each series once, its samples in order of time; of two for one millisecond the first is kept."""
    ordered = sorted(samples, key=lambda sample: (tuple(sample.labels.items()), sample.at))
    for labels, one in groupby(ordered, key=lambda sample: sample.labels):
        points: dict[int, float | None] = {}
        for sample in one:
            points.setdefault((sample.at - _EPOCH) // timedelta(milliseconds=1), sample.value)
        yield _Series(labels, tuple(points.items()))


def _batches(samples: Sequence[Recorded]) -> Iterator[list[_Series]]:
    batch: list[_Series] = []
    points = 0
    for series in _series(samples):
        if batch and points + len(series.points) > _MOST_POINTS:
            yield batch
            batch, points = [], 0
        batch.append(series)
        points += len(series.points)
    if batch:
        yield batch


def _halves(batch: Sequence[_Series]) -> Sequence[Sequence[_Series]]:
    """By series, and one series by its points; empty for a single point."""
    if len(batch) > 1:
        return batch[: len(batch) // 2], batch[len(batch) // 2 :]
    labels, points = batch[0]
    middle = len(points) // 2
    return ([_Series(labels, points[:middle])], [_Series(labels, points[middle:])]) if middle else ()


def _encoded(series: _Series) -> bytes:
    return field(1, label_pairs(series.labels) + b"".join(_point(*point) for point in series.points))


def label_pairs(labels: Mapping[str, str]) -> bytes:
    """The labels as fields of a `TimeSeries`, in their order."""
    return b"".join(field(1, field(1, name.encode()) + field(2, value.encode())) for name, value in labels.items())


def _point(millis: int, value: float | None) -> bytes:
    if value is None:
        bits = struct.pack("<Q", STALE)
    elif math.isnan(value):
        bits = struct.pack("<Q", _NAN)
    else:
        bits = struct.pack("<d", value)
    return field(2, b"\x09" + bits + b"\x10" + varint(millis & 0xFFFFFFFFFFFFFFFF))


def field(number: int, content: bytes) -> bytes:
    """A field of protobuf that holds bytes, a text or another message."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value: int) -> bytes:
    """A whole number as protobuf and snappy write it, at least 0."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def snappy(data: bytes) -> bytes:
    """Valid snappy without any compression: literals of at most 64 KiB."""
    out = bytearray(varint(len(data)))
    for start in range(0, len(data), 65536):
        chunk = data[start : start + 65536]
        out += b"\xf4" + struct.pack("<H", len(chunk) - 1) + chunk
    return bytes(out)
