"""The routing tree: what a node leaves out comes from above, and names that lead nowhere are mistakes."""

from datetime import timedelta

import pytest

from bot.config import routes
from bot.config.kinds import Kind, kind_of
from bot.config.schema import Config
from bot.documents import dotted, read, validate
from bot.model.labels import MatchOp


def config(text: str) -> Config:
    return validate(read(text, "tocsin.yaml"), Config)


def test_without_a_route_an_incident_is_an_alerts_name_cluster_and_service() -> None:
    tree = routes.tree(config(""))
    assert (tree.receiver, tree.group_by, tree.group_wait) == (
        "default",
        ("alertname", "cluster", "service"),
        timedelta(0),
    )
    assert [one.name for one in routes.receivers(config(""))] == ["default"]
    assert routes.tree(config("receivers: [{name: sre}]")).receiver == "sre"


def test_a_node_inherits_what_it_leaves_out() -> None:
    tree = routes.tree(
        config(
            """\
route:
  receiver: sre
  group_by: [alertname]
  group_wait: 30s
  routes:
    - matchers: ['severity="critical"', team=~"a|b"]
      receiver: page
      continue: true
      routes: [{group_wait: 0s, group_by: ["..."]}]
    - group_by: []
receivers: [{name: sre}, {name: page}]
"""
        )
    )
    page, rest = tree.routes
    (deepest,) = page.routes
    assert (page.receiver, page.group_by, page.continue_) == ("page", ("alertname",), True)
    assert page.group_wait == rest.group_wait == tree.group_wait == timedelta(seconds=30)
    assert [(one.name, one.op, one.value) for one in page.matchers] == [
        ("severity", MatchOp.EQUAL, "critical"),
        ("team", MatchOp.REGEX, "a|b"),
    ]
    assert (deepest.receiver, deepest.group_by, deepest.group_wait) == ("page", ("...",), timedelta(0))
    assert (deepest.matchers, deepest.continue_) == ((), False)
    assert (rest.receiver, rest.group_by) == ("sre", ())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("route: {receiver: sre}", {"route.receiver": "no receiver is called 'sre'; add {name: sre} to `receivers`"}),
        (
            "route: {receiver: sre, routes: [{receiver: pagr}]}\nreceivers: [{name: sre}, {name: pager}]",
            {"route.routes[0].receiver": "no receiver is called 'pagr'; did you mean 'pager'?"},
        ),
        (
            "route: {matchers: [a=b], continue: true}",
            {
                "route": "the top of the tree needs a receiver; add `receiver: NAME`",
                "route.matchers": "the top of the tree takes every alert; move the matchers to a node under `routes`",
                "route.continue": "the top of the tree has no siblings to go on to; remove it",
            },
        ),
        (
            "route: {receiver: a, group_by: ['...', job]}\nreceivers: [{name: a}]",
            {"route.group_by": "'...' stands for all labels, so it stands alone"},
        ),
        (
            "route: {receiver: a}\nreceivers: [{name: a}, {name: a}]",
            {"receivers[1].name": "there is another receiver 'a'; give one of them another name"},
        ),
        (
            "receivers: [{name: a}, {name: b}]",
            {"receivers": "without a `route` only one receiver can be told; say with `route` who hears of what"},
        ),
    ],
)
def test_what_leads_nowhere_is_a_mistake(text: str, found: dict[str, str]) -> None:
    assert {dotted(path): message for path, message in routes.mistakes(config(text))} == found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("http: {}", Kind.CONFIG),
        ("rules: []", Kind.CONFIG),
        ("groups: []", Kind.RULES),
        ("runbook: a\nsteps: []", Kind.RUNBOOK),
        ("rule_files: [a]\ntests: []", Kind.PROMETHEUS_TEST),
        ("apiVersion: v1\nkind: Pod", Kind.UNKNOWN),
        ("- a", Kind.UNKNOWN),
        ("", Kind.UNKNOWN),
    ],
)
def test_a_document_is_known_by_its_content(text: str, kind: Kind) -> None:
    assert kind_of(read(text, "x")) is kind
