"""Rules that read what recording rules make, where the source does not hold it: told, or answered where that is exact.

A recorded series may be put in as the expression it is made of when the recording rule stands before its reader in the
same group, so that both see the same moment, and the reader asks for nothing but its name. A range over it, a matcher
or another group would need its past, which nobody has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.model.rule import AlertRule, RecordingRule, RuleGroup
from bot.rules import promql
from bot.rules.gotemplate.numbers import quoted
from bot.rules.selectors import looks_back, metrics, selectors

_PIECE = r"""\#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|(?P<name>[A-Za-z_:][\w:]*)"""
_MATCHERS = re.compile(r"\s*\{\s*\}")
_DEEPEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Inlined:
    """A rule that can be asked about. `put_in` are the recorded names that it no longer reads."""

    rule: AlertRule
    put_in: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Recorded names that it reads, that the source does not hold, and that cannot be put in."""


def recorded_names(groups: Sequence[RuleGroup]) -> frozenset[str]:
    """What these groups record."""
    return frozenset(rule.record for group in groups for rule in group.rules if isinstance(rule, RecordingRule))


def reads_recorded(rule: AlertRule, groups: Sequence[RuleGroup]) -> frozenset[str]:
    """The recorded names of these groups that a rule reads, directly or through others of them."""
    made: dict[str, set[str]] = {}
    for group in groups:
        for one in group.rules:
            if isinstance(one, RecordingRule):
                made.setdefault(one.record, set()).update(metrics(one.expr))
    found: set[str] = set()
    waiting = set(metrics(rule.expr)) & made.keys()
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= (made[name] & made.keys()) - found
    return frozenset(found)


def inlined(rule: AlertRule, place: int, group: RuleGroup, absent: frozenset[str]) -> Inlined:
    """The rule at this place of its group, without the `absent` names as far as that is exact."""
    made: Mapping[str, RecordingRule] = {
        one.record: one for one in group.rules[:place] if isinstance(one, RecordingRule) and _alone(one, group)
    }
    expr, put_in = rule.expr, list[str]()
    for _ in range(_DEEPEST):
        wanted = sorted(metrics(expr) & absent)
        if not wanted:
            break
        name = next((one for one in wanted if one in made and _only_named(expr, one)), None)
        if name is None:
            return Inlined(rule=rule, missing=tuple(wanted))
        expr = _put_in(expr, name, made[name])
        put_in.append(name)
    if not put_in:
        return Inlined(rule=rule)
    if promql.check(expr) is not None or metrics(expr) & absent:
        return Inlined(rule=rule, missing=tuple(sorted(metrics(rule.expr) & absent)))
    return Inlined(rule=replace(rule, expr=expr, signal=promql.signal(expr)), put_in=tuple(dict.fromkeys(put_in)))


def _alone(one: RecordingRule, group: RuleGroup) -> bool:
    """Whether it alone makes this series. A name without a colon could be a label's; a `$` would be a template."""
    same = sum(isinstance(rule, RecordingRule) and rule.record == one.record for rule in group.rules)
    return same == 1 and ":" in one.record and not any("$" in value for value in one.labels.values())


def _only_named(expr: str, name: str) -> bool:
    return not looks_back(expr) and all(one.plain for one in selectors(expr) if one.name == name)


def _put_in(expr: str, name: str, made: RecordingRule) -> str:
    value = f"({made.expr}\n)"
    for label, text in made.labels.items():
        value = f"label_replace({value}, {quoted(label)}, {quoted(text)}, {quoted('')}, {quoted('')})"
    out, end = [], 0
    for token in re.finditer(_PIECE, expr, re.DOTALL):
        if token["name"] == name and token.start() >= end:
            out += [expr[end : token.start()], value]
            empty = _MATCHERS.match(expr, token.end())
            end = empty.end() if empty else token.end()
    return "".join([*out, expr[end:]])
