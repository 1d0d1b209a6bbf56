"""The functions Go's templates know by themselves.

`and`, `or` and `call` are only declared here: the first two decide what is evaluated at all, and nothing a template of
ours can hold may be called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from urllib.parse import quote_plus

from bot.rules.gotemplate.printing import sprint, sprintf, sprintln
from bot.rules.gotemplate.values import (
    ANY,
    AS_IT_STANDS,
    REFLECTED,
    AnyMap,
    Byte,
    CallError,
    Function,
    Loose,
    Object,
    Slice,
    StringMap,
    Struct,
    Value,
    go_type,
    raw,
    text_of,
    truth,
)

_BAD_TYPE = "invalid type for comparison"
_HTML = {"\0": "\ufffd", '"': "&#34;", "'": "&#39;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
_JS = {"\\": r"\\", "'": r"\'", '"': r"\"", "<": r"\u003C", ">": r"\u003E", "&": r"\u0026", "=": r"\u003D"}


def _kind(value: Value) -> str:
    """What can be compared with what."""
    match value:
        case bool():
            return "bool"
        case Object(counts=True):
            return "int"
        case int():
            return "int"
        case float():
            return "float"
        case complex():
            return "complex"
        case str():
            return "string"
        case _:
            return ""


def _eq(*values: Value) -> bool:
    first, *others = values
    if not others:
        raise CallError("missing argument for comparison")
    return any(_equal(first, other) for other in others)


def _counted(value: Value) -> Value:
    return value.of if isinstance(value, Object) and value.counts else value


def _equal(first: Value, second: Value) -> bool:
    if _kind(first) != _kind(second):
        if first is not None and second is not None:
            raise CallError(_incompatible(first, second))
        return False
    if _kind(first) or first is None or second is None:
        return _counted(first) == _counted(second)
    if _shape(first) != _shape(second):
        types = f"{go_type(first)}, {go_type(second)}: "
        raise CallError(sprintf("non-comparable types %s: ", [first]) + types + sprint([second]))
    if _shape(second) != "pointer":
        raise CallError(sprintf("non-comparable type %s: ", [second]) + go_type(second))
    return first is second


def _shape(value: Value) -> str:
    match value:
        case StringMap() | AnyMap():
            return "map"
        case Struct() | Object() if value.go_type.startswith("*"):
            return "pointer"
        case _:
            return type(value).__name__


def _incompatible(first: Value, second: Value) -> str:
    return f"incompatible types for comparison: {go_type(first)} and {go_type(second)}"


def _ne(first: Value, second: Value) -> bool:
    return not _equal(first, second)


def _lt(first: Value, second: Value) -> bool:
    if not _kind(first):
        raise CallError(_BAD_TYPE)
    if not _kind(second):
        raise CallError(_BAD_TYPE)
    if _kind(first) != _kind(second):
        raise CallError(_incompatible(first, second))
    first, second = _counted(first), _counted(second)
    match first, second:
        case ((int() | float()), (int() | float())) if not isinstance(first, bool):
            return first < second
        case str(), str():
            return raw(first) < raw(second)
        case _:
            raise CallError(_BAD_TYPE)


def _le(first: Value, second: Value) -> bool:
    return _lt(first, second) or _equal(first, second)


def _gt(first: Value, second: Value) -> bool:
    return not _le(first, second)


def _ge(first: Value, second: Value) -> bool:
    return not _lt(first, second)


def _not(value: Value) -> bool:
    return not truth(value)


def _len(value: Value | Loose) -> int:
    match value:
        case Loose(value=None):
            raise CallError("len of nil pointer")
        case Loose():
            return _len(value.value)
        case None:
            raise CallError("reflect: call of reflect.Value.Type on zero Value")
        case str():
            return len(raw(value))
        case StringMap() | AnyMap():
            return len(value)
        case Slice():
            return len(value.items)
        case _:
            raise CallError(f"len of type {go_type(value).lstrip('*')}")


def _index(item: Value, *indexes: Value) -> Value:
    if item is None:
        raise CallError("index of untyped nil")
    for index in indexes:
        item = _indexed(item, index)
    return item


def _indexed(item: Value, index: Value) -> Value:
    match item:
        case None:
            raise CallError("index of nil pointer")
        case StringMap() | AnyMap():
            if not isinstance(index, str):
                raise CallError(_wrong_key(index))
            return item.get(index, "" if isinstance(item, StringMap) else None)
        case Slice():
            at = _position(index, len(item.items))
            if at == len(item.items):
                raise CallError("reflect: slice index out of range")
            return item.items[at]
        case str():
            read = raw(item)
            at = _position(index, len(read))
            if at == len(read):
                raise CallError("reflect: string index out of range")
            return Byte(read[at])
        case _:
            raise CallError(f"can't index item of type {go_type(item).lstrip('*')}")


def _wrong_key(index: Value) -> str:
    if index is None:
        return "value is nil; should be of type string"
    return f"value has type {go_type(index)}; should be string"


def _position(index: Value | Loose, length: int) -> int:
    if isinstance(index, Loose):
        raise CallError(f"cannot index slice/array with type {ANY}")
    if isinstance(index, bool) or not isinstance(index, int):
        what = "nil" if index is None else f"type {go_type(index)}"
        raise CallError(f"cannot index slice/array with {what}")
    if not 0 <= index <= length:
        raise CallError(f"index out of range: {int(index)}")
    return int(index)


def _slice(item: Value | Loose, *bounds: Value | Loose) -> Value:
    if isinstance(item, Loose):
        return _slice(item.value, *bounds)
    if item is None:
        raise CallError("slice of untyped nil")
    if len(bounds) > 3:
        raise CallError(f"too many slice indexes: {len(bounds)}")
    if not isinstance(item, str | Slice):
        raise CallError(f"can't slice item of type {go_type(item).lstrip('*')}")
    if isinstance(item, str) and len(bounds) == 3:
        raise CallError("cannot 3-index slice a string")
    length = len(raw(item)) if isinstance(item, str) else len(item.items)
    positions = [_position(bound, length) for bound in bounds]
    for low, high in pairwise(positions):
        if low > high:
            raise CallError(f"invalid slice index: {low} > {high}")
    chosen = slice(*[*positions, length][:2]) if positions else slice(None)
    if isinstance(item, str):
        return text_of(raw(item)[chosen])
    return Slice(item.go_type, item.items[chosen])


def _html(*values: Value) -> str:
    return "".join(_HTML.get(sign, sign) for sign in _joined(values))


def _js(*values: Value) -> str:
    return "".join(_js_sign(sign) for sign in _joined(values))


def _js_sign(sign: str) -> str:
    if sign in _JS:
        return _JS[sign]
    if sign < " ":
        return f"\\u{ord(sign):04X}"
    # a byte that is no UTF-8 is the replacement character to Go here, which can be printed, and stays what it is
    return sign if sign.isprintable() or "\udc80" <= sign <= "\udcff" else f"\\u{ord(sign):04X}"


def _urlquery(*values: Value) -> str:
    return quote_plus(raw(_joined(values)), safe="")


def _joined(values: tuple[Value, ...]) -> str:
    return values[0] if len(values) == 1 and isinstance(values[0], str) else _escaped(values)


def _escaped(values: tuple[Value, ...]) -> str:
    return sprint([_pointed_at(value) for value in values])


def _pointed_at(value: Value) -> Value:
    if isinstance(value, Struct):
        return Struct(value.go_type.lstrip("*"), value.fields)
    return "<no value>" if value is None else value


def _printf(template: Value, *values: Value) -> str:
    return sprintf(str(template), values)


def _print(*values: Value) -> str:
    return sprint(values)


def _println(*values: Value) -> str:
    return sprintln(values)


def _function(call: Callable[..., Value], *params: str, variadic: bool = False) -> Function:
    return Function(params=params, call=call, variadic=variadic)


SHORT_CIRCUIT: Mapping[str, bool] = {"and": False, "or": True}
"""`and` ends at the first argument that is false, `or` at the first that is true."""

BUILTINS: Mapping[str, Function] = {
    **{name: _function(_not, REFLECTED, REFLECTED, variadic=True) for name in SHORT_CIRCUIT},
    "call": _function(_print, REFLECTED, REFLECTED, variadic=True),
    "eq": _function(_eq, REFLECTED, REFLECTED, variadic=True),
    "ge": _function(_ge, REFLECTED, REFLECTED),
    "gt": _function(_gt, REFLECTED, REFLECTED),
    "html": _function(_html, ANY, variadic=True),
    "index": _function(_index, REFLECTED, REFLECTED, variadic=True),
    "js": _function(_js, ANY, variadic=True),
    "le": _function(_le, REFLECTED, REFLECTED),
    "len": _function(_len, AS_IT_STANDS),
    "lt": _function(_lt, REFLECTED, REFLECTED),
    "ne": _function(_ne, REFLECTED, REFLECTED),
    "not": _function(_not, REFLECTED),
    "print": _function(_print, ANY, variadic=True),
    "printf": _function(_printf, "string", ANY, variadic=True),
    "println": _function(_println, ANY, variadic=True),
    "slice": _function(_slice, AS_IT_STANDS, AS_IT_STANDS, variadic=True),
    "urlquery": _function(_urlquery, ANY, variadic=True),
}
