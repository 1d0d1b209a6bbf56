"""Kubernetes' protobuf, as far as kubectl insists on it: the questions about rights that `kubectl auth` asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.testing.kubernetes.refusals import Object, bad_request

TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"
_RAW = 2
Shape = Mapping[int, Any]  # Any: a name, or a name with the shape of what is inside

_RESOURCE = {1: "namespace", 2: "verb", 3: "group", 4: "version", 5: "resource", 6: "subresource", 7: "name"}
_ACCESS = {1: ("resourceAttributes", _RESOURCE), 2: ("nonResourceAttributes", {1: "path", 2: "verb"})}
_SHAPES: Mapping[str, Shape] = {
    "selfsubjectaccessreviews": {2: ("spec", _ACCESS)},
    "selfsubjectrulesreviews": {2: ("spec", {1: "namespace"})},
    "selfsubjectreviews": {},
}


def review(body: bytes, plural: str) -> Object:
    """The review that a body holds; 400 for what is none."""
    if not body.startswith(_MAGIC):
        raise bad_request("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    try:
        raw = b"".join(value for number, value in _fields(body[len(_MAGIC) :]) if number == _RAW)
        return _read(raw, _SHAPES[plural])
    except (IndexError, UnicodeDecodeError, ValueError) as error:
        raise bad_request(f"proto: cannot parse invalid wire-format data: {error}") from error


def _read(data: bytes, shape: Shape) -> Object:
    made: Object = {}
    for number, value in _fields(data):
        known = shape.get(number)
        if isinstance(known, str):
            made[known] = value.decode()
        elif known is not None:
            name, inner = known
            made[name] = _read(value, inner)
    return made


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields that have a length; numbers are passed over, as no review needs one."""
    at = 0
    while at < len(data):
        key, at = _number(data, at)
        match key & 7:
            case 0:
                _, at = _number(data, at)
            case 1:
                at += 8
            case 2:
                length, at = _number(data, at)
                if at + length > len(data):
                    raise ValueError("unexpected EOF")
                yield key >> 3, data[at : at + length]
                at += length
            case 5:
                at += 4
            case other:
                raise ValueError(f"wire type {other}")


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at
