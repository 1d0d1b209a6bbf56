"""Kubernetes' protobuf, which kubectl sends for the kinds it makes by itself, as `kubectl create namespace` does.

What is not in `messages.py` is refused as a type that is not spoken here; nothing of a body is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.testing.kubernetes.messages import KINDS, Field, Shape
from bot.testing.kubernetes.refusals import Object, bad_request

TYPE = "application/vnd.kubernetes.protobuf"
_MAGIC = b"k8s\x00"
_ENVELOPE, _RAW = 1, 2
_API_VERSION, _KIND = 1, 2


class NotSpoken(Exception):
    """The body holds a kind, or a field of one, that `messages.py` does not know."""


def read(body: bytes) -> Object:
    """The object that a body holds; 400 for what is no protobuf, NotSpoken."""
    if not body.startswith(_MAGIC):
        raise bad_request("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    try:
        parts = {number: value for number, value in _fields(body[len(_MAGIC) :]) if isinstance(value, bytes)}
        meta = dict(_fields(parts.get(_ENVELOPE, b"")))
        version, kind = (_text(meta.get(number, b"")) for number in (_API_VERSION, _KIND))
        shape = KINDS.get((version, kind))
        if shape is None:
            raise NotSpoken(f"{version} {kind}")
        return {"apiVersion": version, "kind": kind, **_message(parts.get(_RAW, b""), shape)}
    except (IndexError, UnicodeDecodeError, ValueError) as error:
        raise bad_request(f"proto: cannot parse invalid wire-format data: {error}") from error


def _text(value: int | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else ""


def _message(data: bytes, shape: Shape) -> Object:
    """A message; what is empty is absent, but for what a pointer points at."""
    made: Object = {}
    for number, value in _fields(data):
        field = shape.get(number)
        if field is None:
            if not _is_empty(value):
                raise NotSpoken(f"field {number}")
        else:
            _take(made, field, value)
    return made


def _take(made: Object, field: Field, value: int | bytes) -> None:
    whole = value if field.inner is None else _message(value if isinstance(value, bytes) else b"", field.inner)
    read = field.read(whole)
    if field.keyed:
        made.setdefault(field.name, {})[read.get("key", "")] = read.get("value", "")
    elif field.many:
        made.setdefault(field.name, []).append(read)
    elif read or field.pointer:
        made[field.name] = read


def _is_empty(value: int | bytes) -> bool:
    """Whether it says nothing: a zero, an empty text, or a message of such."""
    if isinstance(value, int) or not value:
        return not value
    try:
        return all(_is_empty(inner) for _, inner in _fields(value))
    except (IndexError, ValueError):
        return False


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        key, at = _number(data, at)
        match key & 7:
            case 0:
                value, at = _number(data, at)
                yield key >> 3, value - (1 << 64) if value >> 63 else value
            case 2:
                length, at = _number(data, at)
                if at + length > len(data):
                    raise ValueError("unexpected EOF")
                yield key >> 3, data[at : at + length]
                at += length
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
