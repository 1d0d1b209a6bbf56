"""What can be said of an expression without asking a server: whether it parses, and what it compares with what.

promql-parser reads the syntax. What it prints is not always what it read, so an expression is only ever cut out of its
own text, and the cut is checked by reading it again.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache

import promql_parser

from bot.model.rule import Signal
from bot.rules.parser import parse
from bot.rules.promql_tokens import rewritten

_MIRRORED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}
_TOKEN = re.compile(
    r"""\#[^\n]* | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | `[^`]*`
      | (?P<open>[(\[{]) | (?P<close>[)\]}]) | (?P<compare>==|!=|>=|<=|>|<)""",
    re.VERBOSE | re.DOTALL,
)


def check(expr: str) -> str | None:
    """What is wrong with the syntax or the types of an expression, or None."""
    try:
        _parse(expr)
    except ValueError as error:
        return "not valid PromQL" if str(error) == "invalid promql query" else str(error)
    return None


def signal(expr: str) -> Signal:
    """What the expression looks at, without its comparison with a number: `a / b > 0.05` looks at `a / b`.

    Only a comparison that everything else stands inside of is taken off, never one with `bool`, with another series or
    under `and`, `or`, `unless`. In doubt, and for an expression that does not parse, the signal is all of it.
    """
    # Without comments, so that whoever puts something behind it does not put it into one
    text = _TOKEN.sub(lambda token: " " if token.group().startswith("#") else token.group(), expr).strip()
    try:
        return _signal(text) or Signal(expr=text)
    except (ValueError, RecursionError):
        return Signal(expr=text)


def _signal(text: str) -> Signal | None:
    tree = _parse(text)
    if isinstance(tree, promql_parser.ParenExpr):
        inner = text[1:-1].strip()
        return _signal(inner) if _same(inner, tree.expr) else None
    if not isinstance(tree, promql_parser.BinaryExpr) or (tree.modifier is not None and tree.modifier.return_bool):
        return None
    found = _last_comparison(text)
    if found is None:
        return None
    left, op, right = found
    if op != str(tree.op):
        return None
    threshold = _number(tree.rhs)
    if threshold is not None and _same(left, tree.lhs):
        return Signal(expr=left, op=op, threshold=threshold)
    threshold = _number(tree.lhs)
    if threshold is not None and _same(right, tree.rhs):
        return Signal(expr=right, op=_MIRRORED[op], threshold=threshold)
    return None


def _last_comparison(text: str) -> tuple[str, str, str] | None:
    """What stands left and right of the last comparison outside all brackets: the one that is done last."""
    depth = 0
    found = None
    for token in _TOKEN.finditer(text):
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth -= 1
        elif token["compare"] and depth == 0:
            found = token
    if found is None:
        return None
    return text[: found.start()].strip(), found.group(), text[found.end() :].strip()


def _number(tree: promql_parser.Expr) -> float | None:
    """The value of a number, or of arithmetic on numbers alone; None for anything else, and for NaN and infinity."""
    value = _fold(tree)
    return value if value is not None and math.isfinite(value) else None


def _fold(tree: promql_parser.Expr) -> float | None:
    if isinstance(tree, promql_parser.NumberLiteral):
        return float(tree.val)
    if isinstance(tree, promql_parser.ParenExpr):
        return _fold(tree.expr)
    if not isinstance(tree, promql_parser.BinaryExpr):
        return None
    left, right = _fold(tree.lhs), _fold(tree.rhs)
    if left is None or right is None:
        return None
    match str(tree.op):
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/" if right:
            return left / right
        case _:
            return None


def _same(text: str, tree: promql_parser.Expr) -> bool:
    """Whether a piece of text alone reads as this part of the whole."""
    return str(_parse(text)) == str(tree)


@lru_cache(maxsize=1024)
def _parse(expr: str) -> promql_parser.Expr:
    return parse(rewritten(expr))
