"""Which routes an alert ends at, and in which group: Alertmanager's tree."""

import pytest

from bot.alerts.routing import BY_ALL, destinations, group_key
from bot.model.labels import LabelSet
from bot.model.matchers import parse_matcher
from bot.model.route import Route


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
AUDIT = '{}/{team=~".+"}'


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, [("{}", "default")]),
        ({"team": "db"}, [(AUDIT, "audit"), ('{}/{team="db"}', "db")]),
        (
            {"team": "db", "severity": "critical"},
            [(AUDIT, "audit"), ('{}/{team="db"}/{severity="critical"}', "db-page")],
        ),
        ({"team": "web", "severity": "info"}, [(AUDIT, "audit")]),
        ({"team": "web"}, [(AUDIT, "audit"), ('{}/{severity!="info",team="web"}', "web")]),
    ],
)
def test_the_deepest_match_wins_and_continue_looks_at_siblings(
    labels: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    found = [(path, one.receiver) for path, one in destinations(TREE, LabelSet(labels))]
    assert found == expected


def test_the_root_takes_what_even_it_does_not_match() -> None:
    root = route("root", 'team="db"')
    assert destinations(root, LabelSet({"team": "web"})) == (('{team="db"}', root),)


def test_siblings_with_equal_matchers_have_names_of_their_own() -> None:
    root = route(
        "root", routes=(route("one", "a=b", go_on=True), route("two", "a=b", go_on=True), route("three", "a=b"))
    )
    assert [path for path, _ in destinations(root, LabelSet({"a": "b"}))] == [
        '{}/{a="b"}',
        '{}/{a="b"}#2',
        '{}/{a="b"}#3',
    ]


@pytest.mark.parametrize(
    ("group_by", "key", "shared"),
    [
        (("team", "absent"), '{}/{a="b"}:{team="db"}', {"team": "db"}),
        ((), '{}/{a="b"}:{}', {}),
        (BY_ALL, '{}/{a="b"}:{pod="a", team="db"}', {"pod": "a", "team": "db"}),
    ],
)
def test_the_group_key_names_the_route_and_the_shared_labels(
    group_by: tuple[str, ...], key: str, shared: dict[str, str]
) -> None:
    found = group_key('{}/{a="b"}', Route(receiver="db", group_by=group_by), LabelSet({"team": "db", "pod": "a"}))
    assert found == (key, LabelSet(shared))


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ({"a": '1", b="2'}, r'{a="1\", b=\"2"}'),
        ({"a": "1", "b": "2"}, '{a="1", b="2"}'),
        ({"a": "back\\slash\n\t\x01\x7f"}, r'{a="back\\slash\n\t\x01\x7f"}'),
        ({"a": "\u202e\U000e0001é"}, r'{a="\u202e\U000e0001é"}'),
        ({"a label": "x", "é": "y"}, '{"a label"="x", "é"="y"}'),
    ],
)
def test_what_a_label_holds_cannot_make_it_another_groups_key(labels: dict[str, str], text: str) -> None:
    assert group_key("{}", Route(receiver="r", group_by=BY_ALL), LabelSet(labels))[0] == f"{{}}:{text}"
