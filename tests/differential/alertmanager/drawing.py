"""Scenarios drawn at random: any tree, and alerts, silences and looks that come and go on the beat."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.differential.alertmanager.scenario import (
    BEAT,
    REPEAT_INTERVAL,
    Scenario,
    Step,
    alert,
    expire,
    looks,
    push,
    receivers,
    silence,
)

_BEATS = 7
_LABELS: Mapping[str, Sequence[str]] = {
    "team": ["db", "web", ""],
    "zone": ["eu", "us", ""],
    "severity": ["critical", "warning", "info"],
}
_MATCHERS = ["team=db", "team!=db", 'zone=~"eu|us"', 'zone=""', "severity!~i.*", "severity=critical", 'team=~".+"']
_SILENCED = ["team=db", "zone=~e.", "severity!=critical", "alert=~a|b", "alertname=Down"]
_GROUPED = [["alertname"], ["team"], ["zone", "severity"], ["..."], None]
_INHIBITS = [
    {"source_matchers": ["severity=critical"], "target_matchers": ["severity=warning"], "equal": ["zone"]},
    {"source_matchers": ["severity=critical"], "target_matchers": ["severity=~warning|info"]},
    {"source_matchers": ["severity=critical", "zone=~e.|us"], "target_matchers": ["severity!=critical"]},
]


def drawn(seed: str, count: int) -> Sequence[Scenario]:
    """So many scenarios, the same for the same seed. Nobody says what is to be heard in them."""
    chance = random.Random(seed)
    return [_scenario(chance, number) for number in range(count)]


def _scenario(chance: random.Random, number: int) -> Scenario:
    return Scenario(
        name=f"drawn-{number}",
        route=_route(chance, depth=2),
        receivers=receivers("x", "y", send_resolved=chance.random() < 0.8),
        inhibits=[chance.choice(_INHIBITS)] if chance.random() < 0.4 else [],
        steps=[*_pushes(chance), *_silences(chance), *looks(*chance.sample([3.75, 6.75, 12.75, 15.75], 2))],
        told=None,
        until=_BEATS * BEAT,
    )


def _route(chance: random.Random, *, depth: int) -> Mapping[str, Any]:
    node: dict[str, Any] = {"group_by": chance.choice(_GROUPED), "receiver": chance.choice(["", "x", "y"])}
    node["group_wait"] = chance.choice(["1500ms", "1500ms", "4500ms"])
    node["group_interval"] = chance.choice(["3s", "3s", "6s"])
    node["repeat_interval"] = chance.choice(["1h", REPEAT_INTERVAL])
    if depth < 2 and chance.random() < 0.2:
        node[chance.choice(["mute_time_intervals", "active_time_intervals"])] = [chance.choice(["always", "never"])]
    if depth:
        matchers = chance.sample(_MATCHERS, chance.randint(0, 3))
        node["routes"] = [
            {**_route(chance, depth=depth - 1), "matchers": [one], "continue": chance.random() < 0.4}
            for one in matchers
        ]
    for key in list(node):
        if depth < 2 and key.startswith("group_") and chance.random() < 0.5:
            del node[key]
    return node


def _pushes(chance: random.Random) -> Iterator[Step]:
    """Each alert fires now and then; what is over is said so once."""
    for name in "abcd"[: chance.randint(2, 4)]:
        labels = {key: chance.choice(values) for key, values in _LABELS.items()}
        if name != "a" and labels["severity"] == "critical":  # of two causes Alertmanager knows one: see known.py
            labels["severity"] = "warning"
        labels["alertname"] = chance.choice(["Down", "Down", "Slow"])
        since, until = 0.0, 0.0
        for beat in range(_BEATS - 1):
            at = beat * BEAT
            if at >= until:
                if chance.random() < 0.5:
                    since, until = at, at + chance.choice([3600.0, 3600.0, 2 * BEAT])
                    yield push(at, alert(name, starts=since, ends=until, labels=labels))
            elif until > 1000 and chance.random() < 0.4:
                until = at
                yield push(at, alert(name, starts=since, ends=at - 0.5, labels=labels))
            elif until > 1000 and chance.random() < 0.3:
                words = {"summary": f"at {at}"}
                yield push(at, alert(name, starts=since, ends=until, labels=labels, annotations=words))


def _silences(chance: random.Random) -> Iterator[Step]:
    for number in range(chance.choice([0, 0, 1, 2])):
        key, begins = f"s{number}", chance.randrange(_BEATS - 2) * BEAT
        ends = begins + chance.choice([2 * BEAT, 4 * BEAT, 3600.0])
        yield silence(begins, key, chance.choice(_SILENCED), ends=ends)
        if chance.random() < 0.4:
            yield expire(begins + BEAT, key)
