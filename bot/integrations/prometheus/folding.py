"""Many expressions in one query, and its answer taken apart again: exactly what each alone would have answered.

A query costs a server and us much more than what it asks, so twenty rules go in one:

    label_replace((EXPR), "tocsin_rule", "17/$1", "tocsin_rule", "(?s:(.*))") or ...

Why nothing is lost or confused by that:

- Every series says whose it is, so no `or` finds a match and drops one. The mark is written before whatever the label
  held: series that carry it already get their own value back. `label_replace` keeps names, values and histograms.
- A scalar is asked as `vector(EXPR)`. What answers with a text or a range, and what our parser does not know, is asked
  alone; so is what asks for an order. The line break before each closing parenthesis ends a comment.
- A fold that fails, or warns, says nothing of its members: each is asked alone then (`client.py`). So is every member
  of a fold whose answer holds a series without our mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import promql_parser

from bot.errors import Permanent
from bot.integrations.prometheus.expr import parse

LABEL = "tocsin_rule"
MOST = 20
"""Expressions in one fold: beyond this the server gains little, and one failure costs more."""

MOST_BYTES = 12 * 1024
"""The longest fold; VictoriaMetrics takes queries of 16 KiB."""

_AROUND = 100
"""More bytes than a fold puts around each of its expressions."""

_MANY = 65536
"""How many different expressions something is kept of; a server with more rules only costs a little more."""


_NO_VECTOR = promql_parser.StringLiteral | promql_parser.MatrixSelector | promql_parser.SubqueryExpr


@lru_cache(maxsize=_MANY)
def operand(expr: str) -> str | None:
    """The expression as a vector that can be a part of a larger one; None when it can only be asked alone."""
    try:
        tree = parse(expr, "")
    except Permanent:
        return None
    if isinstance(_bare(tree), _NO_VECTOR) or _ordered(_bare(tree)):
        return None
    return f"vector(\n{expr}\n)" if _scalar(tree) else f"(\n{expr}\n)"


def fold(operands: Sequence[str]) -> str:
    """One query for them all. As a tree, not as a chain: each `or` compares all that stands on its left."""
    parts = [
        f'label_replace({one}, "{LABEL}", "{number}/$1", "{LABEL}", "(?s:(.*))")' for number, one in enumerate(operands)
    ]
    while len(parts) > 1:
        parts = [f"({' or '.join(parts[at : at + 2])})" for at in range(0, len(parts), 2)]
    return parts[0]


def _bare(tree: promql_parser.Expr) -> promql_parser.Expr:
    while isinstance(tree, promql_parser.ParenExpr):
        tree = tree.expr
    return tree


def _ordered(tree: promql_parser.Expr) -> bool:
    """Whether somebody asked for an order. Not every server keeps it inside of a larger query."""
    if isinstance(tree, promql_parser.AggregateExpr):
        return str(tree.op) in ("topk", "bottomk")
    return isinstance(tree, promql_parser.Call) and tree.func.name.startswith("sort")


def _scalar(tree: promql_parser.Expr) -> bool:
    """Whether the expression is a number, without a series."""
    tree = _bare(tree)
    if isinstance(tree, promql_parser.UnaryExpr):
        return _scalar(tree.expr)
    if isinstance(tree, promql_parser.BinaryExpr):
        return _scalar(tree.lhs) and _scalar(tree.rhs)
    if isinstance(tree, promql_parser.Call):
        return bool(tree.func.return_type == promql_parser.ValueType.Scalar)
    return isinstance(tree, promql_parser.NumberLiteral)


def owner(mark: str) -> tuple[int, str]:
    """Which operand a series of a fold belongs to, and what its label was before. Raises ValueError: it is not ours."""
    number, slash, before = mark.partition("/")
    if not slash or not number.isdecimal():
        raise ValueError(mark)
    return int(number), before


@dataclass(slots=True)
class _Filling:
    """A fold that has room for more: the places of its expressions, and its length in bytes so far."""

    places: list[int] = field(default_factory=list)
    size: int = 0


class Rooms:
    """With how many others each expression may share a query: fewer after it went badly, then slowly more again."""

    def __init__(self) -> None:
        self._room: dict[str, int] = {}

    def folds(self, exprs: Sequence[str]) -> Sequence[Sequence[int]]:
        """The places of the expressions that are to be asked together; every place once."""
        return _folds(tuple(exprs), tuple(self._room.get(expr, MOST) for expr in exprs) if self._room else ())

    def grow(self, exprs: Sequence[str]) -> None:
        """This went well: twice as many next time."""
        for expr in exprs if self._room else ():
            room = self._room.get(expr)
            if room is not None and room * 2 < MOST:
                self._room[expr] = room * 2
            elif room is not None:
                del self._room[expr]

    def shrink(self, exprs: Sequence[str], room: int) -> None:
        """This went badly: at most so many next time."""
        if len(self._room) > _MANY:
            self._room.clear()
        for expr in exprs:
            self._room[expr] = max(1, room)


@lru_cache(maxsize=4096)
def _folds(exprs: tuple[str, ...], rooms: tuple[int, ...]) -> Sequence[Sequence[int]]:
    """Each expression among others with as much room as it has; no `rooms`: all have the most."""
    full: list[list[int]] = []
    filling: dict[int, _Filling] = {}
    for place, (expr, room) in enumerate(zip(exprs, rooms or (MOST,) * len(exprs), strict=True)):
        text = operand(expr)
        if room == 1 or text is None:
            full.append([place])
            continue
        size = len(text.encode()) + _AROUND
        now = filling.setdefault(room, _Filling())
        if now.places and (len(now.places) == room or now.size + size > MOST_BYTES):
            full.append(now.places)
            now = filling[room] = _Filling()
        now.places.append(place)
        now.size += size
    return [*full, *(last.places for last in filling.values())]
