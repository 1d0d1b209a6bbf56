"""Conditions on the labels of a rule, written as a PromQL selector: `{team="db", severity=~"page|ticket"}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import promql_parser
import re2

from bot.model.regex import compiled
from bot.rules.parser import parse


@dataclass(frozen=True, slots=True)
class _Condition:
    name: str
    wanted: str | re2._Regexp
    negated: bool

    def holds(self, labels: Mapping[str, str]) -> bool:
        actual = labels.get(self.name, "")
        same = actual == self.wanted if isinstance(self.wanted, str) else self.wanted.fullmatch(actual) is not None
        return same is not self.negated


@dataclass(frozen=True, slots=True)
class Selection:
    """Labels fit when every condition holds; an absent label compares as empty."""

    conditions: tuple[_Condition, ...]

    def fits(self, labels: Mapping[str, str]) -> bool:
        """Whether these labels are meant."""
        return all(condition.holds(labels) for condition in self.conditions)


def selection(text: str) -> Selection:
    """The conditions of one selector. Raises ValueError that says what is wrong with it."""
    tree = parse(text)
    if not isinstance(tree, promql_parser.VectorSelector) or tree.offset or tree.at or tree.matchers.or_matchers:
        raise ValueError("not a selector")
    name = [_Condition("__name__", tree.name, False)] if tree.name else []
    return Selection((*name, *(_condition(one) for one in tree.matchers.matchers)))


def _condition(matcher: promql_parser.Matcher) -> _Condition:
    operator = str(matcher.op).removeprefix("MatchOp.")
    wanted = _regex(matcher.value) if operator in ("Re", "NotRe") else str(matcher.value)
    return _Condition(str(matcher.name), wanted, operator.startswith("Not"))


def _regex(pattern: str) -> re2._Regexp:
    try:
        return compiled(f"(?s:{pattern})")
    except ValueError:
        raise ValueError(f"illegal regex for {pattern}") from None
