"""Which routes an alert ends at, and in which group: Alertmanager's tree."""

import pytest

from bot.alerts.routing import BY_ALL, destinations, group_key
from bot.model.alert import Route
from bot.model.labels import LabelSet, parse_matcher


def route(receiver: str, *matchers: str, routes: tuple[Route, ...] = (), go_on: bool = False) -> Route:
    parsed = tuple(parse_matcher(text) for text in matchers)
    return Route(receiver=receiver, matchers=parsed, routes=routes, continue_=go_on)


TREE = route(
    "default",
    routes=(
        route("audit", 'team=~".+"', go_on=True),
        route("db", 'team="db"', routes=(route("db-page", 'severity="critical"'),)),
        route("web", 'team="web"', 'severity!="info"'),
        route("never", 'team="web"', 'severity!="info"'),
    ),
)


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, [("0", "default")]),
        ({"team": "db"}, [("0.0", "audit"), ("0.1", "db")]),
        ({"team": "db", "severity": "critical"}, [("0.0", "audit"), ("0.1.0", "db-page")]),
        ({"team": "web", "severity": "info"}, [("0.0", "audit")]),
        ({"team": "web"}, [("0.0", "audit"), ("0.2", "web")]),
    ],
)
def test_the_deepest_match_wins_and_continue_looks_at_siblings(
    labels: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    found = [(path, one.receiver) for path, one in destinations(TREE, LabelSet(labels))]
    assert found == expected


def test_the_root_takes_what_even_it_does_not_match() -> None:
    root = route("root", 'team="db"')
    assert destinations(root, LabelSet({"team": "web"})) == (("0", root),)


@pytest.mark.parametrize(
    ("group_by", "key", "shared"),
    [
        (("team", "absent"), '0.1:{team="db"}', {"team": "db"}),
        ((), "0.1:{}", {}),
        (BY_ALL, '0.1:{pod="a", team="db"}', {"pod": "a", "team": "db"}),
    ],
)
def test_the_group_key_names_the_route_and_the_shared_labels(
    group_by: tuple[str, ...], key: str, shared: dict[str, str]
) -> None:
    found = group_key("0.1", Route(receiver="db", group_by=group_by), LabelSet({"team": "db", "pod": "a"}))
    assert found == (key, LabelSet(shared))
