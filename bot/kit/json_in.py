"""JSON that others send: read only where it means one thing, and where reading it costs no more than it is worth."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

MAX_DEPTH = 32
MAX_NODES = 50_000

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def unfit_json(body: bytes) -> str:
    """Why this JSON is refused, or nothing: what two readers would read differently, or what would exhaust one."""
    try:
        read_json(body) if body else None
    except ValueError as error:
        return str(error)
    return ""


# Any: whatever JSON holds.
def read_json(body: bytes) -> Any:
    """The value that this JSON means; ValueError for what `unfit_json` refuses, and for an empty body."""
    try:
        value = json.loads(body.decode(), object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError(f"it nests deeper than {MAX_DEPTH}") from None
    unfit = _unfit_value(value)
    if unfit:
        raise ValueError(unfit)
    return value


def _unfit_value(value: object) -> str:
    waiting: list[tuple[Sequence[object], int]] = [([value], 1)]
    nodes = 0
    while waiting:
        alike, depth = waiting.pop()
        nodes += len(alike)
        if alike and depth > MAX_DEPTH:
            return f"it nests deeper than {MAX_DEPTH}"
        if nodes > MAX_NODES:
            return f"it has more than {MAX_NODES} values"
        for one in alike:
            if isinstance(one, str):
                if not storable(one):
                    return "a text holds U+0000 or half of a surrogate pair"
            elif isinstance(one, dict):
                waiting.append(([*one, *one.values()], depth + 1))
            elif isinstance(one, list):
                waiting.append((one, depth + 1))
            elif isinstance(one, float) and not math.isfinite(one):
                return "a number is too large"
    return ""


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands in it twice")
    return found


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is not a JSON number")


def storable(text: str) -> bool:
    """Whether a text can be kept: it holds neither NUL nor half of a surrogate pair."""
    return _UNSTORABLE.search(text) is None
