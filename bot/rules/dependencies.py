"""Which rules of a group see what other rules of it write, and so what may be asked at once.

A rule sees what those before it in the file have written in this evaluation, and what those after it wrote in the last
one. Only that decides the order; rules that are strangers to each other share a stage.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import promql_parser

from bot.model.rule import AlertRule, RecordingRule
from bot.rules.parser import parse

ALERTS = "ALERTS"
FOR_STATE = "ALERTS_FOR_STATE"

Rule: TypeAlias = AlertRule | RecordingRule
Stage: TypeAlias = Sequence[int]
"""Places of rules in the group: all are asked, then all that they make is written, in this order."""


@dataclass(frozen=True, slots=True)
class _Selector:
    """What one selector can see. `name` empty: any series. `alert` empty: of any alert."""

    name: str
    alert: str = ""


_ANYTHING = (_Selector(""),)


@dataclass(frozen=True, slots=True)
class _Shape:
    """All that matters of a rule here."""

    name: str
    records: bool
    reads: tuple[_Selector, ...]

    def sees(self, writer: _Shape) -> bool:
        return any(_shows(selector, writer) for selector in self.reads)

    def collides(self, other: _Shape) -> bool:
        """Whether both write the same name: then the later one has the last word."""
        return self.records and other.records and self.name == other.name


def stages(rules: Sequence[Rule]) -> Sequence[Stage]:
    """The rules in as few stages as give the same as one after the other."""
    return _stages(_shapes(rules))


def sources_of(rules: Sequence[Rule]) -> Sequence[frozenset[int]]:
    """For each rule the earlier ones that it depends on, directly or through others."""
    return _sources(_shapes(rules))


def _shapes(rules: Sequence[Rule]) -> tuple[_Shape, ...]:
    return tuple(_Shape(rule.name, isinstance(rule, RecordingRule), _selectors(rule)) for rule in rules)


@lru_cache(maxsize=4096)
def _stages(rules: tuple[_Shape, ...]) -> Sequence[Stage]:
    """Every rule is compared with all before it, so this is worked out once for a group."""
    level: list[int] = []
    for at, rule in enumerate(rules):
        after = [level[earlier] + 1 for earlier in range(at) if rule.sees(rules[earlier])]
        beside = [level[earlier] for earlier in range(at) if rules[earlier].sees(rule) or rules[earlier].collides(rule)]
        level.append(max(after + beside, default=0))
    return [[at for at, own in enumerate(level) if own == wanted] for wanted in sorted(set(level))]


@lru_cache(maxsize=4096)
def _sources(rules: tuple[_Shape, ...]) -> Sequence[frozenset[int]]:
    found: list[frozenset[int]] = []
    for at, rule in enumerate(rules):
        direct = {earlier for earlier in range(at) if rule.sees(rules[earlier])}
        found.append(frozenset(direct.union(*(found[earlier] for earlier in direct))))
    return found


def _shows(selector: _Selector, writer: _Shape) -> bool:
    if not selector.name:
        return True
    if writer.records:
        return selector.name == writer.name
    return selector.name in (ALERTS, FOR_STATE) and selector.alert in ("", writer.name)


def _selectors(rule: Rule) -> tuple[_Selector, ...]:
    if isinstance(rule, AlertRule) and _asks_more(rule.labels, rule.annotations):
        return _ANYTHING
    return _read(rule.expr)


def _asks_more(*templates: Mapping[str, str]) -> bool:
    """Whether a template may ask a query of its own: what it reads is then not known before it is asked."""
    return any("query" in text and "{{" in text for texts in templates for text in texts.values())


@lru_cache(maxsize=16_384)
def _read(expr: str) -> tuple[_Selector, ...]:
    try:
        tree = parse(expr)
    except ValueError:
        return _ANYTHING  # the server may know what it means
    found: list[_Selector] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.MatrixSelector):
            found.extend(_of(node.vector_selector))
        elif isinstance(node, promql_parser.VectorSelector):
            found.extend(_of(node))

    promql_parser.walk(tree, visit)
    return tuple(found)


def _of(node: promql_parser.VectorSelector) -> Iterator[_Selector]:
    equal = {one.name: one.value for one in node.matchers.matchers if str(one.op) == "MatchOp.Equal"}
    yield _Selector(node.name or equal.get("__name__", ""), equal.get("alertname", ""))
