"""The functions of `eval` and `where`. Null in is null out, unless a function is there to see null."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from bot.testing.splunk.moments import BadMoment, moment
from bot.testing.splunk.spl.values import Row, SplError, Value, number, text, texts

Result: TypeAlias = Value | bool | None
Expression: TypeAlias = Callable[[Row], Result]
Function: TypeAlias = Callable[[list[Result]], Result]


def plain(value: Result) -> Value | None:
    """A value that can be in a field: a truth value cannot."""
    if isinstance(value, bool):
        raise SplError(
            "Error in 'eval' command: Fields cannot be assigned a boolean result. Instead, try if([bool expr], [expr], "
            "[expr])."
        )
    return value


def _case(given: Sequence[Expression]) -> Expression:
    pairs = list(zip(given[::2], given[1::2], strict=True))
    return lambda row: next((value(row) for test, value in pairs if test(row) is True), None)


def _validate(given: Sequence[Expression]) -> Expression:
    pairs = list(zip(given[::2], given[1::2], strict=True))
    return lambda row: next((value(row) for test, value in pairs if test(row) is not True), None)


def _if(given: Sequence[Expression]) -> Expression:
    test, then, otherwise = given
    return lambda row: then(row) if test(row) is True else otherwise(row)


def _coalesce(given: Sequence[Expression]) -> Expression:
    return lambda row: next((value for one in given if (value := one(row)) is not None), None)


LAZY: dict[str, tuple[Callable[[int], bool], Callable[[Sequence[Expression]], Expression]]] = {
    "case": (lambda count: count > 0 and count % 2 == 0, _case),
    "validate": (lambda count: count > 0 and count % 2 == 0, _validate),
    "if": (lambda count: count == 3, _if),
    "coalesce": (lambda count: count > 0, _coalesce),
}


def _numeric(calculate: Callable[..., float]) -> Function:
    def function(given: list[Result]) -> Result:
        numbers = [number(value) for value in given]
        if any(value is None for value in numbers):
            return None
        try:
            return calculate(*numbers)
        except (ValueError, OverflowError, ZeroDivisionError):
            return None

    return function


def _textual(made: Callable[..., Result]) -> Function:
    def function(given: list[Result]) -> Result:
        if any(value is None or isinstance(value, bool) for value in given):
            return None
        return made(*(text(value) for value in given if value is not None and not isinstance(value, bool)))

    return function


def _round(value: float, digits: float = 0) -> float:
    scaled = value * 10**digits
    rounded = math.floor(abs(scaled) + 0.5) * (1 if scaled >= 0 else -1)
    return int(rounded) if digits <= 0 else rounded / 10**digits


def _extreme(sign: int) -> Function:
    def function(given: list[Result]) -> Result:
        values = [value for one in given if (value := plain(one)) is not None]
        # Texts are greater than numbers.
        keys = [
            ((0, float(as_number), "") if (as_number := number(one)) is not None else (1, 0.0, text(one)))
            for one in values
        ]
        if not values:
            return None
        best = max(keys) if sign > 0 else min(keys)
        return values[keys.index(best)]

    return function


def _relative_time(at: str, written: str) -> Result:
    start = number(at)
    try:
        return None if start is None else moment(written, float(start))
    except BadMoment as error:
        raise SplError("Error in 'eval' command: The arguments to the 'relative_time' function are invalid.") from error


_TIME_PARTS = {"%Q": "%f", "%3N": "%f", "%N": "%f", "%T": "%H:%M:%S", "%F": "%Y-%m-%d", "%e": "%d"}


def _strftime(at: str, form: str) -> Result:
    when = number(at)
    if when is None:
        return None
    if form == "%s":
        return str(int(when))
    moment_of = datetime.fromtimestamp(float(when), UTC)
    milliseconds = f"{moment_of.microsecond // 1000:03d}"
    for splunk in ("%Q", "%3N"):
        form = form.replace(splunk, milliseconds)
    for splunk in ("%T", "%F"):
        form = form.replace(splunk, _TIME_PARTS[splunk])
    return moment_of.strftime(form)


def _strptime(written: str, form: str) -> Result:
    for splunk, ours in _TIME_PARTS.items():
        form = form.replace(splunk, ours)
    try:
        when = datetime.strptime(written, form)  # noqa: DTZ007 - UTC below, where the text names no zone
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def like(value: str, wanted: str) -> bool:
    """`%` is any text and `_` any letter; case counts."""
    parts = ("." if letter == "_" else ".*" if letter == "%" else re.escape(letter) for letter in wanted)
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def _matches(value: str, wanted: str) -> bool:
    try:
        return re.search(wanted, value) is not None
    except re.error as error:
        raise SplError(f"Error in 'eval' command: Regex: {error}") from error


def _replaced(value: str, wanted: str, by: str) -> str:
    try:
        return re.sub(wanted, by, value)
    except re.error as error:
        raise SplError(f"Error in 'eval' command: Regex: {error}") from error


def _substr(value: str, start: str, length: str = "") -> Result:
    first, count = int(number(start) or 0), number(length)
    begin = first - 1 if first > 0 else max(len(value) + first, 0)
    return value[begin:] if count is None else value[begin : begin + int(count)]


def _tostring(value: Result, form: Result = None) -> Result:
    if isinstance(value, bool):
        return str(value)
    amount = number(value)
    if value is None or form is None:
        return None if value is None else text(value)
    match form:
        case "commas":
            return None if amount is None else f"{_round(float(amount), 2):,.2f}".removesuffix(".00")
        case "duration":
            if amount is None:
                return None
            whole = int(amount)
            days, rest = divmod(whole, 86400)
            shown = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"
            return f"{days}+{shown}" if days else shown
        case "hex":
            return None if amount is None else hex(int(amount)).upper().replace("0X", "0x")
        case _:
            raise SplError("Error in 'eval' command: The arguments to the 'tostring' function are invalid.")


def _tonumber(value: str, base: str = "10") -> Result:
    if base == "10":
        return number(value)
    try:
        return int(value, int(base))
    except ValueError:
        return None


def _index_of(values: tuple[str, ...], given: list[Result]) -> Result:
    first = int(number(given[1]) or 0)
    last = int(number(given[2]) or 0) if len(given) > 2 else first
    chosen = values[first:] if last == -1 else values[first : last + 1]
    return None if not chosen else chosen[0] if len(chosen) == 1 else chosen


def _several(values: Sequence[str]) -> Result:
    return None if not values else values[0] if len(values) == 1 else tuple(values)


FUNCTIONS: dict[str, tuple[int, int, Function]] = {
    "abs": (1, 1, _numeric(abs)),
    "ceiling": (1, 1, _numeric(math.ceil)),
    "ceil": (1, 1, _numeric(math.ceil)),
    "exp": (1, 1, _numeric(math.exp)),
    "floor": (1, 1, _numeric(math.floor)),
    "ln": (1, 1, _numeric(math.log)),
    "log": (1, 2, _numeric(lambda value, base=10: math.log(value, base))),
    "pow": (2, 2, _numeric(lambda value, power: value**power)),
    "round": (1, 2, _numeric(_round)),
    "sqrt": (1, 1, _numeric(math.sqrt)),
    "max": (1, 99, _extreme(1)),
    "min": (1, 99, _extreme(-1)),
    "len": (1, 1, _textual(len)),
    "lower": (1, 1, _textual(str.lower)),
    "upper": (1, 1, _textual(str.upper)),
    "trim": (1, 2, _textual(lambda value, letters=" \t": value.strip(letters))),
    "ltrim": (1, 2, _textual(lambda value, letters=" \t": value.lstrip(letters))),
    "rtrim": (1, 2, _textual(lambda value, letters=" \t": value.rstrip(letters))),
    "substr": (2, 3, _textual(_substr)),
    "replace": (3, 3, _textual(_replaced)),
    "match": (2, 2, _textual(_matches)),
    "md5": (1, 1, _textual(lambda value: hashlib.md5(value.encode(), usedforsecurity=False).hexdigest())),
    "sha256": (1, 1, _textual(lambda value: hashlib.sha256(value.encode()).hexdigest())),
    "tonumber": (1, 2, _textual(_tonumber)),
    "tostring": (1, 2, lambda given: _tostring(*given)),
    "relative_time": (2, 2, _textual(_relative_time)),
    "strftime": (2, 2, _textual(_strftime)),
    "strptime": (2, 2, _textual(_strptime)),
    "isnull": (1, 1, lambda given: given[0] is None),
    "isnotnull": (1, 1, lambda given: given[0] is not None),
    "isnum": (1, 1, lambda given: number(given[0]) is not None),
    "isint": (1, 1, lambda given: isinstance(number(given[0]), int)),
    "isstr": (1, 1, lambda given: given[0] is not None and number(given[0]) is None),
    "null": (0, 0, lambda given: None),
    "true": (0, 0, lambda given: True),
    "false": (0, 0, lambda given: False),
    "mvcount": (1, 1, lambda given: len(texts(plain(given[0]))) or None),
    "mvindex": (2, 3, lambda given: _index_of(texts(plain(given[0])), given)),
    "mvjoin": (
        2,
        2,
        lambda given: None if given[0] is None else text(plain(given[1]) or "").join(texts(plain(given[0]))),
    ),
    "mvdedup": (1, 1, lambda given: _several(list(dict.fromkeys(texts(plain(given[0])))))),
    "mvappend": (1, 99, lambda given: _several([one for value in given for one in texts(plain(value))])),
    "split": (2, 2, _textual(lambda value, mark: _several(value.split(mark)))),
    "like": (2, 2, _textual(like)),
}
