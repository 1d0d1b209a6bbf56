"""Rule files: what is accepted, what is refused, and where each mistake is said to be."""

from datetime import timedelta

import pytest

from bot.errors import DocumentError
from bot.model.rule import AlertRule, RecordingRule, RuleGroup, Signal
from bot.rules.spec import read_groups

MINUTE = timedelta(minutes=1)
ONE_RULE = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n"


def groups(text: str) -> tuple[RuleGroup, ...]:
    return read_groups(text, "rules.yml", source="prom", default_interval=MINUTE)


def mistakes(text: str) -> list[str]:
    with pytest.raises(DocumentError) as raised:
        groups(text)
    return [str(complaint) for complaint in raised.value.complaints]


def test_a_whole_file() -> None:
    (group,) = groups("""
groups:
  - name: shop
    interval: 30s
    query_offset: 1m30s
    limit: 10
    labels: {team: shop, severity: info}
    rules:
      - record: job:up:sum
        expr: sum by (job) (up)
      - alert: Down
        expr: job:up:sum / 10 < 0.5
        for: 5m
        keep_firing_for: 1h
        labels: {severity: page, on: off, day: 012}
        annotations:
          summary: '{{ $labels.job }} is at {{ $value | humanizePercentage }}'
""")
    assert group == RuleGroup(
        file="rules.yml",
        name="shop",
        source="prom",
        interval=timedelta(seconds=30),
        query_offset=timedelta(seconds=90),
        limit=10,
        rules=(
            RecordingRule(record="job:up:sum", expr="sum by (job) (up)", labels={"team": "shop", "severity": "info"}),
            AlertRule(
                name="Down",
                expr="job:up:sum / 10 < 0.5",
                signal=Signal(expr="job:up:sum / 10", op="<", threshold=0.5),
                hold=5 * MINUTE,
                keep_firing_for=60 * MINUTE,
                labels={"team": "shop", "severity": "page", "on": "off", "day": "012"},
                annotations={"summary": "{{ $labels.job }} is at {{ $value | humanizePercentage }}"},
            ),
        ),
    )
    assert group.key == "rules.yml;shop"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "groups:\n",
        "groups: []\n",
        "groups:\n- name: g\n",
        "groups:\n- name: g\n  rules: ~\n",
        "groups:\n- {name: g, interval: ~, query_offset: ~, limit: ~, labels: ~}\n",
        ONE_RULE + "    for: ~\n    labels: ~\n    annotations: ~\n",
        ONE_RULE + "---\nthis: is ignored\n",
        ONE_RULE.replace("alert: A", "alert: 'any {name} é'"),
        ONE_RULE.replace("alert: A", "record: 'any name'"),
        ONE_RULE.replace("alert: A", "record: r") + "    for: 0s\n    annotations: {}\n    labels: {a: '{{ nope }}'}\n",
        ONE_RULE + "    labels: {'a-b': c, alertname: other}\n    annotations: {'a b': c, __name__: d}\n",
    ],
)
def test_what_prometheus_accepts_is_accepted(text: str) -> None:
    groups(text)


def test_null_is_the_empty_text_and_no_interval_is_the_default() -> None:
    (group,) = groups(ONE_RULE + "    labels: {a: ~}\n")
    assert group.interval == MINUTE
    assert group.rules[0].labels == {"a": ""}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("groups: 3\n", "1:9: groups: a list is needed here: lines that begin with `- `"),
        ("- a\n", "1:1: a mapping is needed here: `key: value`"),
        ("groops: []\n", "1:1: groops: unknown key 'groops'; did you mean 'groups'?"),
        ("groups: [\n", "2:1: not YAML: did not find expected node content"),
        ("groups:\n- rules: []\n", "2:3: groups[0].name: a group needs a name"),
        ("groups:\n- name: ~\n", "2:9: groups[0].name: a group needs a name"),
        (
            "groups:\n- name: g\n- name: g\n",
            "3:9: groups[1].name: another group of this file is called 'g'; rename one",
        ),
        (
            "groups:\n- name: g\n  interval: 5\n",
            "3:13: groups[0].interval: not a duration: '5'; write it like 90s, 15m, 1h30m or 2d",
        ),
        ("groups:\n- name: g\n  limit: x\n", "3:10: groups[0].limit: a whole number is needed here"),
        (
            "groups:\n- name: g\n  labels: {__name__: b}\n",
            "3:22: groups[0].labels.__name__: '__name__' cannot be the name of a label here",
        ),
        (
            ONE_RULE + "    labels: {'': b}\n",
            "6:18: groups[0].rules[0].labels.: '' cannot be the name of a label here",
        ),
        (
            ONE_RULE + "    annotations: {'': b}\n",
            "6:23: groups[0].rules[0].annotations.: an annotation needs a name",
        ),
        (
            ONE_RULE + "    record: r\n",
            "6:13: groups[0].rules[0].record: a rule is either `record` or `alert`; drop one",
        ),
        (
            "groups:\n- name: g\n  rules:\n  - expr: up\n",
            "4:5: groups[0].rules[0]: a rule needs a name: write `alert` or `record`",
        ),
        (
            "groups:\n- name: g\n  rules:\n  - alert: A\n",
            "4:5: groups[0].rules[0].expr: a rule needs an expression",
        ),
        (ONE_RULE + "    alert: B\n", "6:5: groups[0].rules[0].alert: key 'alert' is already set at line 4; keep one"),
        (ONE_RULE + "    fro: 5m\n", "6:5: groups[0].rules[0].fro: unknown key 'fro'; did you mean 'for'?"),
        (ONE_RULE + "    hold: 5m\n", "6:5: groups[0].rules[0].hold: unknown key 'hold'"),
        (
            ONE_RULE.replace("alert: A", "record: 'a{b}'"),
            "4:13: groups[0].rules[0].record: a recorded name has no braces; did you mean `expr`?",
        ),
        (
            ONE_RULE.replace("alert", "record") + "    for: 1m\n",
            "6:10: groups[0].rules[0].for: a recording rule has no `for`",
        ),
        (
            ONE_RULE.replace("alert", "record") + "    keep_firing_for: 1m\n",
            "6:22: groups[0].rules[0].keep_firing_for: a recording rule has no `keep_firing_for`",
        ),
        (
            ONE_RULE.replace("alert", "record") + "    annotations: {a: b}\n",
            "6:18: groups[0].rules[0].annotations: a recording rule has no `annotations`",
        ),
    ],
)
def test_one_mistake_and_where_it_is(text: str, expected: str) -> None:
    assert mistakes(text) == [f"rules.yml:{expected}"]


