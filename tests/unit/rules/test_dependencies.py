"""What may be asked at once: exactly what gives the same as one rule after the other."""

import pytest

from bot.model.rule import AlertRule, RecordingRule, Signal
from bot.rules.dependencies import Rule, sources_of, stages


def record(name: str, expr: str) -> RecordingRule:
    return RecordingRule(record=name, expr=expr)


def alert(name: str, expr: str, **texts: str) -> AlertRule:
    return AlertRule(name=name, expr=expr, signal=Signal(expr=expr), annotations=texts)


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        ([], []),
        ([alert("A", "up == 0"), alert("B", "up == 1"), record("r", "sum(up)")], [[0, 1, 2]]),
        ([record("r", "sum(up)"), alert("A", "r > 1")], [[0], [1]]),
        ([record("r", "sum(up)"), alert("A", "rate(r[5m]) > 1")], [[0], [1]]),
        ([record("r", "sum(up)"), alert("A", "max_over_time(r[1h:1m]) > 1")], [[0], [1]]),
        ([record("r", "sum(up)"), alert("A", '{__name__="r"} > 1')], [[0], [1]]),
        ([record("r", "sum(up)"), alert("A", '{__name__=~"r.*"} > 1')], [[0], [1]]),
        ([record("r", "sum(up)"), alert("A", '{job="a"} > 1')], [[0], [1]]),
        ([record("a", "up"), record("b", "a"), record("c", "b"), record("d", "up")], [[0, 3], [1], [2]]),
        # who reads what a later one writes must be asked before that is written anew
        ([record("a", "up"), alert("A", "a + b"), record("b", "up")], [[0], [1, 2]]),
        # the later of two with one name has the last word
        ([record("x", "up"), record("b", "x"), record("b", "up")], [[0], [1, 2]]),
        ([alert("A", "up"), alert("B", "ALERTS"), alert("C", 'ALERTS{alertname="A"}')], [[0], [1, 2]]),
        ([alert("A", "up"), alert("B", 'ALERTS{alertname="B"}'), alert("C", "ALERTS_FOR_STATE")], [[0, 1], [2]]),
        # a template that asks may read anything
        ([record("r", "up"), alert("A", "up", s='{{ query "r" | first | value }}')], [[0], [1]]),
        ([record("r", "up"), alert("A", "up", s="no query here")], [[0, 1]]),
        ([record("r", "up"), alert("A", "sum(1_000 * nothing_of_ours")], [[0], [1]]),
    ],
)
def test_stages(rules: list[Rule], wanted: list[list[int]]) -> None:
    assert stages(rules) == wanted


def test_what_a_rule_depends_on_includes_what_that_depends_on() -> None:
    rules = [record("a", "up"), record("b", "a"), record("c", "b"), record("d", "up")]
    assert sources_of(rules) == [frozenset(), frozenset({0}), frozenset({0, 1}), frozenset()]
