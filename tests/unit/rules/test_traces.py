"""Whether anything is still told of what an alert was about."""

import promql_parser
import pytest

from bot.model.labels import LabelSet
from bot.rules.traces import Trace, traces

OTHERS = '__name__!~"up|scrape_.*|probe_.*|ALERTS.*|.*:.*"'
POD = {"namespace": "shop", "pod": "cart-1"}


def asked(expr: str, **labels: str) -> list[Trace]:
    found = list(traces(expr, LabelSet(labels)))
    for one in found:
        promql_parser.parse(one.expr)
    return found


def test_first_it_is_asked_for_what_the_rule_compares() -> None:
    first, *_ = asked("load / cores > 2", instance="web1")
    assert first == Trace(expr="load / cores", of_it=True)


@pytest.mark.parametrize(
    "expr",
    ['waiting_reason{reason="CrashLoopBackOff"} > 0', 'waiting_reason{reason=~"Crash.*|Err.*"} and on (pod) x == 1'],
)
def test_what_was_wrong_is_gone_and_what_it_was_wrong_with_is_not(expr: str) -> None:
    *_, last = asked(expr, **POD, reason="CrashLoopBackOff")
    assert last == Trace(expr=f'count({{{OTHERS}, namespace="$namespace", pod="$pod"}})', variables=POD)


def test_where_the_rule_names_all_that_it_is_about_that_is_asked_for() -> None:
    (only,) = asked('absent(shop_orders{job="shop"})', job="shop")
    assert only.variables == {"job": "shop"}


def test_of_a_sum_over_everything_each_metric_has_to_be_there() -> None:
    (only,) = asked("sum(rate(wrong[5m])) > on () sum(rate(all[5m]))")
    assert only == Trace(expr="count(all) and on () count(wrong)")


def test_a_label_that_is_no_word_of_promql_is_left_out() -> None:
    *_, last = asked("load > 2", **{"a b": "c", "pod": "cart-1"})
    assert last.variables == {"pod": "cart-1"}


def test_there_may_be_nothing_to_ask_for() -> None:
    assert asked("vector(1)") == []
    assert asked("load and x", **{"a b": "c"}) == []
