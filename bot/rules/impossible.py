"""Comparisons that can never be true, and only those that can be shown to be: everything else gets the benefit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import promql_parser

from bot.model.rule import Signal
from bot.rules import promql
from bot.rules.parser import parse
from bot.rules.selectors import selectors

_INF = float("inf")
_ZERO_OR_ONE = (0.0, 1.0)
_NOT_NEGATIVE = (0.0, _INF)
_FUNCTIONS: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(("absent", "absent_over_time", "present_over_time"), (1.0, 1.0)),
    **dict.fromkeys(
        ("rate", "irate", "increase", "changes", "resets", "count_over_time", "abs", "sqrt"), _NOT_NEGATIVE
    ),
    **dict.fromkeys(("stddev_over_time", "stdvar_over_time", "time"), _NOT_NEGATIVE),
    "day_of_month": (1.0, 31.0),
    "day_of_week": (0.0, 6.0),
    "day_of_year": (1.0, 366.0),
    "hour": (0.0, 23.0),
    "minute": (0.0, 59.0),
    "month": (1.0, 12.0),
}
_AGGREGATES: Mapping[str, tuple[float, float]] = {"count": (1.0, _INF), "group": (1.0, 1.0)}
_KEEPING = frozenset({"max", "min", "avg"})
"""Aggregations whose result lies within what they are given."""
_METRICS: Mapping[str, tuple[float, float]] = dict.fromkeys(("up", "probe_success"), _ZERO_OR_ONE)
_MATCHERS = re.compile(r"\{[^{}]*\}")


def reasons(expr: str, signal: Signal) -> Iterator[str]:
    """Why this can never fire, in words; nothing where it might."""
    for one in selectors(expr):
        wanted: dict[str, str] = {}
        for name, op, value in one.labels:
            if op == "=" and wanted.setdefault(name, value) != value:
                yield f"{one.name} cannot have {name} both {wanted[name]!r} and {value!r}"
        for name, op, value in one.labels:
            if op == "!=" and wanted.get(name) == value and value:
                yield f"{one.name} cannot have {name} {value!r} and not have it"
    if signal.threshold is None:
        return
    bounds = _bounds(signal.expr)
    if bounds is not None and _outside(signal.op, signal.threshold, bounds):
        yield f"{_short(signal.expr)} is {_range(*bounds)}, and so never {signal.op} {signal.threshold:g}"
    inner = promql.signal(signal.expr)
    if inner.threshold is not None and _exclude(inner, signal):
        yield f"nothing is {inner.op} {inner.threshold:g} and {signal.op} {signal.threshold:g}"


def contradiction(expr: str) -> str:
    """Why both sides of an `and` cannot be true of one thing; empty where they can, and where it cannot be shown."""
    try:
        tree = parse(expr)
    except ValueError:
        return ""
    if not isinstance(tree, promql_parser.BinaryExpr) or str(tree.op) != "and" or _by_some_labels(tree):
        return ""
    left, right = promql.signal(str(tree.lhs)), promql.signal(str(tree.rhs))
    if left.threshold is None or right.threshold is None or left.expr != right.expr or not _exclude(left, right):
        return ""
    return f"nothing is {left.op} {left.threshold:g} and {right.op} {right.threshold:g}"


def _by_some_labels(tree: promql_parser.BinaryExpr) -> bool:
    """Whether the two sides may be of different things: `on` and `ignoring`."""
    return tree.modifier is not None and tree.modifier.matching is not None


def _bounds(expr: str) -> tuple[float, float] | None:
    """Between which values the expression always lies; None where that is not known."""
    try:
        return _within(parse(expr))
    except (ValueError, RecursionError):
        return None


def _within(tree: promql_parser.Expr) -> tuple[float, float] | None:
    match tree:
        case promql_parser.ParenExpr():
            return _within(tree.expr)
        case promql_parser.VectorSelector():
            return _METRICS.get(tree.name or "")
        case promql_parser.Call():
            return _FUNCTIONS.get(str(tree.func.name))
        case promql_parser.AggregateExpr():
            name = str(tree.op)
            return _within(tree.expr) if name in _KEEPING else _AGGREGATES.get(name)
        case promql_parser.BinaryExpr():
            return _share(tree)
        case _:
            return None


def _share(tree: promql_parser.BinaryExpr) -> tuple[float, float] | None:
    """A part divided by its whole lies between 0 and 1; times 100, up to 100."""
    op = str(tree.op)
    if op == "*":
        for factor, rest in ((tree.lhs, tree.rhs), (tree.rhs, tree.lhs)):
            inner = _within(rest) if isinstance(factor, promql_parser.NumberLiteral) else None
            if inner == _ZERO_OR_ONE and isinstance(factor, promql_parser.NumberLiteral) and factor.val > 0:
                return 0.0, float(factor.val)
        return None
    if op != "/" or tree.modifier is not None:
        return None
    part, whole = str(tree.lhs), str(tree.rhs)
    same_shape = _MATCHERS.sub("", part) == _MATCHERS.sub("", whole)
    parts, wholes = selectors(part), selectors(whole)
    if not same_shape or len(parts) != 1 or len(wholes) != 1 or not _counts_up(whole):
        return None
    return _ZERO_OR_ONE if set(wholes[0].labels) <= set(parts[0].labels) else None


def _counts_up(expr: str) -> bool:
    """A sum of rates, or a count: only there is the part never more than the whole."""
    return re.match(r"(sum|count)\b", expr) is not None and (
        "rate(" in expr or "increase(" in expr or expr.startswith("count")
    )


def _outside(op: str, threshold: float, bounds: tuple[float, float]) -> bool:
    low, high = bounds
    match op:
        case ">":
            return threshold >= high
        case ">=":
            return threshold > high
        case "<":
            return threshold <= low
        case "<=":
            return threshold < low
        case "==":
            return not low <= threshold <= high
        case _:
            return low == high == threshold


def _exclude(one: Signal, other: Signal) -> bool:
    """Whether no number fits both."""
    if one.threshold is None or other.threshold is None:
        return False
    above = next((each for each in (one, other) if each.op in (">", ">=")), None)
    below = next((each for each in (one, other) if each.op in ("<", "<=")), None)
    if above is None or below is None or above.threshold is None or below.threshold is None:
        return one.op == other.op == "==" and one.threshold != other.threshold
    both = above.op == ">=" and below.op == "<="
    return above.threshold > below.threshold or (above.threshold == below.threshold and not both)


def _range(low: float, high: float) -> str:
    if low == high:
        return f"always {low:g}"
    return f"never below {low:g}" if high == _INF else f"from {low:g} to {high:g}"


def _short(expr: str) -> str:
    text = " ".join(expr.split())
    return text if len(text) <= 60 else f"{text[:57]}..."
