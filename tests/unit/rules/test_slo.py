"""The rules that a promise makes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.model.rule import AlertRule, Recordings
from bot.model.service import Service, Slo
from bot.rules import promql, slo

GOOD, TOTAL = 'sum(rate(x_total{code!~"5.."}[$window]))', "sum(rate(x_total[$window]))"
PROMISE = Slo(name="availability", objective=0.999, good=GOOD, total=TOTAL, source="prom")
CART = Service(name="cart", owner="shop", runbooks=("cart-fails",), dashboards={"a": "https://g.example.net/d/x"})


def rules(promise: Slo, service: Service = CART) -> list[AlertRule]:
    made = slo.groups(service, promise, file="services.yaml")
    return [rule for group in made for rule in group.rules if isinstance(rule, AlertRule)]


def seen(promise: Slo) -> list[tuple[str, str, float | None]]:
    return [(rule.labels["window"], rule.labels["severity"], rule.signal.threshold) for rule in rules(promise)]


def test_thirty_days_of_three_nines_are_watched_as_the_workbook_does() -> None:
    assert seen(PROMISE) == [
        ("1h", "page", 0.0144),
        ("6h", "page", 0.006),
        ("1d", "ticket", 0.003),
        ("3d", "ticket", 0.001),
    ]
    page, ticket = slo.groups(CART, PROMISE, file="services.yaml")
    assert (page.key, page.source, page.interval) == (
        "services.yaml;cart:availability:page", "prom", timedelta(minutes=1),
    )  # fmt: skip
    assert (ticket.interval, ticket.recordings) == (timedelta(minutes=5), Recordings.SHADOW)


def test_a_rule_looks_at_both_its_windows_and_what_it_says_names_no_label() -> None:
    fast = rules(PROMISE)[0]
    assert fast.expr == (
        '(1 - ((sum(rate(x_total{code!~"5.."}[1h]))) or 0 * (sum(rate(x_total[1h])))) / (sum(rate(x_total[1h]))))'
        ' > 0.0144 and (1 - ((sum(rate(x_total{code!~"5.."}[5m]))) or 0 * (sum(rate(x_total[5m]))))'
        " / (sum(rate(x_total[5m])))) > 0.0144"
    )
    assert "[5m]" in fast.signal.expr
    assert (fast.signal.op, fast.name) == (">", "ErrorBudgetBurns")
    assert fast.labels == {
        "severity": "page", "service": "cart", "slo": "availability", "window": "1h", "team": "shop",
    }  # fmt: skip
    assert fast.annotations == {
        "summary": "cart burns the error budget of its availability",
        "description": "{{ $value | humanizePercentage }} of all events were bad over 1h. It promises availability of"
        " 99.9% over 30d: at this rate or a higher one the whole budget is gone within 2d2h.",
        "runbook_url": "tocsin:cart-fails",
        "dashboard": "https://g.example.net/d/x",
    }


def test_what_somebody_wrote_is_never_a_template() -> None:
    hostile = "https://g.example.net/{{ .Labels }}"
    service = Service(name="cart", owner="{{ $value }}", runbooks=(hostile,), dashboards={"{{ 1 }}": hostile})
    texts = [text for rule in rules(PROMISE, service) for text in (*rule.labels.values(), *rule.annotations.values())]
    assert {text for text in texts if "{{" in text} == {rule.annotations["description"] for rule in rules(PROMISE)}


def test_of_four_weeks_the_slowest_burn_is_watched_too() -> None:
    assert seen(replace(PROMISE, window=timedelta(days=28)))[-1] == ("3d", "ticket", 0.001)


def test_a_promise_that_is_next_to_nothing_is_watched_by_nothing() -> None:
    assert rules(replace(PROMISE, objective=0.5, window=timedelta(days=90))) == []


@pytest.mark.parametrize("objective", [0.9, 0.95, 0.99, 0.999, 0.99999])
@pytest.mark.parametrize("days", [7, 14, 28, 30, 90])
def test_no_rule_is_impossible_or_fires_on_what_is_allowed_and_there_is_always_one(objective: float, days: int) -> None:
    promise = Slo(name="a", objective=objective, good=GOOD, total=TOTAL, source="prom", window=timedelta(days=days))
    found = rules(promise)
    assert found
    for rule in found:
        assert promql.check(rule.expr) is None
        assert rule.signal.threshold is not None
        assert 1 - objective <= rule.signal.threshold * 1.000001
        assert rule.signal.threshold < 1


@pytest.mark.parametrize(
    ("expr", "counted"),
    [
        ("sum(increase(x[$window]))", True),
        ("sum_over_time(x[$window])", True),
        ("sum(rate(x[$window]))", False),
        ("avg_over_time(up[$window])", False),
        ("sum((", False),
    ],
)
def test_numbers_of_events_are_told_from_rates(expr: str, counted: bool) -> None:
    assert slo.is_counted(expr) is counted


def test_the_rules_of_a_promise_are_found_again_among_others() -> None:
    mine, other = (slo.groups(CART, PROMISE, file="a"), slo.groups(Service(name="till"), PROMISE, file="a"))
    assert slo.watching((*other, *mine), CART, PROMISE) == mine
