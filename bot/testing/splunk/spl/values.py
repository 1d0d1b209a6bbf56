"""What a field can hold, and how Splunk compares, orders and writes it.

A row is a dict; a field that is null is absent. Numbers arrive as texts and are numbers where a command wants one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeAlias

Value: TypeAlias = str | int | float | tuple[str, ...]
Row: TypeAlias = dict[str, Value]
Rows: TypeAlias = Iterator[Row]

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


class SplError(Exception):
    """A search that Splunk would refuse; the text is what it would say of it."""


def number(value: Value | bool | None) -> int | float | None:
    """The value as a number, or None where it is not one."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, tuple):
        return number(value[0]) if len(value) == 1 else None
    if not _NUMBER.fullmatch(value):
        return None
    return int(value) if value.strip().lstrip("+-").isdigit() else float(value)


def text(value: Value) -> str:
    """The value as it is written in an answer; several values are joined by line ends."""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return "\n".join(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def texts(value: Value | None) -> tuple[str, ...]:
    """Every one of a field's values."""
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (text(value),)


def order(value: Value | None) -> tuple[int, float, str]:
    """A key to sort by: numbers by size, before texts by their letters, before nothing at all."""
    if value is None:
        return (2, 0.0, "")
    as_number = number(value)
    return (1, 0.0, text(value)) if as_number is None else (0, float(as_number), "")


@lru_cache(maxsize=4096)
def pattern(wild: str, *, word: bool = False) -> re.Pattern[str]:
    """A text with `*` in it as a pattern that ignores case; as a `word` it does not cross blanks."""
    any_text = r"\S*" if word else ".*"
    return re.compile(any_text.join(re.escape(part) for part in wild.split("*")), re.IGNORECASE | re.DOTALL)


def instant(epoch: float) -> str:
    """A time as `_time` is written: ISO, milliseconds, offset."""
    return datetime.fromtimestamp(epoch, UTC).isoformat(timespec="milliseconds")


def written(row: Mapping[str, Value]) -> dict[str, str | list[str]]:
    """A row as it stands in an answer: texts, lists of texts, and `_time` in ISO."""
    shown: dict[str, str | list[str]] = {}
    for name, value in row.items():
        at = number(value) if name == "_time" else None
        if at is not None:
            shown[name] = instant(at)
        elif isinstance(value, tuple):
            shown[name] = list(value) if len(value) != 1 else value[0]
        else:
            shown[name] = text(value)
    return shown
