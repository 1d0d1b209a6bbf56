"""What a function's parameter takes: Go's types are strict, and Go's words say what does not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.rules.gotemplate.nodes import Constant, Node
from bot.rules.gotemplate.values import ANY, AS_IT_STANDS, REFLECTED, CallError, Value, go_type

_EVERYTHING = (ANY, REFLECTED, AS_IT_STANDS)
_LITERALS: Mapping[str, tuple[type, str]] = {
    "bool": (bool, "bool"),
    "float64": (float, "float"),
    "int": (int, "integer"),
    "string": (str, "string"),
    "time.Duration": (int, "integer"),
}
"""What can be written out for a parameter of each of Go's types, and how Go calls it."""


def nilable(kind: str) -> bool:
    """Whether a parameter of this type takes nil."""
    return kind not in _LITERALS and kind != "time.Time"


def fits(value: Value, kind: str) -> Value:
    """The value, for a parameter of this type. Raises CallError."""
    if value is None:
        if nilable(kind):
            return None
        raise CallError(f"invalid value; expected {kind}")
    # A pointer will do for what it points at
    if kind in (*_EVERYTHING, go_type(value), go_type(value).removeprefix("*")):
        return value
    raise CallError(f"wrong type for value; expected {kind}; got {go_type(value)}")


def literal(node: Constant, kind: str) -> Value:
    """What is written out in the template, for a parameter of this type. Raises CallError."""
    value = node.value
    if kind in _EVERYTHING:
        return constant(node)
    if kind not in _LITERALS:
        raise CallError(f"can't handle {node} for arg of type {kind}")
    wanted, word = _LITERALS[kind]
    if type(value) is wanted:
        return constant(node)
    # Any number will do where it stands for the same: 1.0 for an int, 1 for a float64
    if kind == "float64" and type(value) is int:
        return float(value)
    if kind == "int" and isinstance(value, float) and value.is_integer() and abs(value) < 1 << 63:
        return int(value)
    raise CallError(f"expected {word}; found {node}")


def constant(node: Constant) -> Value:
    """What is written out, where nothing is said of its type. Raises CallError for what no int can hold."""
    if node.overflows:
        raise CallError(f"{node} overflows int")
    return node.value


def uncallable(words: Sequence[Node], value: Value) -> str:
    """Why `call` cannot call: no function is ever a value here."""
    if value is None:
        return "call of nil"
    piped = value if isinstance(value, str) else f"<{go_type(value)} Value>"
    return f"non-function {words[0] if words else piped} of type {go_type(value)}"
