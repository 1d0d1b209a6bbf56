"""Scenarios of inhibition and of time intervals: what is not told because of something else."""

from __future__ import annotations

from tests.differential.alertmanager.scenario import Scenario, alert, look, looks, push, receivers, silence, told

_CAUSE = {"source_matchers": ["severity=critical"], "target_matchers": ["severity=warning"]}
_BY_ALERT = {"group_by": ["alert"]}
_BOTH_SIDES = {"source_matchers": ['severity=~"critical|warning"'], "target_matchers": ["severity=~w.*|info"]}
INHIBITING = [
    Scenario(
        name="inhibited",
        inhibits=[{**_CAUSE, "equal": ["zone"]}],
        route=_BY_ALERT,
        steps=[
            push(0, alert("a", severity="critical", zone="eu")),
            push(0, alert("b", severity="warning", zone="eu"), alert("c", severity="warning", zone="us")),
            *looks(2.25),
            look(2.25, inhibited="false"),
            look(2.25, active="false"),
            look(2.25, active="false", inhibited="false"),
            look(2.25, "alerts/groups", inhibited="false"),
            look(2.25, "alerts/groups", active="false"),
        ],
        told=[told(1.5, "a"), told(1.5, "c")],
        until=6,
    ),
    Scenario(
        name="equal-in-what-both-lack",
        inhibits=[{**_CAUSE, "equal": ["zone", "rack"]}],
        route=_BY_ALERT,
        steps=[
            push(0, alert("a", severity="critical", zone="eu"), alert("e", severity="critical", zone="us", rack="1")),
            push(0, alert("b", severity="warning", zone="eu"), alert("c", severity="warning", zone="us")),
            push(0, alert("d", severity="warning", zone="eu", rack="")),
            *looks(2.25),
        ],
        told=[told(1.5, "a"), told(1.5, "c"), told(1.5, "e")],
        until=6,
    ),
    Scenario(
        name="equal-in-nothing",
        inhibits=[_CAUSE],
        steps=[push(0, alert("a", severity="critical"), alert("b", severity="warning"), alert("c")), *looks(2.25)],
        told=[told(1.5, "a c")],
        until=6,
    ),
    Scenario(
        name="both-sides",
        inhibits=[_BOTH_SIDES],
        route=_BY_ALERT,
        steps=[
            push(0, alert("a", severity="warning"), alert("b", severity="warning", zone="eu")),
            push(0, alert("c", severity="info")),
            *looks(2.25),
        ],
        told=[told(1.5, "a"), told(1.5, "b")],
        until=6,
    ),
    Scenario(
        name="both-sides-and-a-cause",
        inhibits=[_BOTH_SIDES],
        route=_BY_ALERT,
        steps=[
            push(0, alert("d", severity="critical")),
            push(3, alert("e", severity="warning", starts=3)),
            *looks(3.75),
        ],
        told=[told(1.5, "d"), told(4.5, "e")],
        until=6,
    ),
    Scenario(
        name="its-cause-is-over",
        inhibits=[_CAUSE],
        route=_BY_ALERT,
        steps=[
            push(0, alert("a", severity="critical"), alert("b", severity="warning")),
            push(3, alert("a", severity="critical", ends=2.5)),
            *looks(2.25, 3.75),
        ],
        told=[told(1.5, "a"), told(4.5, "-a"), told(4.5, "b")],
        until=9,
    ),
    Scenario(
        name="the-end-of-its-cause-comes",
        inhibits=[_CAUSE],
        route=_BY_ALERT,
        steps=[
            push(0, alert("a", severity="critical", ends=6), alert("b", severity="warning")),
            *looks(2.25, 6.75),
        ],
        told=[told(1.5, "a"), told(7.5, "-a"), told(7.5, "b")],
        until=12,
    ),
    Scenario(
        name="its-cause-comes-later",
        inhibits=[_CAUSE],
        route={**_BY_ALERT, "repeat_interval": "1s"},
        steps=[
            push(0, alert("b", severity="warning")),
            push(3, alert("a", severity="critical", starts=3)),
            push(6, alert("b", severity="warning", ends=5.5)),
            push(9, alert("a", severity="critical", starts=3, ends=8.5)),
            *looks(3.75, 6.75),
        ],
        told=[told(1.5, "b"), told(4.5, "a"), told(7.5, "a"), told(10.5, "-a")],
        until=15,
    ),
    Scenario(
        name="its-cause-is-silenced",
        inhibits=[_CAUSE],
        steps=[
            silence(0, "s", "severity=critical"),
            push(0, alert("a", severity="critical"), alert("b", severity="warning")),
            *looks(2.25),
            look(2.25, silenced="false"),
            look(2.25, inhibited="false"),
        ],
        told=[],
        until=6,
    ),
    Scenario(
        name="its-cause-is-inhibited",
        inhibits=[
            _CAUSE,
            {"source_matchers": ["severity=warning"], "target_matchers": ["severity=info"], "equal": ["zone"]},
        ],
        steps=[
            push(0, alert("a", severity="critical"), alert("b", severity="warning"), alert("c", severity="info")),
            *looks(2.25),
        ],
        told=[told(1.5, "a")],
        until=6,
    ),
    Scenario(
        name="inhibited-and-silenced",
        inhibits=[_CAUSE],
        steps=[
            silence(0, "s", "severity=warning"),
            push(0, alert("a", severity="critical"), alert("b", severity="warning")),
            *looks(2.25),
            look(2.25, silenced="false"),
            look(2.25, inhibited="false"),
        ],
        told=[told(1.5, "a")],
        until=6,
    ),
    Scenario(
        name="inhibited-from-elsewhere",
        inhibits=[
            {
                "source_match": {"kind": "zone"},
                "target_match_re": {"kind": "no.*"},
                **{"source_matchers": [], "target_matchers": [], "equal": ["zone"]},
            }
        ],
        route={"routes": [{"receiver": "other", "matchers": ["kind=zone"], "group_wait": "4500ms"}]},
        receivers=receivers("other"),
        steps=[
            push(0, alert("a", kind="zone", zone="eu"), alert("b", kind="node", zone="eu"), alert("c", kind="node")),
            *looks(2.25),
        ],
        told=[told(1.5, "c"), told(4.5, "a", "other")],
        until=6,
    ),
    Scenario(
        name="two-causes",
        inhibits=[_CAUSE],
        route=_BY_ALERT,
        steps=[
            push(0, alert("a", severity="critical")),
            push(0.75, alert("b", severity="critical", starts=0.5)),
            push(0.75, alert("c", severity="warning", starts=0.5)),
            push(3, alert("a", severity="critical", ends=2.5)),
            push(6, alert("b", severity="critical", starts=0.5, ends=5.5)),
            look(3.75),
            look(7.125),
        ],
        told=[told(1.5, "a"), told(2.25, "b"), told(4.5, "-a"), told(8.25, "-b"), told(8.25, "c")],
        until=10,
    ),
    Scenario(
        name="two-causes-the-last-is-over",
        inhibits=[_CAUSE],
        route=_BY_ALERT,
        steps=[
            push(0, alert("a", severity="critical")),
            push(0.75, alert("b", severity="critical", starts=0.5)),
            push(0.75, alert("c", severity="warning", starts=0.5)),
            push(3, alert("b", severity="critical", starts=0.5, ends=2.5)),
            look(3.75),
        ],
        told=[told(1.5, "a"), told(2.25, "b"), told(5.25, "-b"), told(5.25, "c")],
        until=7,
    ),
    *(
        Scenario(
            name=f"muted-{name}",
            route={"routes": [{"receiver": "other", "matchers": ["team=db"], **keys}]},
            receivers=receivers("other"),
            steps=[
                push(0, alert("a", team="db"), alert("b")),
                push(3, alert("a", team="db", ends=2.5)),
                *looks(2.25),
                look(2.25, "alerts/groups", muted="false"),
                look(2.25, active="false"),
            ],
            told=[told(1.5, "b"), *([told(1.5, "a", "other"), told(4.5, "-a", "other")] if is_told else [])],
            until=9,
        )
        for name, keys, is_told in [
            ("always", {"mute_time_intervals": ["always"]}, False),
            ("never", {"mute_time_intervals": ["never"]}, True),
            ("sometimes", {"mute_time_intervals": ["never", "odd", "always"]}, False),
            ("unless-always", {"active_time_intervals": ["always"]}, True),
            ("unless-never", {"active_time_intervals": ["never"]}, False),
            ("unless-one", {"active_time_intervals": ["never", "always"]}, True),
            ("in-two-ways", {"active_time_intervals": ["never"], "mute_time_intervals": ["always"]}, False),
            ("although-active", {"active_time_intervals": ["always"], "mute_time_intervals": ["always"]}, False),
        ]
    ),
    Scenario(
        name="muted-above",
        route={
            "mute_time_intervals": ["always"],
            "routes": [
                {"receiver": "other", "matchers": ["team=db"], "continue": True},
                {"matchers": ["team=db"], "active_time_intervals": ["never"]},
            ],
        },
        receivers=receivers("other"),
        steps=[push(0, alert("a", team="db"), alert("b")), *looks(2.25), look(2.25, "alerts/groups", muted="false")],
        told=[told(1.5, "a", "other")],
        until=6,
    ),
    Scenario(
        name="muted-and-silenced",
        inhibits=[_CAUSE],
        route={"mute_time_intervals": ["always"]},
        steps=[
            silence(0, "s", "severity=critical"),
            push(0, alert("a", severity="critical"), alert("b", severity="warning"), alert("c")),
            *looks(2.25),
            look(2.25, "alerts/groups", silenced="false"),
            look(2.25, "alerts/groups", muted="false"),
        ],
        told=[],
        until=6,
    ),
]
