"""Nouns inside JSON columns: actors, alerts, runbooks, plans.

`to_json` writes every field; `from_json` reads by the noun's own types. What an older version wrote is read by a newer
one: a field that is missing takes the noun's default, one that is unknown is passed over. Every string and every float
comes back as it was, lone surrogates and NaN too, which is what pydantic cannot promise.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import is_dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from bot.model.labels import LabelSet
from bot.store.columns import Encoded, encode, micros, moment, span_micros

T = TypeVar("T")
_Read = Callable[[Any], Any]  # Any: parsed JSON, and what becomes of it; the type hints of the nouns decide


def to_json(value: object) -> Any:  # Any: plain JSON
    """Plain JSON for a noun, or for anything that is a field of one. Times and durations are whole microseconds."""
    match value:
        case str() | None | bool() | int() | float():
            return str(value) if isinstance(value, StrEnum) else value
        case datetime():
            return micros(value)
        case timedelta():
            return span_micros(value)
        case Mapping():
            return {key: to_json(item) for key, item in value.items()}
        case frozenset():
            return sorted(value)
        case tuple() | list():
            return [to_json(item) for item in value]
        case _:
            return {name: to_json(getattr(value, name)) for name in _readers(type(value))}


@lru_cache(maxsize=256)
def encoded(noun: Hashable) -> Encoded:
    """The same as text, for a noun that is written again and again; it must be hashable."""
    return Encoded(encode(to_json(noun)))


def from_json(kind: type[T], data: Mapping[str, Any]) -> T:
    """The noun of this kind that `to_json` wrote."""
    return kind(**{name: read(data[name]) for name, read in _readers(kind).items() if name in data})


_KNOWN: dict[type, Mapping[str, _Read]] = {}


def _readers(kind: type) -> Mapping[str, _Read]:
    """How to read each field of a noun; worked out once."""
    if kind not in _KNOWN:
        _KNOWN[kind] = {name: _reader(hint) for name, hint in get_type_hints(kind).items()}
    return _KNOWN[kind]


def _reader(hint: Any) -> _Read:  # Any: a type, as annotations write it
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is UnionType:
        (wanted,) = (argument for argument in arguments if argument is not NoneType)
        return _or_none(_reader(wanted))
    if origin is tuple:
        return _many(tuple, _reader(arguments[0]))
    if origin is frozenset:
        return frozenset
    if origin is Mapping:
        return _mapping(_reader(arguments[1]))
    return _plain_reader(hint)


def _plain_reader(hint: Any) -> _Read:  # Any: a type, as annotations write it
    if hint is datetime:
        return moment
    if hint is timedelta:
        return _span
    if isinstance(hint, type) and (hint is LabelSet or issubclass(hint, StrEnum)):
        return hint
    if isinstance(hint, type) and is_dataclass(hint):
        return lambda data: from_json(hint, data)
    return _as_it_is


def _or_none(read: _Read) -> _Read:
    return lambda data: None if data is None else read(data)


def _many(container: Callable[[Any], Any], read: _Read) -> _Read:
    return lambda data: container(read(item) for item in data)


def _mapping(read: _Read) -> _Read:
    if read is _as_it_is:
        return _as_it_is
    return lambda data: {key: read(item) for key, item in data.items()}


def _span(data: int) -> timedelta:
    return timedelta(microseconds=data)


def _as_it_is(data: Any) -> Any:  # Any: plain JSON
    return data
