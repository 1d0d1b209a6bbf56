"""Scenarios of what becomes of two words on one alert, and of words that are not quite right."""

from __future__ import annotations

from tests.differential.alertmanager.scenario import ZERO, Scenario, alert, look, looks, push, told

MERGING = [
    Scenario(
        name="earliest-start",
        steps=[
            push(0, alert("a", starts=-1)),
            push(3, alert("a", starts=-30)),
            push(6, alert("a", starts=2, annotations={"n": "3"}), alert("b", starts=6)),
            *looks(2.25, 3.75, 6.75),
        ],
        told=[told(1.5, "a"), told(7.5, "a b")],
        until=9,
    ),
    Scenario(
        name="latest-words",
        steps=[
            push(0, alert("a", annotations={"summary": "one", "x": "1"}, url="http://x.example/1")),
            push(3, alert("a", annotations={"summary": "two", "y": ""}, url="http://x.example/2?a=b&c=%20")),
            push(6, alert("a"), alert("b", starts=6, annotations={"summary": "two"})),
            *looks(2.25, 3.75, 6.75),
        ],
        told=[told(1.5, "a"), told(7.5, "a b")],
        until=9,
    ),
    Scenario(
        name="an-earlier-end",
        steps=[push(0, alert("a", ends=12)), push(3, alert("a", ends=6)), *looks(3.75, 6.75)],
        told=[told(1.5, "a"), told(13.5, "-a")],
        until=18,
    ),
    Scenario(
        name="an-end-after-none",
        steps=[
            push(0, alert("a", ends=None), alert("b", ends=None)),
            push(3, alert("a", ends=6), alert("b", ends=6, annotations={"n": "2"})),
            *looks(2.25, 3.75, 6.75),
        ],
        told=[told(1.5, "a b"), told(7.5, "-a -b")],
        until=12,
    ),
    Scenario(
        name="none-after-an-end",
        steps=[push(0, alert("a", ends=18)), push(3, alert("a", ends=None)), *looks(3.75, 13.5)],
        told=[told(1.5, "a"), told(19.5, "-a")],
        until=21,
    ),
    Scenario(
        name="ended-twice",
        steps=[
            push(0, alert("a"), alert("b")),
            push(3, alert("a", ends=2), alert("b", ends=2)),
            push(3.75, alert("a", ends=1), alert("b", ends=3)),
            *looks(3.9),
        ],
        told=[told(1.5, "a b"), told(4.5, "-a -b")],
        until=9,
    ),
    Scenario(
        name="ended-before-it-began",
        steps=[
            push(0, alert("a", starts=-1)),
            push(3, alert("a", starts=-20, ends=-10)),
            *looks(2.25, 3.75),
        ],
        told=[told(1.5, "a"), told(4.5, "-a")],
        until=9,
    ),
    Scenario(
        name="zero-times",
        steps=[
            push(0, alert("a", starts=ZERO, ends=ZERO), alert("b", starts=ZERO, ends=3600), alert("c", ends=ZERO)),
            push(0, alert("d", starts=None), alert("e", starts=None, ends=-5)),
            *looks(2.25, 12.75),
        ],
        told=[told(1.5, "a b c d -e"), told(10.5, "-a b -c d")],
        until=15,
    ),
    Scenario(
        name="times-of-other-zones",
        steps=[
            push(0, alert("a", starts="2026-01-01T12:00:00.123456789+02:00", ends="2099-12-31T23:59:59-08:00")),
            push(2.5, alert("b", starts="2026-01-01T12:00:00Z"), alert("c", starts="1969-12-31T23:59:59Z")),
            *looks(2.25, 3.75),
        ],
        told=[told(0, "a"), told(3, "a b c")],
        until=5,
    ),
    Scenario(
        name="empty-labels",
        steps=[
            push(0, alert("a", zone=""), alert("a"), alert("b", labels={"alertname": ""})),
            *looks(2.25),
            look(2.25, filter='zone=""'),
        ],
        told=[told(1.5, "a"), told(1.5, "b")],
        until=6,
    ),
    Scenario(
        name="one-of-them-is-wrong",
        steps=[
            push(0, alert("a"), alert("b", starts=5, ends=1), alert("c"), status=400),
            push(0, alert("d", labels={"": "x"}), alert("e"), status=400),
            push(0, alert("f", starts="yesterday"), alert("g"), status=400),
            push(0, alert("h", url="not an address"), alert("i"), status=422),
            *looks(2.25),
        ],
        told=[told(1.5, "a c e")],
        until=6,
    ),
    Scenario(
        name="twice-in-one-request",
        steps=[
            push(
                0,
                alert("a", annotations={"n": "1"}),
                alert("b"),
                alert("a", annotations={"n": "1"}),
                alert("a", annotations={"n": "1"}, zone=""),
            ),
            *looks(2.25),
        ],
        told=[told(1.5, "a b")],
        until=6,
    ),
    Scenario(
        name="another-life",
        steps=[
            push(0, alert("a"), alert("b")),
            push(3, alert("a", ends=2.5)),
            push(6, alert("a", starts=6, annotations={"n": "2"})),
            push(9, alert("a", ends=2.5)),
            *looks(3.75, 6.75, 9.75),
        ],
        told=[told(1.5, "a b"), told(4.5, "-a b"), told(7.5, "a b"), told(10.5, "-a b")],
        until=12,
    ),
]
