"""Scenarios of rules that only look: the life of alerts, labels and annotations, values, errors, limits, telling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.differential.scenario import STALE, Points, Scenario

ON = 'of="a"'
PULSE: Points = {0: 0, 4.5: 2, 14.5: 0}
"""On for ten seconds."""
FLAPS: Points = {second: (second // 2) % 2 * 2 for second in range(0, 30, 2)}
LIFE = frozenset({"pending", "firing", "resolved", "told"})
FIRED = frozenset({"firing", "resolved", "told"})


def rule(name: str, expr: str = "$m > 1", **keys: Any) -> Mapping[str, Any]:
    """An alerting rule. `for_` is `for`."""
    keys = {key.rstrip("_"): value for key, value in keys.items()}
    return {"alert": f"$n:{name}", "expr": expr, **keys}


def scenario(name: str, *rules: Mapping[str, Any], sees: frozenset[str] | set[str], **keys: Any) -> Scenario:
    """A scenario whose one series is on for ten seconds, unless it says otherwise."""
    return Scenario(name=name, rules=rules, sees=frozenset(sees), **{"series": {ON: PULSE}, **keys})


LIVES = [
    scenario("at-once", rule("A"), sees=FIRED),
    scenario("for-zero", rule("A", for_="0s"), sees=FIRED),
    scenario("for-a-while", rule("A", for_="5s"), sees=LIFE),
    scenario("for-too-long", rule("A", for_="15s"), sees={"pending", "inactive"}),
    scenario("for-less-than-a-slot", rule("A", for_="500ms"), sees=LIFE),
    scenario("for-one-slot", rule("A", for_="1s"), sees=LIFE),
    scenario("for-exactly", rule("A", for_="3s"), sees=LIFE),
    scenario("for-hours", rule("A", for_="1h30m"), sees={"pending"}),
    scenario("flapping", rule("A"), sees=FIRED, series={ON: FLAPS}),
    scenario("flapping-below-for", rule("A", for_="3s"), sees={"pending", "inactive"}, series={ON: FLAPS}),
    scenario("interrupted", rule("A", for_="4s"), sees=LIFE, series={ON: {0: 0, 2.5: 2, 5.5: 0, 7.5: 2, 16.5: 0}}),
    scenario("again", rule("A", for_="2s"), sees=LIFE, series={ON: {0: 0, 1.5: 2, 6.5: 0, 10.5: 2, 18.5: 0, 21.5: 2}}),
    scenario("kept-over-gaps", rule("A", keep_firing_for="4s"), sees={"firing", "told", "keeps"}, series={ON: FLAPS}),
    scenario("kept-then-over", rule("A", for_="2s", keep_firing_for="5s"), sees={*LIFE, "keeps"}),
    scenario(
        "kept-with-other-values",
        rule("A", keep_firing_for="3s", annotations={"is": "{{ $value }}"}),
        sees={*FIRED, "keeps"},
        series={ON: {0: 0, 2.5: 2, 5.5: 0, 7.5: 3, 10.5: 0, 20.5: 4}},
    ),
    scenario("every-two-seconds", rule("A", for_="3s"), sees=LIFE, group={"interval": "2s"}),
    scenario("odd-interval", rule("A", for_="2s"), sees=LIFE, group={"interval": "1500ms"}),
    scenario("later", rule("A", for_="2s"), sees=LIFE, group={"query_offset": "3s"}),
    scenario("not-later", rule("A", for_="2s"), sees=LIFE, group={"query_offset": "0s"}),
]

MANY_SERIES = {
    'of="a"': {0: 0, 3.5: 2, 20.5: 0},
    'of="b"': {0: 0, 6.5: 3, 12.5: 0},
    'of="c"': {0: 0, 9.5: 4, 14.5: 0, 18.5: 2},
}
SEVERAL = [
    scenario("several", rule("A", for_="2s"), sees=LIFE, series=MANY_SERIES),
    scenario("limited", rule("A"), sees={"firing", "err", "told"}, series=MANY_SERIES, group={"limit": 1}),
    scenario("limited-pending", rule("A", for_="3s"), sees={"pending", "err"}, series=MANY_SERIES, group={"limit": 2}),
    scenario("limit-just-reached", rule("A"), sees={"firing", "told"}, series=MANY_SERIES, group={"limit": 3}),
    scenario(
        "limited-kept", rule("A", keep_firing_for="10s"), sees={"err", "keeps"}, series=MANY_SERIES, group={"limit": 2}
    ),
    scenario(
        "in-order",
        rule("C", for_="1s"),
        rule("A"),
        rule("B", "$m > 2"),
        sees=LIFE,
        series=MANY_SERIES,
    ),
    scenario(
        "same-name",
        rule("A", labels={"severity": "page"}),
        rule("A", "$m > 2", labels={"severity": "ticket"}),
        rule("A", "$m > 3", labels={"severity": "ticket", "more": "x"}),
        sees=FIRED,
        series=MANY_SERIES,
    ),
    scenario("topmost", rule("A", "topk(1, $m > 1)", for_="1s"), sees=LIFE, series=MANY_SERIES),
    scenario("summed", rule("A", "sum($m) > 4", annotations={"s": "{{ $value }}"}), sees=FIRED, series=MANY_SERIES),
]

GO_VALUES: Points = {
    0: 0,
    1.5: 1e-7,
    3.5: 0.1,
    5.5: 999999.0,
    7.5: 1234567.5,
    9.5: 1e21,
    11.5: -3,
    13.5: "inf",
    15.5: "-inf",
    17.5: "nan",
    20.5: 1,
}
SHOWN = {
    "plain": "{{ $value }}",
    "human": "{{ humanize $value }} {{ humanize1024 $value }} {{ humanizePercentage $value }}",
    "long": "{{ humanizeDuration $value }}",
    "printed": '{{ printf "%.2f %e %v %d" $value $value $value $value }}',
    "asked": "{{ if gt $value 1.0 }}more{{ else }}less{{ end }}",
}
VALUES = [
    scenario("values", rule("A", "$m", annotations=SHOWN), sees={"firing", "told"}, series={ON: GO_VALUES}),
    scenario("not-a-number", rule("A", "$m != $m"), sees=FIRED, series={ON: {0: 0, 5.5: "nan", 12.5: 1}}),
    scenario("no-bounds", rule("A", "$m == +Inf"), sees=FIRED, series={ON: {0: 0, 5.5: "inf", 12.5: "-inf"}}),
    scenario("boolean", rule("A", "$m > bool 1", annotations={"v": "{{ $value }}"}), sees={"firing", "told"}),
    scenario(
        "scalar",
        rule("A", "scalar($m)", annotations={"v": "{{ $value }} {{ $labels }}"}),
        sees={"firing"},
        from_the_start=True,
    ),
    scenario(
        "the-very-time",
        rule("A", "vector(time()) and on() ($m > 1)", annotations={"t": "{{ $value }}"}),
        sees=FIRED,
    ),
    scenario("over-time", rule("A", "max_over_time($m[3s]) > 1"), sees=FIRED),
    scenario("as-it-was", rule("A", "$m offset 2s > 1", for_="1s"), sees=LIFE),
    scenario("changing", rule("A", "changes($m[5s]) > 0", for_="1s"), sees={"pending", "firing"}, series={ON: FLAPS}),
    scenario(
        "absent",
        rule("A", 'absent($m{of="b"} > 1) and on() ($m{of="a"} > 0)', for_="2s"),
        sees=LIFE,
        series={ON: {0: 1, 20.5: 0}, 'of="b"': PULSE},
    ),
    scenario("gone", rule("A"), sees=FIRED, series={ON: {0: 0, 3.5: 2, 10.5: STALE, 16.5: 2, 20.5: STALE}}),
    scenario(
        "gone-while-pending",
        rule("A", for_="4s"),
        sees={"pending", "inactive"},
        series={ON: {0: 0, 3.5: 2, 5.5: STALE}},
    ),
]

LABELS = [
    scenario(
        "templated-labels",
        rule("A", labels={"v": "{{ $value }}", "of": "was-{{ $labels.of }}", "n": "{{ $labels.__name__ }}"}),
        sees=FIRED,
        series={ON: {0: 0, 3.5: 2, 6.5: 3, 9.5: 2, 12.5: 0}},
    ),
    scenario(
        "empty-labels",
        rule(
            "A", labels={"of": "", "gone": '{{ "" }}', "none": ""}, annotations={"none": "", "gone": "{{ $labels.of }}"}
        ),
        sees=FIRED,
        series={'of="a",none="x"': PULSE},
    ),
    scenario(
        "named-by-others",
        rule("A", labels={"of": "{{ $labels.alertname }}/{{ .Labels.of }}", "alertname": "mine"}),
        sees=FIRED,
        series={'of="a",alertname="theirs",alertstate="odd"': PULSE},
    ),
    scenario(
        "in-order-of-names",
        rule("A", labels={"b": "{{ $labels.a }}", "a": "{{ $labels.b }}", "c": "{{ $labels.a }}{{ $labels.b }}"}),
        sees=FIRED,
        series={'a="1",b="2"': PULSE},
    ),
    scenario("same-labels", rule("A", labels={"of": "same"}), sees={"firing", "err", "told"}, series=MANY_SERIES),
    scenario(
        "same-but-for-the-name",
        rule("A", 'label_replace($m, "__name__", "x", "", "") > 1 or on (__name__) $m > 1'),
        sees={"err"},
    ),
    scenario(
        "of-the-group",
        rule("A", labels={"own": "x", "both": "rule"}),
        sees=FIRED,
        group={"labels": {"team": "db", "both": "group"}},
    ),
    scenario(
        "signs",
        rule("A", annotations={"s": 'quoted "{{ $labels.of }}" \\ <&> é\n{{ $labels.of | toUpper }}'}),
        sees=FIRED,
        series={'of="a \\"b\\" \\\\ <c> ünïté"': PULSE},
    ),
    scenario(
        "from-outside",
        rule(
            "A",
            labels={"where": "{{ $externalLabels.region }}"},
            annotations={"url": "{{ $externalURL }}/{{ externalURL }}{{ pathPrefix }}"},
        ),
        sees=FIRED,
    ),
    scenario("external-label-set", rule("A", labels={"region": "own", "replica": "kept-not"}), sees=FIRED),
    scenario(
        "asking",
        rule(
            "A",
            annotations={
                "top": '{{ with query "max($m)" }}{{ . | first | value }}{{ end }}',
                "all": '{{ range query "sort($m)" }}{{ .Labels.of }}={{ .Value }} {{ end }}',
                "none": '{{ range query "$m > 99" }}never{{ else }}nothing{{ end }}',
            },
        ),
        sees=FIRED,
        series=MANY_SERIES,
    ),
    scenario(
        "wrong-templates",
        rule(
            "A",
            labels={"broken": "{{ $labels.of.deep }}"},
            annotations={
                "typed": "{{ if gt $value 1 }}x{{ end }}",
                "asked": '{{ query "sum(" }}',
                "first": '{{ query "$m > 99" | first | value }}',
            },
        ),
        sees=FIRED,
    ),
]

ERRORS = [
    scenario(
        "many-to-many",
        rule("A", '$m{of="a"} > 1 and on() ($m{of="b"} * on() group_left() $m{of=~"b|c"})', for_="2s"),
        sees={"pending", "firing", "err"},
        series={'of="a"': {0: 0, 2.5: 2, 20.5: 0}, 'of="b"': {0: 1}, 'of="c"': {8.5: 1, 14.5: STALE}},
    ),
    scenario("a-text", rule("A", '"text"'), sees={"err", "inactive"}),
    scenario(
        "a-bad-parameter",
        rule("A", 'label_replace($m > 1, "x", "$1", "of", "(") or $m > 1'),
        rule("B"),
        sees={"err", "firing"},
    ),
]

TELLING = [
    scenario("told-again", rule("A"), sees={*FIRED, "told again"}, series={ON: {0: 0, 1.5: 2, 24.5: 0}}),
    scenario(
        "told-again-with-other-values",
        rule("A", labels={"severity": "page"}, annotations={"now": "{{ $value }}"}),
        sees={*FIRED, "told again"},
        series={ON: {second: second + 2 if second < 24 else 0 for second in range(30)}},
    ),
    scenario(
        "told-again-slowly",
        rule("A"),
        sees={"firing", "told"},
        group={"interval": "5s"},
        series={ON: {0: 0, 1.5: 2, 24.5: 0}},
    ),
]

LOOKING = [*LIVES, *SEVERAL, *VALUES, *LABELS, *ERRORS, *TELLING]
