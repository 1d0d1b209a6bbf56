"""Scenarios of rules that write: recorded series, ALERTS and ALERTS_FOR_STATE, and rules that read them back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.differential.looking import FIRED, FLAPS, LIFE, MANY_SERIES, ON, PULSE, rule, scenario
from tests.differential.scenario import STALE, Scenario


def record(name: str, expr: str, **keys: Any) -> Mapping[str, Any]:
    """A recording rule; its series is called after the scenario."""
    return {"record": f"$m:{name}", "expr": expr, **keys}


def writes(name: str, *rules: Mapping[str, Any], sees: frozenset[str] | set[str], **keys: Any) -> Scenario:
    """A scenario whose rules write."""
    return scenario(f"w-{name}", *rules, sees=sees, writes=True, **keys)


STORIES = [
    writes("recorded", record("sum", "sum($m)"), rule("A", "$m:sum > 1", for_="2s"), sees=LIFE),
    writes(
        "chain",
        record("one", "$m * 2"),
        record("two", "$m:one + 1"),
        record("three", "sum by (of) ($m:two)"),
        rule("A", "$m:three > 4"),
        sees=FIRED,
        series=MANY_SERIES,
    ),
    writes("backwards", rule("A", "$m:late > 1"), record("late", "$m"), sees=FIRED),
    writes(
        "relabelled",
        record("it", "$m", labels={"of": "", "job": "x", "none": ""}),
        rule("A", '$m:it{job="x"} > 1'),
        sees=FIRED,
    ),
    writes(
        "gone",
        record("it", "$m"),
        rule("A", "$m:it > 1"),
        sees=FIRED,
        series={ON: {0: 0, 3.5: 2, 12.5: STALE, 17.5: 2}},
    ),
    writes("filtered", record("it", "$m > 1"), rule("A", "$m:it"), sees=FIRED, series={ON: FLAPS}),
    writes(
        "limited",
        record("it", "$m > 1"),
        rule("A", "$m:it"),
        sees={"err", "firing"},
        series=MANY_SERIES,
        group={"limit": 1},
    ),
    writes(
        "collides", record("it", "$m > 1", labels={"of": "same"}), rule("A", "$m:it"), sees={"err"}, series=MANY_SERIES
    ),
    writes(
        "not-a-number",
        record("it", "$m / 0"),
        rule("A", "$m:it != 0"),
        sees={"firing"},
        series={ON: {0: 0, 4.5: 1, 8.5: -1}},
    ),
    writes("later", record("it", "$m"), rule("A", "$m:it > 1"), sees=FIRED, group={"query_offset": "2s"}),
    writes(
        "reads-alerts",
        rule("First", for_="2s"),
        rule("Second", 'ALERTS{alertname="$n:First",alertstate="firing"} == 1'),
        rule("Third", 'ALERTS{alertname="$n:First",alertstate="pending"}'),
        sees=LIFE,
    ),
    writes(
        "reads-since",
        rule("First", for_="1h"),
        rule("Second", 'time() - ALERTS_FOR_STATE{alertname="$n:First"} > 4', annotations={"s": "{{ $value }}"}),
        sees={"pending", "firing"},
    ),
    writes("reads-below", rule("Second", 'ALERTS{alertname="$n:First"}'), rule("First", for_="2s"), sees=LIFE),
    writes("with-labels", rule("A", labels={"of": "", "empty": '{{ "" }}', "v": "{{ $value }}"}), sees=FIRED),
    writes("kept", rule("A", keep_firing_for="4s"), sees={*FIRED, "keeps"}),
    writes(
        "fails-in-between",
        record("it", '$m{of="a"} + on() group_left() $m{of=~"b|c"}'),
        rule("A", "$m:it > 2"),
        sees={"firing", "err"},
        series={ON: {0: 2}, 'of="b"': {0: 1}, 'of="c"': {8.5: 1, 14.5: STALE}},
    ),
]

# The alert generator compliance specification of the Prometheus project, in seconds where it has minutes.
COMPLIANCE = [
    writes(
        "pending-firing-resolved",
        rule("A", "$m > 10", for_="6s", labels={"foo": "bar"}, annotations={"description": "value {{ $value }}"}),
        sees=LIFE,
        series={'variant="one"': {0: 0, 3.5: 11, 14.5: 19, 18.5: 2}},
    ),
    writes(
        "pending-resolved",
        rule("A", "$m > 99", for_="10s", annotations={"description": "value {{ $value }}"}),
        sees={"pending", "inactive"},
        series={'variant="one"': {0: 0, 3.5: 100, 9.5: 0}},
    ),
    writes(
        "zero-and-small-for",
        rule("Zero", "$m > 13", labels={"rulegroup": "zero"}),
        rule("Small", "$m > 13", for_="500ms", labels={"rulegroup": "small"}),
        sees=LIFE,
        series={'variant="one"': {0: 0, 3.5: 15, 9.5: 0, 13.5: 17, 19.5: 0}},
    ),
    writes(
        "alerts-in-order",
        *(rule(name, "$m > 1", labels={"number": str(number)}) for number, name in enumerate("QWERTY")),
        sees=FIRED,
        series={'variant="one"': PULSE},
    ),
]

WRITING = [*STORIES, *COMPLIANCE]
