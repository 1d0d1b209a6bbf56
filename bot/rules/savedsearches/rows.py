"""What tells the rows of a run apart: keys for what is remembered of them, and labels for their alerts."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache

from bot.model.labels import LabelSet
from bot.model.search import SavedSearch
from bot.model.search_job import Row

MOST_LABELS = 20
"""Fields of a row that become labels where nobody said which."""
LONGEST_VALUE = 200
"""Characters of a value that a label keeps."""

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_INNERMOST = re.compile(r"\[[^\[\]]*\]")
_GROUPS = re.compile(
    r"\s*(?P<command>(?:si)?(?:t?stats|chart|timechart|top|rare))\b(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_OVER = re.compile(r"\bover\s+(?P<field>[^\s,]+)", re.IGNORECASE)
_BY = re.compile(r"\bby\s+", re.IGNORECASE)
_NOT_A_NAME = re.compile(r"[^a-zA-Z0-9_]")


def key_of(row: Row, fields: Sequence[str]) -> str | None:
    """The row's values of these fields as one text; None where it lacks one of them, for then it has no key."""
    values = [row.get(name, "") for name in fields]
    if not all(values):
        return None
    return json.dumps([one if isinstance(one, str) else list(one) for one in values], ensure_ascii=False)


def row_of(key: str, fields: Sequence[str]) -> dict[str, str | tuple[str, ...]]:
    """The fields that a key was made of."""
    values = json.loads(key)
    return {name: one if isinstance(one, str) else tuple(one) for name, one in zip(fields, values, strict=False)}


def labels_of(search: SavedSearch, row: Row) -> LabelSet:
    """What tells the alert of this row from those of others.

    The fields of the search's suppression; without any, those by which the search groups them; without such, all.
    Internal fields (`_time`) and fields with several values are left out.
    """
    named = search.suppression.fields if search.suppression else ()
    if not named:
        told_by = grouped_by(search.search)
        named = told_by if all(name in row for name in told_by) else ()
    given = named or [name for name in row if not name.startswith("_")][:MOST_LABELS]
    return LabelSet(
        {label_name(name): value[:LONGEST_VALUE] for name in given if isinstance(value := row.get(name, ""), str)}
    )


@lru_cache(maxsize=1024)
def grouped_by(search: str) -> tuple[str, ...]:
    """The fields that tell the rows of a search's last grouping command apart; empty where it has none."""
    plain = _QUOTED.sub("_", search)
    while (without := _INNERMOST.sub("", plain)) != plain:
        plain = without
    for command in reversed(plain.split("|")):
        if match := _GROUPS.fullmatch(command):
            return _fields(match["command"].lower(), match["rest"])
    return ()


def _fields(command: str, rest: str) -> tuple[str, ...]:
    """`by` names them; of a chart the first is the row, and the second makes columns. A time tells runs apart only."""
    if over := _OVER.search(rest):
        return (over["field"],)
    *before, after = _BY.split(rest)
    if not before:
        return ()
    named = [name for name in re.split(r"[,\s]+", after) if name and "=" not in name]
    return tuple(name for name in (named[:1] if "chart" in command else named) if not name.startswith("_"))


def label_name(field: str) -> str:
    """A field's name as a label may be called."""
    name = _NOT_A_NAME.sub("_", field)
    return f"_{name}" if name[:1].isdigit() else name
