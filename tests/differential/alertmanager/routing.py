"""Scenarios of routing and grouping: who is told of which alerts together."""

from __future__ import annotations

from tests.differential.alertmanager.scenario import Scenario, alert, look, looks, push, receivers, told

_NAMES = "áb c"
ROUTING = [
    Scenario(
        name="first-match",
        route={
            "routes": [
                {"receiver": "db", "matchers": ["team=db"]},
                {"receiver": "late", "matchers": ['team=~"db|web"']},
            ]
        },
        receivers=receivers("db", "late"),
        steps=[push(0, alert("a", team="db"), alert("b", team="web"), alert("c")), *looks(2.25)],
        told=[told(1.5, "a", "db"), told(1.5, "b", "late"), told(1.5, "c")],
        until=6,
    ),
    Scenario(
        name="continue",
        route={
            "routes": [
                {"receiver": "audit", "matchers": ["team=db"], "continue": True},
                {"receiver": "db", "matchers": ["team=db"]},
                {"receiver": "late", "matchers": ["team=db"]},
            ]
        },
        receivers=receivers("audit", "db", "late"),
        steps=[
            push(0, alert("a", team="db"), alert("b")),
            *looks(2.25),
            look(2.25, receiver="continue.db"),
            look(2.25, "alerts/groups", receiver=".*audit"),
        ],
        told=[told(1.5, "a", "audit"), told(1.5, "a", "db"), told(1.5, "b")],
        until=6,
    ),
    Scenario(
        name="continue-into-nothing",
        route={
            "routes": [
                {"receiver": "audit", "matchers": ["team=db"], "continue": True},
                {"receiver": "db", "matchers": ["team=web"]},
            ]
        },
        receivers=receivers("audit", "db"),
        steps=[push(0, alert("a", team="db")), *looks(2.25)],
        told=[told(1.5, "a", "audit")],
        until=6,
    ),
    Scenario(
        name="continue-deep",
        route={
            "routes": [
                {
                    "receiver": "web",
                    "matchers": ["team=web"],
                    "continue": True,
                    "routes": [
                        {"receiver": "page", "matchers": ["severity=page"], "continue": True},
                        {"receiver": "zone", "matchers": ["zone=~.+"]},
                    ],
                },
                {"receiver": "all"},
            ]
        },
        receivers=receivers("web", "page", "zone", "all"),
        steps=[
            push(0, alert("a", team="web", severity="page", zone="eu"), alert("b", team="web"), alert("c")),
            *looks(2.25),
        ],
        told=[
            told(1.5, "a", "page"),
            told(1.5, "a", "zone"),
            told(1.5, "b", "web"),
            told(1.5, "a b c", "all"),
        ],
        until=6,
    ),
    Scenario(
        name="inherits",
        route={
            "group_by": ["zone"],
            "group_wait": "4500ms",
            "routes": [
                {"matchers": ["team=db"], "routes": [{"receiver": "deep", "matchers": ["severity=page"]}]},
                {"matchers": ["team=web"], "group_wait": "1500ms", "group_by": ["alertname"]},
            ],
        },
        receivers=receivers("deep"),
        steps=[
            push(
                0,
                alert("a", team="db", severity="page", zone="eu"),
                alert("b", team="db", severity="page", zone="us"),
                alert("c", team="db"),
                alert("d", team="web", zone="eu"),
                alert("e", team="web", zone="us"),
            ),
            *looks(2.25, 5.25),
        ],
        told=[told(1.5, "d e"), told(4.5, "a", "deep"), told(4.5, "b", "deep"), told(4.5, "c")],
        until=7,
    ),
    Scenario(
        name="no-child-matches",
        route={
            "routes": [
                {
                    "receiver": "db",
                    "matchers": ["team=db"],
                    "routes": [{"receiver": "page", "matchers": ["severity=page"]}],
                }
            ]
        },
        receivers=receivers("db", "page"),
        steps=[push(0, alert("a", team="db", severity="info"), alert("b", severity="page")), *looks(2.25)],
        told=[told(1.5, "a", "db"), told(1.5, "b")],
        until=6,
    ),
    Scenario(
        name="every-operator",
        route={
            "routes": [
                {"receiver": "eq", "matchers": ["x=1"], "continue": True},
                {"receiver": "ne", "matchers": ["x!=1"], "continue": True},
                {"receiver": "re", "matchers": ['x=~"1|2"'], "continue": True},
                {"receiver": "nre", "matchers": ['x!~"1|2"'], "continue": True},
                {"receiver": "none", "matchers": ['x=""'], "continue": True},
                {"receiver": "some", "matchers": ['x!=""', "x!=3"], "continue": True},
            ]
        },
        receivers=receivers("eq", "ne", "re", "nre", "none", "some"),
        steps=[
            push(0, alert("a", x="1"), alert("b", x="2"), alert("c", x="3"), alert("d")),
            *looks(2.25),
            look(2.25, filter='x=~"1|3"'),
            look(2.25, filter='x=""'),
            look(2.25, filter='x!=""'),
            look(2.25, filter="x!~[12]"),
            look(2.25, filter="{x=1}", status=400),
        ],
        told=[
            told(1.5, "a", "eq"),
            told(1.5, "b c d", "ne"),
            told(1.5, "a b", "re"),
            told(1.5, "c d", "nre"),
            told(1.5, "d", "none"),
            told(1.5, "a b", "some"),
        ],
        until=6,
    ),
    Scenario(
        name="anchored",
        route={
            "routes": [
                {"receiver": "part", "matchers": ['team=~"d"'], "continue": True},
                {"receiver": "either", "matchers": ['team=~"x|d.*|y"'], "continue": True},
                {"receiver": "lines", "matchers": ['team=~"d.b"'], "continue": True},
            ]
        },
        receivers=receivers("part", "either", "lines"),
        steps=[push(0, alert("a", team="db"), alert("b", team="d\nb"), alert("c", team="web"))],
        told=[told(1.5, "a", "either"), told(1.5, "b c")],
        until=6,
    ),
    Scenario(
        name="old-notation",
        route={
            "routes": [
                {"receiver": "eq", "match": {"team": "db"}},
                {"receiver": "re", "match_re": {"team": "w.b|mail"}, "match": {"zone": "eu"}},
            ]
        },
        receivers=receivers("eq", "re"),
        steps=[
            push(0, alert("a", team="db"), alert("b", team="web", zone="eu"), alert("c", team="web", zone="us")),
            *looks(2.25),
        ],
        told=[told(1.5, "a", "eq"), told(1.5, "b", "re"), told(1.5, "c")],
        until=6,
    ),
    Scenario(
        name="utf-8",
        route={
            "group_by": [_NAMES, "straße"],
            "routes": [
                {"receiver": "named", "matchers": [f'"{_NAMES}"="ü"', '{straße=~"(?s)\\"q\\".*"}']},
            ],
        },
        receivers=receivers("named"),
        steps=[
            push(
                0,
                alert("a", labels={_NAMES: "ü", "straße": '"q"\\ <b>\n'}, annotations={"日本": "x\u2028y"}),
                alert("b", labels={_NAMES: "u", "a.b-c": "1"}),
            ),
            *looks(2.25),
            look(2.25, filter=f'"{_NAMES}"=ü'),
            look(2.25, filter='a.b-c="1"'),
        ],
        told=[told(1.5, "a", "named"), told(1.5, "b")],
        until=6,
    ),
    Scenario(
        name="grouped-by-all",
        route={"group_by": ["..."]},
        steps=[
            push(0, alert("a"), alert("b"), alert("b", zone="eu")),
            push(3, alert("a", ends=2.5)),
            *looks(2.25, 6),
        ],
        told=[told(1.5, "a"), told(1.5, "b"), told(1.5, "b"), told(4.5, "-a")],
        until=9,
    ),
    Scenario(
        name="grouped-by-nothing",
        route={"group_by": None},
        steps=[push(0, alert("a"), alert("b", labels={"alertname": "Other"}), alert("c", zone="eu")), *looks(2.25)],
        told=[told(1.5, "a b c")],
        until=6,
    ),
    Scenario(
        name="grouped-by-an-empty-list",
        route={
            "group_by": ["zone"],
            "routes": [
                {"receiver": "db", "matchers": ["team=db"], "group_by": []},
                {"receiver": "all", "matchers": ["team=web"], "group_by": ["..."], "routes": [{"group_by": ["zone"]}]},
            ],
        },
        receivers=receivers("db", "all"),
        steps=[
            push(
                0,
                alert("a", team="db", zone="eu"),
                alert("b", team="db", zone="us"),
                alert("c", team="web", zone="eu"),
                alert("d", team="web", zone="eu"),
            ),
            *looks(2.25),
        ],
        told=[told(1.5, "a b", "db"), told(1.5, "c d", "all")],
        until=6,
    ),
    Scenario(
        name="grouped-by-what-is-missing",
        route={"group_by": ["alertname", "zone"]},
        steps=[
            push(0, alert("a"), alert("b", zone=""), alert("c", zone="eu"), alert("d", labels={"alertname": ""})),
            *looks(2.25),
        ],
        told=[told(1.5, "a b"), told(1.5, "c"), told(1.5, "d")],
        until=6,
    ),
    Scenario(
        name="twins",
        route={
            "routes": [
                {"receiver": "one", "matchers": ["team=db"], "continue": True},
                {"receiver": "two", "matchers": ["team=db"], "continue": True},
                {"receiver": "one", "matchers": ["zone=eu"]},
            ]
        },
        receivers=receivers("one", "two"),
        steps=[push(0, alert("a", team="db", zone="eu")), push(3, alert("b", team="db", starts=2)), *looks(2.25)],
        told=[
            told(1.5, "a", "one"),
            told(1.5, "a", "two"),
            told(1.5, "a", "one"),
            told(4.5, "a b", "one"),
            told(4.5, "a b", "two"),
        ],
        until=9,
    ),
    Scenario(
        name="two-webhooks",
        receivers={"": [{}, {"send_resolved": False}], "odd (x)+.?": [{"max_alerts": 1}]},
        route={"routes": [{"receiver": "odd (x)+.?", "matchers": ["team=db"]}]},
        steps=[
            push(0, alert("a"), alert("b", team="db"), alert("c", team="db")),
            push(3, alert("a", ends=2.5)),
            *looks(2.25),
            look(2.25, receiver=r"two-webhooks\.odd \(x\)\+\.\?"),
            look(2.25, receiver="(", status=400),
        ],
        told=[told(1.5, "a"), told(1.5, "a", "+1"), told(1.5, "b", "odd (x)+.?"), told(4.5, "-a")],
        until=9,
    ),
    Scenario(
        name="order",
        steps=[
            push(
                0,
                alert("e", zone="eu", annotations={"x": "1", "y": "2"}),
                alert("d", instance="2", annotations={"x": "1"}),
                alert("c", job="b", instance="1", annotations={"x": "1", "y": "3"}),
                alert("b", job="a", annotations={"x": "1"}),
                alert("a", job="a", instance="9", annotations={"x": "1"}),
                alert("g", b="1", annotations={"x": "1"}),
                alert("f", a="1", annotations={"x": "1"}),
                alert("h", annotations={"x": "1"}),
            ),
            push(3, alert("a", job="a", instance="9", ends=2.5), alert("h", ends=2.5)),
            *looks(2.25, 6),
        ],
        told=[told(1.5, "a b c d e f g h"), told(4.5, "-a b c d e f g -h")],
        until=6,
    ),
]
