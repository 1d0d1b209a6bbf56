"""Whose alerts these are, and which services have to do with each other."""

from datetime import UTC, datetime

import pytest

from bot.incidents import services
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.matchers import parse_matcher
from bot.model.service import Service

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
CATALOGUE = {
    one.name: one
    for one in (
        Service(name="cart", owner="shop", dependencies=("payments", "gone")),
        Service(name="payments", owner="money", matchers=(parse_matcher('namespace=~"pay-.*"'),)),
        Service(name="ledger", matchers=(parse_matcher('job="ledger"'), parse_matcher('env="prod"'))),
    )
}


def alert(**labels: str) -> Alert:
    return Alert(labels=LabelSet({"alertname": "Down", **labels}), annotations={}, starts_at=NOW)


@pytest.mark.parametrize(
    ("alerts", "name", "team"),
    [
        ([alert(service="cart")], "cart", "shop"),
        ([alert(namespace="pay-eu", service="cart", team="x")], "payments", "money"),
        ([alert(service="payments")], "payments", "money"),
        ([alert(job="ledger", env="prod", team="books")], "ledger", "books"),
        ([alert(job="ledger", env="test")], "ledger", ""),
        ([alert(service="till", job="j", team="front")], "till", "front"),
        ([alert(job="j")], "j", ""),
        ([alert(service="cart"), alert(namespace="pay-eu", team="x")], "", ""),
        ([alert()], "", ""),
    ],
)
def test_alerts_are_of_the_service_that_names_them_or_that_they_name(alerts: list[Alert], name: str, team: str) -> None:
    found = services.of_alerts(alerts, CATALOGUE)
    assert (found.name, found.owner) == (name, team)


def test_a_service_of_the_catalogue_comes_with_all_that_is_known_of_it() -> None:
    assert services.of_alerts([alert(service="cart")], CATALOGUE) is CATALOGUE["cart"]


def test_related_are_those_before_and_behind_within_so_many_steps() -> None:
    chained = {
        name: Service(name=name, dependencies=next_) for name, next_ in (("a", ("b",)), ("b", ("c",)), ("c", ("a",)))
    }
    assert services.related("a", chained, 0) == {"a": ("a",)}
    assert services.related("a", chained, 1) == {"a": ("a",), "b": ("a", "b"), "c": ("c", "a")}
    assert services.related("a", chained, 9) == services.related("a", chained, 1), "the shorter way counts"
    assert services.related("a", chained, None) == services.related("gone", chained, 1) == {}
    assert services.related("cart", CATALOGUE, 1) == {
        "cart": ("cart",), "payments": ("cart", "payments"), "gone": ("cart", "gone"),
    }  # fmt: skip
