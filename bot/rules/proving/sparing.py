"""A scratch server that is not asked what cannot have an answer: expressions over series that nobody has written.

A unit test has a handful of series, and its rule files have hundreds of rules: nearly all of their answers are empty,
slot after slot. Each expression is asked at least once, so that a mistake in it is still found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import promql_parser

from bot.errors import IntegrationError
from bot.model.labels import LabelSet
from bot.model.sample import Answer, Recorded, Series, Window
from bot.ports.metrics import MetricSource
from bot.ports.recorder import Recorder
from bot.ports.scratch import MadeUp, Scratch, Seen
from bot.rules.parser import parse

_SCALARS = frozenset({"pi", "scalar", "time"})
_FROM_NOTHING = frozenset({"absent", "absent_over_time", "vector"})
_NOTHING = Answer(samples=())


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a series needs to be seen by a selector: this name, and these labels with these values."""

    name: str
    labels: tuple[tuple[str, str], ...]


class Sparing:
    """A `Scratch` around another one: the same answers, and far fewer questions. It must see all that is written."""

    def __init__(self, scratch: Scratch) -> None:
        self._scratch = scratch
        self._known: dict[str, set[LabelSet]] = {}
        self._asked: set[str] = set()
        self._silent: set[str] = set()
        """Expressions that cannot have an answer with the series there are now."""

    @property
    def source(self) -> MetricSource:
        """See `Scratch`."""
        return self

    @property
    def recorder(self) -> Recorder:
        """See `Scratch`."""
        return self

    async def fill(self, points: Sequence[MadeUp]) -> None:
        """See `Scratch`."""
        self._learn([point.labels for point in points])
        await self._scratch.fill(points)

    async def ask(self, expr: str, at: datetime) -> Sequence[Seen]:
        """See `Scratch`."""
        return await self._scratch.ask(expr, at)

    async def record(self, samples: Sequence[Recorded]) -> None:
        """See `Recorder`."""
        self._learn([sample.labels for sample in samples])
        await self._scratch.recorder.record(samples)

    async def query(self, expr: str, variables: Mapping[str, str], at: datetime) -> Answer:
        """See `MetricSource`."""
        return await self._scratch.source.query(expr, variables, at)

    async def query_all(self, exprs: Sequence[str], at: datetime) -> Sequence[Answer | IntegrationError]:
        """See `MetricSource`."""
        worth = [place for place, expr in enumerate(exprs) if not self.is_silent(expr)]
        answers: list[Answer | IntegrationError] = [_NOTHING] * len(exprs)
        if worth:
            asked = await self._scratch.source.query_all([exprs[place] for place in worth], at)
            for place, answer in zip(worth, asked, strict=True):
                answers[place] = answer
        return answers

    async def query_range(
        self, expr: str, variables: Mapping[str, str], window: Window, step: timedelta
    ) -> Sequence[Series]:
        """See `MetricSource`."""
        return await self._scratch.source.query_range(expr, variables, window, step)

    def link(self, expr: str, window: Window | None = None) -> str:
        """See `MetricSource`."""
        return self._scratch.source.link(expr, window)

    def is_silent(self, expr: str) -> bool:
        """Whether this was asked before and cannot have an answer with the series there are."""
        if expr in self._silent:
            return True
        if expr not in self._asked:
            self._asked.add(expr)
            return False
        needed = needs(expr)
        if needed is None or any(self._is_there(one) for one in needed):
            return False
        self._silent.add(expr)
        return True

    def _learn(self, series: Sequence[LabelSet]) -> None:
        for labels in series:
            same_name = self._known.setdefault(labels.get("__name__", ""), set())
            if labels not in same_name:
                same_name.add(labels)
                self._silent.clear()

    def _is_there(self, wanted: Wanted) -> bool:
        return any(
            all(series.get(name, "") == value for name, value in wanted.labels)
            for series in self._known.get(wanted.name, ())
        )


@lru_cache(maxsize=16_384)
def needs(expr: str) -> tuple[Wanted, ...] | None:
    """Without any of these series the expression has no answer and no error; None: its text does not tell."""
    try:
        tree = parse(expr)
    except ValueError:
        return None
    found: list[Wanted] = []
    return tuple(found) if _is_empty(tree, found) and all(one.name for one in found) else None


def _is_empty(node: promql_parser.Expr, found: list[Wanted]) -> bool:
    """Whether nothing comes of this where no selector finds anything; collects what its selectors want."""
    match node:
        case promql_parser.VectorSelector():
            found.append(_wanted(node))
            return True
        case promql_parser.MatrixSelector():
            found.append(_wanted(node.vector_selector))
            return True
        case promql_parser.AggregateExpr():
            if node.param is not None:
                _is_empty(node.param, found)
            return _is_empty(node.expr, found)
        case promql_parser.ParenExpr() | promql_parser.UnaryExpr() | promql_parser.SubqueryExpr():
            return _is_empty(node.expr, found)
        case promql_parser.BinaryExpr():
            left, right = _is_empty(node.lhs, found), _is_empty(node.rhs, found)
            match str(node.op):
                case "or":
                    return left and right
                case "unless":
                    return left
                case _:
                    return left or right
        case promql_parser.Call():
            empty = [_is_empty(argument, found) for argument in node.args]
            return any(empty) and node.func.name not in _FROM_NOTHING | _SCALARS
        case _:
            return False


def _wanted(node: promql_parser.VectorSelector) -> Wanted:
    matchers = node.matchers
    equal = {one.name: one.value for one in matchers.matchers if str(one.op) == "MatchOp.Equal"}
    name = "" if matchers.or_matchers else node.name or equal.get("__name__", "")
    return Wanted(name, tuple((label, value) for label, value in equal.items() if label != "__name__"))
