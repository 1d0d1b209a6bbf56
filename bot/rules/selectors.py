"""Which series an expression looks at, as far as its text alone tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

import promql_parser

from bot.rules.parser import parse

_OPS = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """One selector. `name` is empty where it fits several metrics; `over` is the range in brackets, where it has one.

    `labels` are the conditions on labels, as (name, operator, value). `plain`: there is nothing but the name.
    """

    name: str
    labels: tuple[tuple[str, str, str], ...] = ()
    over: timedelta | None = None
    plain: bool = False

    @property
    def exact(self) -> Mapping[str, str]:
        """The labels that must have one certain value."""
        return {name: value for name, op, value in self.labels if op == "="}


@dataclass(slots=True)
class _Found:
    selectors: list[Selector] = field(default_factory=list)
    _inside: bool = False
    """Whether what comes next is the inner half of a selector with a range, which was taken already."""

    def visit(self, node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.MatrixSelector):
            self.selectors.append(_of(node.vector_selector, node.range))
            self._inside = True
        elif isinstance(node, promql_parser.VectorSelector):
            if not self._inside:
                self.selectors.append(_of(node, None))
            self._inside = False


@lru_cache(maxsize=4096)
def selectors(expr: str) -> tuple[Selector, ...]:
    """Every selector of the expression, in its order; none where it does not parse."""
    try:
        tree = parse(expr)
    except ValueError:
        return ()
    found = _Found()
    promql_parser.walk(tree, found.visit)
    return tuple(found.selectors)


def metrics(expr: str) -> frozenset[str]:
    """The names of the metrics it looks at."""
    return frozenset(one.name for one in selectors(expr) if one.name)


def looks_back(expr: str) -> bool:
    """Whether a part of it is evaluated at other times than the whole: `[5m:1m]`."""
    found: list[promql_parser.Expr] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.SubqueryExpr):
            found.append(node)

    try:
        promql_parser.walk(parse(expr), visit)
    except ValueError:
        return False
    return bool(found)


def _of(node: promql_parser.VectorSelector, over: timedelta | None) -> Selector:
    labels = tuple(_conditions(node))
    named = node.name or next((value for name, op, value in labels if name == "__name__" and op == "="), "")
    own = tuple(one for one in labels if one[0] != "__name__")
    bare = bool(node.name) and not node.matchers.matchers and not node.matchers.or_matchers
    moved = over is not None or node.offset is not None or node.at is not None
    return Selector(name=named, labels=own, over=over, plain=bare and not moved)


def _conditions(node: promql_parser.VectorSelector) -> Iterator[tuple[str, str, str]]:
    """Those that always hold: of `{a="1" or b="2"}` none does."""
    for one in node.matchers.matchers:
        yield one.name, _OPS[str(one.op)], one.value
