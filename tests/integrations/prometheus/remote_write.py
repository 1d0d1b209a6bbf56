"""Writes samples into a real Prometheus by remote write 1.0, with as little protobuf and snappy as that takes."""

import struct
import urllib.request
from collections.abc import Iterable, Mapping
from datetime import datetime

Sample = tuple[Mapping[str, str], datetime, float]


def write(url: str, samples: Iterable[Sample]) -> None:
    """Each sample is labels (`__name__` among them), time and value; raises OSError when the server refuses them."""
    body = b"".join(_field(1, _series(labels, at, value)) for labels, at, value in samples)
    headers = {
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "snappy",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
    }
    request = urllib.request.Request(f"{url}/api/v1/write", data=_snappy(body), headers=headers, method="POST")
    urllib.request.urlopen(request, timeout=10).close()


def _series(labels: Mapping[str, str], at: datetime, value: float) -> bytes:
    pairs = b"".join(_field(1, _field(1, name.encode()) + _field(2, labels[name].encode())) for name in sorted(labels))
    millis = round(at.timestamp() * 1000)
    return pairs + _field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + _varint(millis))


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _snappy(data: bytes) -> bytes:
    """Valid snappy without any compression: literals of at most 64 KiB."""
    out = bytearray(_varint(len(data)))
    for start in range(0, len(data), 65536):
        chunk = data[start : start + 65536]
        out += b"\xf4" + struct.pack("<H", len(chunk) - 1) + chunk
    return bytes(out)
