"""The values a template can hold, what Go calls their types, and when Go takes one for true.

`str` is Go's string, `int` its int, `float` its float64, `bool` its bool, and None its nil or absent value. The classes
here stand for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias


class Byte(int):
    """Go's uint8: what indexing a text yields."""


class StringMap(dict[str, str]):
    """Go's map[string]string: a missing key is the empty text."""


class AnyMap(dict[str, "Value"]):
    """Go's map[string]any: a missing key is nil."""


@dataclass(frozen=True, slots=True, eq=False)
class Struct:
    """A Go struct, or a pointer to one when `go_type` begins with a star."""

    go_type: str
    fields: Mapping[str, Value]
    loose: frozenset[str] = frozenset()
    """The fields that Go declares as `any`."""


@dataclass(frozen=True, slots=True)
class Loose:
    """A value that stands where Go says no more of its type than `any`: a field of it is refused in other words."""

    value: Value


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """A Go slice."""

    go_type: str
    items: Sequence[Value]


@dataclass(frozen=True, slots=True, eq=False)
class Object:
    """A Go value known by its methods, or a pointer to one when `go_type` begins with a star.

    `text` is what its String() says, `of` what its methods know; it is a number to Go where it `counts`.
    """

    go_type: str
    text: str
    methods: Mapping[str, Function]
    of: int
    counts: bool = False


Value: TypeAlias = str | int | float | complex | bool | StringMap | AnyMap | Struct | Slice | Object | None


class CallError(Exception):
    """A function's own complaint: Go's `error`, which ends the execution."""


ANY = "interface {}"
REFLECTED = "reflect.Value"
"""How Go's own functions declare a parameter that takes everything, nil included."""

AS_IT_STANDS = "reflect.Value as it stands"
"""The same, where the function also sees what is Loose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function templates may call: Go's types of its parameters, the last one repeated when it is `variadic`."""

    params: tuple[str, ...]
    call: Callable[..., Value]
    variadic: bool = False


def raw(text: str) -> bytes:
    """The bytes of a text. Go's texts need not be UTF-8: a byte that is not stands in ours as a lone surrogate."""
    return text.encode(errors="surrogateescape")


def text_of(read: bytes) -> str:
    """The text of these bytes, as `raw` takes it apart again."""
    return read.decode(errors="surrogateescape")


def go_type(value: Value) -> str:
    """What Go's %T prints for a value."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return "bool"
        case Byte():
            return "uint8"
        case int():
            return "int"
        case float():
            return "float64"
        case complex():
            return "complex128"
        case str():
            return "string"
        case StringMap():
            return "map[string]string"
        case AnyMap():
            return "map[string]interface {}"
        case _:
            return value.go_type


def truth(value: Value) -> bool:
    """Whether Go's `if` takes the value for true: not zero, not empty, not nil; a struct always is."""
    match value:
        case Struct():
            return True
        case Slice():
            return len(value.items) > 0
        case Object():
            return not value.counts or value.of != 0
        case _:
            return bool(value)
