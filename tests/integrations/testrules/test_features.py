"""Hand-made test files, one for each thing that promtool's format can say or gets wrong: the same verdict from both."""

from pathlib import Path

import pytest
import yaml

from tests.integrations.testrules.verdicts import of_ours, of_promtool
from tests.soak import sample

RULES = r"""
groups:
- name: first
  rules:
  - {record: twice, expr: foo * 2}
  - {record: four, expr: twice * 2}
  - alert: High
    expr: foo > 1
    for: 2m
    labels: {severity: page, none: "", of: "{{ $labels.job }}"}
    annotations: {summary: "{{ $value }} at {{ $externalURL }} in {{ $externalLabels.region }}", empty: ""}
  - {alert: Kept, expr: foo > 5, keep_firing_for: 3m}
  - {alert: Same, expr: foo > 1, labels: {from: one}}
- name: second
  rules:
  - {record: of_alerts, expr: 'count(ALERTS{alertstate="firing", alertname="High"})'}
  - {record: since, expr: 'ALERTS_FOR_STATE{alertname="High"}'}
  - {alert: Same, expr: foo > 1, labels: {from: two}}
  - {alert: Clock, expr: foo and on () (vector(time()) > 119) and on () hour() == 0}
  - {alert: Asking, expr: foo, annotations: {most: '{{ query "max(foo)" | first | value }}'}}
- name: late
  query_offset: 1m
  rules:
  - {record: late, expr: foo}
"""
REVERSED = """
groups:
- {name: b, rules: [{record: b, expr: a}]}
- {name: a, rules: [{record: a, expr: foo}]}
"""
FAILING = "groups: [{name: g, rules: [{record: r, expr: 'foo * on () bar'}]}]\n"
LIMITED = "groups: [{name: g, limit: 1, rules: [{alert: A, expr: foo}]}]\n"
CLASH = "groups: [{name: g, rules: [{record: r, expr: foo}, {record: r, expr: foo * 2}]}]\n"
UNSOUND = "groups: [{name: g, rules: [{alert: A, expr: 'foo >'}]}]\n"
SUBQUERY = "groups: [{name: g, rules: [{record: r, expr: 'count_over_time(foo[2m:])'}]}]\n"
HISTOGRAM = "groups: [{name: g, rules: [{alert: Slow, expr: 'histogram_quantile(0.5, h) > 1'}]}]\n"

TWO = ", ".join(f'{{series: "foo{{a=\\"{a}\\"}}", values: "1x5"}}' for a in "12")
BAR = '{series: bar, values: "1x5"}'
GROWS = "{{schema:1 sum:10 count:10 buckets:[1 2 7]}}+{{schema:1 sum:1 count:1 buckets:[1]}}x10"
ALL_PARTS = (
    "{{schema:3 sum:-2.5 count:9 z_bucket:2 z_bucket_w:0.001 buckets:[1 0 2] offset:-3 n_buckets:[4] n_offset:2}}"
)
FOO = '{series: "foo{job=\\"a\\"}", values: '


def story(expectation: str, series: str = FOO + '"0+1x20"}', rules: str = "rules.yml", head: str = "") -> str:
    return f"rule_files: [{rules}]\n{head}\ntests:\n- input_series: [{series}]\n  {expectation}\n"


def expr(text: str, at: str, *samples: str) -> str:
    listed = ", ".join(f"{{labels: {labels!r}, value: {value}}}" for labels, value in (s.split(" = ") for s in samples))
    return f"promql_expr_test: [{{expr: {text!r}, eval_time: {at}, exp_samples: [{listed}]}}]"


def alert(name: str, at: str, *alerts: str) -> str:
    return f"alert_rule_test: [{{alertname: {name}, eval_time: {at}, exp_alerts: [{', '.join(alerts)}]}}]"


