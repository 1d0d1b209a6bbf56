"""Scenarios of time: when a group is told first, again, of more, and that it is over."""

from __future__ import annotations

from tests.differential.alertmanager.scenario import REPEAT_INTERVAL, Scenario, alert, looks, push, receivers, told

_AGO = -60.0
_REPEATS = {"repeat_interval": REPEAT_INTERVAL}
TIMING = [
    Scenario(
        name="joins-and-ends",
        steps=[
            push(0, alert("a", annotations={"summary": "it is down"})),
            push(3, alert("b", starts=2.5)),
            push(6, alert("a", ends=5.5)),
            push(9, alert("b", starts=2.5, ends=8.5)),
            *looks(0.75, 3.75, 6.75, 9.75, 12.75),
        ],
        told=[told(1.5, "a"), told(4.5, "a b"), told(7.5, "-a b"), told(10.5, "-b")],
    ),
    Scenario(
        name="waits-for-company",
        route={"group_wait": "4500ms"},
        steps=[push(0, alert("a")), push(3, alert("b", starts=2.5)), *looks(0.75, 3.75)],
        told=[told(4.5, "a b")],
        until=9,
    ),
    Scenario(
        name="waits-for-nobody",
        route={"group_wait": "0s"},
        steps=[push(1.5, alert("a", starts=1)), push(3, alert("b", starts=2.5)), *looks(2.25, 3.75)],
        told=[told(1.5, "a"), told(4.5, "a b")],
        until=9,
    ),
    Scenario(
        name="began-long-ago",
        steps=[push(1.5, alert("a", starts=_AGO)), push(3, alert("b", starts=_AGO)), *looks(2.25)],
        told=[told(1.5, "a"), told(4.5, "a b")],
        until=9,
    ),
    Scenario(
        name="joined-by-what-began-long-ago",
        route={"group_wait": "4500ms"},
        steps=[push(0, alert("a")), push(1.5, alert("b", starts=_AGO)), push(3, alert("c", starts=3)), *looks(2.25)],
        told=[told(4.5, "a b c")],
        until=9,
    ),
    Scenario(
        name="repeats",
        route=_REPEATS,
        steps=[push(0, alert("a")), *looks(3.75, 12.75)],
        told=[told(1.5, "a"), told(10.5, "a"), told(19.5, "a")],
        until=21,
    ),
    Scenario(
        name="repeats-at-every-look",
        route={"repeat_interval": "1s"},
        steps=[push(0, alert("a"))],
        told=[told(1.5, "a"), told(4.5, "a"), told(7.5, "a")],
        until=9,
    ),
    Scenario(
        name="repeats-from-the-last-news",
        route=_REPEATS,
        steps=[push(0, alert("a")), push(3, alert("b", starts=3)), *looks(12.75)],
        told=[told(1.5, "a"), told(4.5, "a b"), told(13.5, "a b")],
        until=18,
    ),
    Scenario(
        name="repeats-without-what-is-over",
        route=_REPEATS,
        steps=[push(0, alert("a"), alert("b")), push(3, alert("a", ends=2.5))],
        told=[told(1.5, "a b"), told(4.5, "-a b"), told(13.5, "b")],
        until=18,
    ),
    Scenario(
        name="over-before-it-was-told",
        steps=[push(0, alert("a")), push(0.75, alert("a", ends=0.5)), *looks(1.125, 2.25)],
        told=[],
        until=9,
    ),
    Scenario(
        name="one-over-before-it-was-told",
        steps=[push(0, alert("a"), alert("b")), push(0.75, alert("a", ends=0.5)), *looks(1.125)],
        told=[told(1.5, "-a b")],
        until=9,
    ),
    Scenario(
        name="over-and-never-there",
        steps=[push(0, alert("a", starts=-30, ends=-1)), *looks(2.25)],
        told=[],
        until=6,
    ),
    Scenario(
        name="over-in-a-group-that-fires",
        steps=[push(0, alert("a")), push(3, alert("b", starts=1, ends=2)), *looks(3.75, 6)],
        told=[told(1.5, "a"), told(4.5, "a -b")],
        until=9,
    ),
    Scenario(
        name="over-once-more",
        route=_REPEATS,
        steps=[
            push(0, alert("a"), alert("b")),
            push(3, alert("a", ends=2.5)),
            push(6, alert("a", ends=2.5)),
            push(9, alert("a", ends=8.5)),
            push(12, alert("a", ends=2.5)),
            *looks(6.75, 9.75),
        ],
        told=[told(1.5, "a b"), told(4.5, "-a b"), told(13.5, "-a b")],
        until=15,
    ),
    Scenario(
        name="all-over-then-again",
        route={"group_interval": "6s"},
        steps=[push(0, alert("a")), push(3, alert("a", ends=2.5)), push(9, alert("a", starts=9)), *looks(6, 9.75)],
        told=[told(1.5, "a"), told(7.5, "-a"), told(10.5, "a")],
        until=15,
    ),
    Scenario(
        name="without-resolved",
        receivers=receivers(send_resolved=False),
        route=_REPEATS,
        steps=[
            push(0, alert("a"), alert("b")),
            push(3, alert("a", ends=2.5)),
            push(6, alert("c", starts=6)),
            push(15, alert("b", ends=14.5), alert("c", starts=6, ends=14.5)),
            push(18, alert("a", starts=18)),
            *looks(6.75),
        ],
        told=[told(1.5, "a b"), told(7.5, "b c"), told(19.5, "a")],
        until=21,
    ),
    Scenario(
        name="flaps-between-two-looks",
        route={"group_interval": "6s"},
        steps=[
            push(0, alert("a")),
            push(3, alert("a", ends=2.5)),
            push(6, alert("a", starts=6)),
            *looks(3.75, 6.75),
        ],
        told=[told(1.5, "a")],
        until=12,
    ),
    Scenario(
        name="flaps-over-a-look",
        steps=[
            push(0, alert("a"), alert("b")),
            push(3, alert("a", ends=2.5)),
            push(6, alert("a", starts=6)),
            push(9, alert("a", starts=6, ends=8.5)),
            *looks(3.75, 6.75),
        ],
        told=[told(1.5, "a b"), told(4.5, "-a b"), told(7.5, "a b"), told(10.5, "-a b")],
        until=15,
    ),
    Scenario(
        name="another-one-each-time",
        steps=[
            push(0, alert("a")),
            push(3, alert("a", ends=2.5), alert("b", starts=2.5)),
            push(6, alert("b", starts=2.5, ends=5.5), alert("c", starts=5.5)),
            push(9, alert("c", starts=5.5, ends=8.5)),
        ],
        told=[told(1.5, "a"), told(4.5, "-a b"), told(7.5, "-b c"), told(10.5, "-c")],
        until=15,
    ),
    Scenario(
        name="no-end-said",
        steps=[push(0, alert("a", starts=None, ends=None)), *looks(3.75, 12.75)],
        told=[told(1.5, "a"), told(10.5, "-a")],
        until=18,
    ),
    Scenario(
        name="no-end-said-again-and-again",
        steps=[
            push(0, alert("a", starts=None, ends=None)),
            push(3, alert("a", starts=None, ends=None)),
            push(6, alert("a", starts=0, ends=None)),
            *looks(3.75, 6.75, 12.75),
        ],
        told=[told(1.5, "a"), told(16.5, "-a")],
        until=21,
    ),
    Scenario(
        name="its-end-comes",
        steps=[push(0, alert("a", ends=6), alert("b")), *looks(3.75, 6.75)],
        told=[told(1.5, "a b"), told(7.5, "-a b")],
        until=12,
    ),
    Scenario(
        name="its-end-moves",
        steps=[push(0, alert("a", ends=6)), push(3, alert("a", ends=9)), push(6, alert("a", ends=12)), *looks(6.75)],
        told=[told(1.5, "a"), told(13.5, "-a")],
        until=18,
    ),
    Scenario(
        name="begins-later",
        steps=[push(0, alert("a", starts=9, ends=15)), *looks(3.75)],
        told=[told(1.5, "a"), told(16.5, "-a")],
        until=18,
    ),
    Scenario(
        name="few-are-named",
        receivers=receivers(max_alerts=2),
        steps=[
            push(0, alert("a", zone="eu"), alert("b", zone="eu"), alert("c", zone="eu"), alert("d", zone="us")),
            push(3, *(alert(name, zone="eu", ends=2.5) for name in "abc"), alert("d", zone="us", ends=2.5)),
            *looks(2.25),
        ],
        told=[told(1.5, "a b"), told(4.5, "-a -b")],
        until=9,
    ),
]
