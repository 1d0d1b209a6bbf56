"""Scenarios drawn at random: any of the things that rules can say, over data that comes and goes."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from tests.differential.looking import rule
from tests.differential.scenario import STALE, Points, Scenario
from tests.differential.writing import record

_EXPRESSIONS = [
    "$m > 1",
    "$m",
    "sum($m) > 2",
    "sum by (of) ($m) > bool 1",
    "$m != 2",
    "topk(1, $m)",
    "absent($m > 1)",
    "max_over_time($m[3s]) > 2",
    "$m offset 1s > 1",
    "count($m > 0)",
    "$m / ($m - 2) > 0",
]
_VALUES: Sequence[float | str] = [0, 0, 1, 2, 2, 3, 4, 1e6, 0.5, "nan", "inf", STALE]
_LABELS = [
    {"severity": "page"},
    {"v": "{{ $value }}"},
    {"of": ""},
    {"of": "same"},
    {"of": "{{ $labels.of }}!", "more": "{{ $labels.none }}"},
    {"alertname": "other", "__meta": "{{ humanize $value }}"},
]
_ANNOTATIONS = [
    {"is": "{{ $value }} of {{ $labels }}"},
    {"top": '{{ with query "max($m)" }}{{ . | first | value }}{{ end }}'},
    {"how": '{{ printf "%.3g %5.1f %v" $value $value .Labels.of }}', "long": "{{ humanizeDuration $value }}"},
]


def drawn(seed: str, count: int) -> Sequence[Scenario]:
    """So many scenarios, the same for the same seed."""
    chance = random.Random(seed)
    return [_scenario(chance, number) for number in range(count)]


def _scenario(chance: random.Random, number: int) -> Scenario:
    writes = chance.random() < 0.4
    rules = [_rule(chance, at, writes=writes) for at in range(chance.randint(1, 3))]
    group: dict[str, Any] = {"interval": chance.choice(["1s", "1s", "1s", "1500ms", "2s"])}
    if chance.random() < 0.3:
        group["limit"] = chance.randint(1, 3)
    if chance.random() < 0.2:
        group["query_offset"] = chance.choice(["1s", "2500ms"])
    if chance.random() < 0.2:
        group["labels"] = {"team": "x", "severity": "of the group"}
    series = {f'of="{name}"': _points(chance) for name in "abc"[: chance.randint(1, 3)]}
    return Scenario(name=f"drawn-{number}", rules=rules, series=series, group=group, writes=writes)


def _rule(chance: random.Random, at: int, *, writes: bool) -> Mapping[str, Any]:
    # nothing may fire before the data begins
    expr = f"({chance.choice(_EXPRESSIONS)}) and on () count($m) > 0"
    if writes and at == 0:
        return record("it", chance.choice(["$m", "$m * 2", "sum by (of) ($m)", "$m > 1"]))
    if writes and chance.random() < 0.5:
        expr = chance.choice(["$m:it > 1", 'ALERTS{alertname="$n:R1"}', "$m:it == 2 or $m:it == 4"])
    keys: dict[str, Any] = {}
    if chance.random() < 0.6:
        keys["for"] = chance.choice(["0s", "500ms", "1s", "2s", "3500ms", "6s", "1h"])
    if chance.random() < 0.4:
        keys["keep_firing_for"] = chance.choice(["1s", "2s", "5s"])
    if chance.random() < 0.6:
        keys["labels"] = chance.choice(_LABELS)
    if chance.random() < 0.6:
        keys["annotations"] = chance.choice(_ANNOTATIONS)
    return rule(f"R{at}", expr, **keys)


def _points(chance: random.Random) -> Points:
    at = 0.5
    points: dict[float, float | str] = {}
    while at < 27:
        points[at] = chance.choice(_VALUES)
        at += chance.choice([1, 2, 3, 5, 8])
    return points