HIGH = (
    '{exp_labels: {severity: page, job: a, of: a}, exp_annotations: {summary: "4 at  in <no value>", empty: ""}}',
    '{exp_labels: {severity: page, job: a, of: a}, exp_annotations: {summary: "4 at  in <no value>"}}',
    '{exp_labels: {severity: page, job: a, of: a}, exp_annotations: {summary: "4 at  in ", empty: ""}}',
    '{exp_labels: {severity: page, job: a, of: a, none: ""}, exp_annotations: {summary: "4 at  in ", empty: ""}}',
    '{exp_labels: {severity: page, job: a, of: a, alertname: B}, exp_annotations: {summary: "4 at  in ", empty: ""}}',
)
WORLD = '{exp_labels: {severity: page, job: a, of: a}, exp_annotations: {summary: "4 at http://x in eu", empty: ""}}'

FILES = {
    "empty": "",
    "nothing but tests": "tests: [{}]\n",
    "no rules": "rule_files: []\ntests: [{promql_expr_test: [{expr: '1', exp_samples: [{value: 1}]}]}]\n",
    "no such rule file": "rule_files: [none*.yml]\ntests: [{alert_rule_test: [{alertname: X, eval_time: 1m}]}]\n",
    "unsound rules, no tests": "rule_files: [unsound.yml]\n",
    "unsound rules": "rule_files: [unsound.yml]\ntests: [{name: x}]\n",
    "rules named twice": story(
        alert("Asking", "1m", "{exp_labels: {job: a}, exp_annotations: {most: 1}}"), rules="rules.yml, rul*.yml"
    ),
    "unknown key": "tests: [{nam: x}]\n",
    "key twice": "tests: [{name: x, name: y}]\n",
    "second document": "tests: []\n---\nnonsense: 1\n",
    "order names twice": "group_eval_order: [a, a]\n",
    "bad interval": "evaluation_interval: 5\n",
    "bad eval time": story(alert("High", "5")),
    "no alertname": story("alert_rule_test: [{eval_time: 1m}]"),
    "no expression": story("promql_expr_test: [{eval_time: 1m}]"),
    "not an expression": story(expr("foo +", "1m")),
    "a range": story(expr("foo[5m]", "1m")),
    "a text": story(expr('"x"', "1m")),
    "a failing expression": story(expr('foo * on () group_left () {__name__=~"foo|twice"}', "1m")),
    "recorded": story(expr("twice", "4m", 'twice{job="a"} = 8')),
    "recorded from recorded": story(expr("four", "4m", 'four{job="a"} = 16')),
    "recorded with an offset": story(expr("late", "4m", 'late{job="a"} = 3')),
    "recorded, wrongly": story(expr("twice", "4m", 'twice{job="a"} = 9')),
    "labels in any order": story(expr("foo + on (job) foo", "1m", '{job="a"} = 2')),
    "a scalar": story(expr("time()", "90s", "{} = 90")),
    "no labels at all": story("promql_expr_test: [{expr: sum(foo), eval_time: 1m, exp_samples: [{value: 1}]}]"),
    "an empty label": story(expr("foo", "1m", 'foo{job="a",x=""} = 1')),
    "an empty label without a name": story(expr("foo", "1m", '{__name__="foo",job="a",x=""} = 1')),
    "nan is not nan": story(expr("foo * NaN", "1m", '{job="a"} = .nan')),
    "infinity": story(expr("foo * Inf", "1m", '{job="a"} = .inf')),
    "infinity in words": story(expr("foo * Inf", "1m", '{job="a"} = Inf')),
    "an octal number": story(expr("foo * 8", "1m", '{job="a"} = 010')),
    "a quoted number": story(expr("foo", "1m", "foo{job=\"a\"} = '1'")),
    "nothing for a number": story(expr("foo * 0", "1m", '{job="a"} = ')),
    "broken labels": story(expr("foo", "1m", 'foo{job="a" = 1')),
    "one too many": story(expr("foo", "1m", 'foo{job="a"} = 1', "bar = 1")),
    "one too few": story(expr("foo or twice", "1m", 'foo{job="a"} = 1')),
    "the last bit": story(expr("foo * 0.1 + 0.2", "1m", '{job="a"} = 0.3')),
    "the last bit, fuzzily": story(expr("foo * 0.1 + 0.2", "1m", '{job="a"} = 0.3'), head="fuzzy_compare: yes"),
    "far off, fuzzily": story(expr("foo * 0.1 + 0.2", "1m", '{job="a"} = 0.3001'), head="fuzzy_compare: true"),
    "fuzzy is no number": story(expr("foo", "1m", 'foo{job="a"} = 1'), head="fuzzy_compare: 1"),
    "pending is not firing": story(alert("High", "3m")),
    "firing": story(alert("High", "4m", HIGH[2])),
    "no value": story(alert("High", "4m", HIGH[0])),
    "without the empty annotation": story(alert("High", "4m", HIGH[1])),
    "with an empty label": story(alert("High", "4m", HIGH[3])),
    "with another alertname": story(alert("High", "4m", HIGH[4])),
    "expected nothing": story(alert("High", "4m")),
    "seen between slots": story(alert("High", "4m30s", HIGH[2])),
    "the world outside": story(alert("High", "4m", WORLD) + "\n  external_labels: {region: eu}\n  external_url: http://x"),
    "two rules of one name": story(
        alert("Same", "3m", "{exp_labels: {job: a, from: two}}", "{exp_labels: {job: a, from: one}}")
    ),
    "one of two rules of one name": story(alert("Same", "3m", "{exp_labels: {job: a, from: two}}")),
    "no such alert": story(alert("Nosuch", "3m")),
    "kept firing": story(alert("Kept", "9m", "{exp_labels: {job: a}}"), series=FOO + '"0 0 9 9 9 9 0x20"}'),
    "kept firing, still": story(alert("Kept", "8m", "{exp_labels: {job: a}}"), series=FOO + '"0 0 9 9 9 9 0x20"}'),
    "the clock": story(alert("Clock", "2m", "{exp_labels: {job: a}}")),
    "before the clock": story(alert("Clock", "1m", "{exp_labels: {job: a}}")),
    "a query in a template": story(alert("Asking", "3m", "{exp_labels: {job: a}, exp_annotations: {most: 3}}")),
    "alerts are series": story(expr("of_alerts", "5m", "of_alerts = 1")),
    "alerts are series, too early": story(expr("of_alerts", "3m", "of_alerts = 1")),
    "since when": story(expr("since", "5m", 'since{alertname="High",job="a",of="a",severity="page"} = 120')),
    "samples after the last slot": story(
        expr("foo", "2m30s", 'foo{job="a"} = 4') + "\n  interval: 30s",
    ),
    "a look ahead": story(expr("foo offset -2m", "2m", 'foo{job="a"} = 2')),
    "a look ahead by a rule": story(expr("foo @ end()", "2m", 'foo{job="a"} = 2')),
    "too old to be seen": story(expr("foo", "7m"), series=FOO + '"1 1"}'),
    "stale": story(expr("foo", "2m"), series=FOO + '"1 1 stale"}'),
    "not stale": story(expr("foo", "2m", 'foo{job="a"} = 1'), series=FOO + '"1 1 _"}'),
    "the same series twice": story(expr("foo", "2m", 'foo{job="a"} = 7'), series=f'{FOO}"1x5"}}, {FOO}"7x5"}}'),
    "a recorded series is given": story(
        expr("twice", "2m"), series=FOO + '"0+1x5"}, {series: "twice{job=\\"a\\"}", values: "9x5"}'
    ),
    "a recorded series is given rightly": story(
        expr("twice", "2m", 'twice{job="a"} = 4'),
        series=FOO + '"0+1x5"}, {series: "twice{job=\\"a\\"}", values: "0+2x5"}',
    ),
    "order": story(expr("b", "0m", 'b{job="a"} = 0'), rules="reversed.yml", head="group_eval_order: [a, b]"),
    "the other order": story(expr("b", "0m", 'b{job="a"} = 0'), rules="reversed.yml", head="group_eval_order: [b, a]"),
    "a rule fails": story(expr("foo", "1m"), rules="failing.yml", series=f"{TWO}, {BAR}"),
    "too many alerts": story(alert("A", "1m"), rules="limited.yml", series=TWO),
    "two rules, one series": story(expr("1", "1m", "{} = 1"), rules="clash.yml"),
    "a subquery's step": story(
        expr("r", "4m", 'r{job="a"} = 4'), rules="subquery.yml", head="evaluation_interval: 30s"
    ),
    "a subquery's step of a minute": story(expr("r", "4m", 'r{job="a"} = 2'), rules="subquery.yml"),
    "slots of half a minute": story(alert("High", "3m30s"), head="evaluation_interval: 30s"),
    "a long interval": story(expr("foo", "1h", 'foo{job="a"} = 2') + "\n  interval: 30m"),
    "a trailing line break": story(expr("foo", "1m", 'foo{job="a"} = 1'), series=FOO + '"0 1\\n"}'),
    "an empty line": story(expr("bar", "1m", "bar = 1"), series=FOO + '"0 1\\n"}, {series: bar, values: "1x5"}'),
    "an empty line forgets": story(expr("bar", "1m"), series=FOO + '"0 1\\n"}, {series: bar, values: "1x5"}'),
    "a second series in the values": story(expr("bar", "1m", "bar = 2"), series=FOO + '"0 1\\nbar 1 2"}'),
    "a comment for a series": story(expr("bar", "1m"), series=f'{{series: "# x", values: "1"}}, {BAR}'),
    "histograms in a rule": story(
        alert("Slow", "1m", "{}"),
        rules="histogram.yml",
        series='{series: h, values: "{{schema:0 sum:10 count:4 buckets:[0 0 0 4]}}x5"}',
    ),
    "histograms in a rule, fast ones": story(
        alert("Slow", "1m", "{}"),
        rules="histogram.yml",
        series='{series: h, values: "{{schema:0 sum:1 count:4 buckets:[4]}}x5"}',
    ),
    "a histogram is expected": story(
        "promql_expr_test: [{expr: h, eval_time: 2m, exp_samples: [{labels: h, histogram: "
        '"{{schema:1 sum:12 count:12 counter_reset_hint:not_reset buckets:[3 2 7]}}"}]}]',
        rules="histogram.yml",
        series=f'{{series: h, values: "{GROWS}"}}',
    ),
    "another histogram is expected": story(
        "promql_expr_test: [{expr: h, eval_time: 2m, exp_samples: [{labels: h, histogram: "
        '"{{schema:1 sum:12 count:12 counter_reset_hint:not_reset buckets:[4 1 7]}}"}]}]',
        rules="histogram.yml",
        series=f'{{series: h, values: "{GROWS}"}}',
    ),
    "a histogram with all its parts": story(
        "promql_expr_test: [{expr: h, eval_time: 0m, exp_samples: [{labels: h, histogram: "
        f'"{ALL_PARTS}"}}]}}]',
        rules="histogram.yml",
        series=f'{{series: h, values: "{ALL_PARTS}"}}',
    ),
}  # fmt: skip
RULE_FILES = {
    "rules": RULES, "reversed": REVERSED, "failing": FAILING, "limited": LIMITED, "clash": CLASH, "unsound": UNSOUND,
    "subquery": SUBQUERY, "histogram": HISTOGRAM,
}  # fmt: skip


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("features")
    for name, text in RULE_FILES.items():
        (made / f"{name}.yml").write_text(text)
    for name, text in FILES.items():
        yaml.safe_load(text.split("---")[0])
        (made / f"{name}.test").write_text(text)
    return made


async def test_the_same_verdict_on_every_feature(folder: Path, promtool: str, prometheus_binary: str) -> None:
    names = sample(list(FILES), 24)
    files = [folder / f"{name}.test" for name in names]
    theirs, they_said = of_promtool(promtool, files)
    ours, we_said = await of_ours(prometheus_binary, files)
    assert {True, False} == set(theirs)
    different = [name for name, one, other in zip(names, theirs, ours, strict=True) if one != other]
    assert not different, f"{different}\n{they_said}\n{we_said}"