@pytest.mark.parametrize(
    ("rest", "place"),
    [
        ("    labels: {a: 'x {{ nope }}'}\n", "6:23"),
        ('    labels: {a: "x {{ nope }}"}\n', "6:23"),
        ("    labels:\n      a: x {{ nope }}\n", "7:15"),
        ("    labels:\n      a: |\n        one\n        two {{ nope }}\n", "9:16"),
        ("    labels:\n      a: |2-\n          one\n        two {{ nope }}\n", "7:10"),
        ("    labels:\n      a: >\n        one\n        two {{ nope }}\n", "7:10"),
        ('    labels: {a: "\\t\\t{{ nope }}"}\n', "6:17"),
        ("    labels: {a: 'it''s {{ nope }}'}\n", "6:17"),
        ("    labels: {b: &x '{{ nope }}', a: *x}\n", "6:17"),
    ],
)
def test_the_place_inside_a_text_is_said_where_yaml_lets_us_find_it(rest: str, place: str) -> None:
    assert mistakes(ONE_RULE + rest)[0].startswith(f"rules.yml:{place}: ")


@pytest.mark.parametrize(
    ("expr", "place"),
    [
        ("1 + nosuch(up)", "5:15"),
        ("'1 + nosuch(up)'", "5:16"),
        ("|\n      1 +\n        nosuch(up)", "7:9"),
        ("nosuch(nosuch)", "5:11"),
        ("up ==", "5:11"),
    ],
)
def test_the_place_inside_an_expression(expr: str, place: str) -> None:
    (mistake,) = mistakes(ONE_RULE.replace("up\n", f"{expr}\n"))
    assert mistake.startswith(f"rules.yml:{place}: groups[0].rules[0].expr: ")


def test_every_mistake_at_once() -> None:
    assert mistakes("""
groups:
  - name: g
    interval: 5
    rules:
      - alert: A
        expr: nosuch(x)
        fro: 5m
      - alert: [x]
        expr: {}
      - record: {}
      - just a text
      - alert: B
        expr: up
        annotations: {a: '{{ nope }}'}
  - name: {}
    rules:
      - expr: up
  - name: g
  - 3
""") == [
        "rules.yml:4:15: groups[0].interval: not a duration: '5'; write it like 90s, 15m, 1h30m or 2d",
        "rules.yml:7:15: groups[0].rules[0].expr: unknown function with name 'nosuch'",
        "rules.yml:8:9: groups[0].rules[0].fro: unknown key 'fro'; did you mean 'for'?",
        "rules.yml:9:16: groups[0].rules[1].alert: a text is needed here",
        "rules.yml:10:15: groups[0].rules[1].expr: a text is needed here",
        "rules.yml:11:9: groups[0].rules[2].expr: a rule needs an expression",
        "rules.yml:11:17: groups[0].rules[2].record: a text is needed here",
        "rules.yml:12:9: groups[0].rules[3]: a mapping is needed here: `key: value`",
        'rules.yml:15:30: groups[0].rules[4].annotations.a: function "nope" not defined',
        "rules.yml:16:11: groups[1].name: a text is needed here",
        "rules.yml:18:9: groups[1].rules[0]: a rule needs a name: write `alert` or `record`",
        "rules.yml:19:11: groups[2].name: another group of this file is called 'g'; rename one",
        "rules.yml:20:5: groups[3]: a mapping is needed here: `key: value`",
    ]
