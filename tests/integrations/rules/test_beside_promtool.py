"""Our reading of rule files and templates beside promtool's: the same verdict on each file, the same text."""

import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from bot.errors import DocumentError
from bot.model.labels import LabelSet
from bot.model.sample import Sample
from bot.rules.spec import read_groups
from bot.rules.template import Answers, Data, parse, render
from tests.house.tree import ROOT

MINUTE = timedelta(minutes=1)
GROUP = "groups:\n- name: g\n  "
RULE = "groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up\n    "
RECORD = "groups:\n- name: g\n  rules:\n  - record: r\n    expr: up\n    "


def expr(text: str) -> str:
    return f"groups:\n- name: g\n  rules:\n  - alert: A\n    expr: |\n      {text}\n"


def files() -> list[Path]:
    """The rules we ship, and those of public projects where they are at hand."""
    corpora = os.environ.get("TOCSIN_CORPORA")
    public = [
        file
        for folder in ("awesome-prometheus-alerts", "kubernetes-mixin")
        for file in (Path(corpora) / folder if corpora else ROOT / "none").glob("*.y*ml")
    ]
    return sorted([*(ROOT / "rules" / "prometheus").glob("*.yaml"), *public])


VERDICTS = [
    "",
    "groups:\n",
    "groups: 3\n",
    "- a\n",
    "foo: 1\n",
    "groups: [\n",
    "groups:\n\t- name: g\n",
    "groups:\n- rules: []\n",
    "groups:\n- name: ''\n",
    "groups:\n- name: g\n- name: g\n",
    "groups:\n- {name: g, name: h}\n",
    "groups:\n- &a {name: g}\n- {<<: *a, name: h}\n",
    "x: &a {name: g}\ngroups: [*a]\n",
    *(GROUP + f"interval: {text}\n" for text in ("5", "0", "''", "1m30s", "1.5m", "-1m", "30s1m", "0s", "'1m '", "1y")),
    *(GROUP + f"limit: {text}\n" for text in ("5", "-1", "x", "''", "~", "010")),
    *(GROUP + f"labels: {text}\n" for text in ("{a: b}", "{__name__: b}", "{'': b}", "{'a-b': c}", "[a]", "{a: [b]}")),
    GROUP + "query_offset: 1m\n",
    GROUP + "partial_response_strategy: warn\n",
    GROUP + "rules: ~\n",
    GROUP + "rules:\n  - {}\n",
    GROUP + "rules:\n  - expr: up\n",
    GROUP + "rules:\n  - alert: A\n",
    RULE + "record: r\n",
    RULE + "alert: B\n",
    RULE + "foo: 1\n",
    RULE + "for: ~\n    labels: ~\n    annotations: ~\n",
    RULE + "labels: {a: 1.0, b: on, c: ~, d: 012, e: 2024-01-01, alertname: x}\n",
    RULE + "labels: {a: '{{ nope }}'}\n",
    RULE + "annotations: {a: '{{ $value '}\n",
    RULE + "annotations: {a: '{{ $x }}'}\n",
    RULE + "annotations: {a: '{{ if }}{{ end }}'}\n",
    RULE + "annotations: {a: '{{{ $value }}'}\n",
    RULE + "annotations: {a: '{{ $labels.a | humanize | printf \"%s\" }}'}\n",
    RULE + "annotations: {'': b}\n",
    RULE + "annotations: {'a-b c': d, __name__: e}\n",
    RULE + "\n---\nanother: document\n",
    RECORD + "for: 1m\n",
    RECORD + "for: 0s\n",
    RECORD + "keep_firing_for: 1m\n",
    RECORD + "annotations: {}\n",
    RECORD + "annotations: {a: b}\n",
    RECORD + "labels: {a: '{{ nope }}'}\n",
    RECORD.replace("record: r", "record: 'a b'"),
    RECORD.replace("record: r", "record: 'a{b}'"),
    RULE.replace("alert: A", "alert: 'a b {x} é'"),
    *map(
        expr,
        (
            "1",
            "up ==",
            "up[5m]",
            '"x"',
            "x > 1_000",
            "x > 5m",
            'foo{"a.b"="c"}',
            '{"a.b"}',
            "sum(x) by (a,)",
            "x @ end()",
            "rate(x[5m:])",
            "x offset -5m",
            'x{a=~"(?!a)"}',
            "x atan2 y",
            "rate(x[1y2w3d4h5m6s7ms])",
            "x or on() vector(0)",
            "x{a='b'} # c",
            "x{a=`b`}",
            '{a=""}',
            'x{a="b" b="c"}',
            r'a{b="\\d"}',
            r'a{b="\d"}',
            "a and bool b",
            "a == bool 1",
            "1 == 1",
            "a * on(x) group_left(y) b",
            "a * on(x) group_left(x) b",
            "x[5m] > 1",
            "-x ^ 2",
            "sum(",
            "nosuch(x)",
            "rate(x)",
        ),
    ),
]

TEMPLATES = [
    "{{ $value }} {{ $labels }} {{ . }}",
    "{{ $labels.alertname }}|{{ $labels.a }}|{{ $labels.nope }}",
    "{{ $labels.a.b }}",
    "{{ gt $value 1 }}",
    "{{ if gt $value 0.5 }}much{{ else }}little{{ end }}",
    '{{ with query "test" }}{{ . | first | label "a" }} {{ (. | first).Labels.__name__ }}{{ end }}',
    '{{ range query "test" | sortByLabel "a" }}{{ .Labels.a }}={{ .Value }};{{ end }}',
    '{{ query "none" | first }}',
    '{{ title "hello wORLD foo-bar it\'s o.k. 3rd a_b" }} {{ toUpper "straße" }} {{ toLower "ÀÉ" }}',
    '{{ reReplaceAll "(a)(b)?" "$1-$2-${1}x-$1x-$$-$9-$" "ab a" }} {{ match "^b" "ab" }}',
    '{{ match "(" "x" }}',
    '{{ reReplaceAll "a**" "" "x" }}',
    '{{ stripPort "h:1" }} {{ stripPort "[::1]:80" }} {{ stripDomain "a.b.c:80" }} {{ stripDomain "10.0.0.1:80" }}',
    '{{ graphLink "up > 1 & x" }} {{ tableLink "a+b c" }} {{ parseDuration "1h30m" }}',
    '{{ humanize "12345" }} {{ humanize 5 }} {{ humanize "inf" }}',
    '{{ humanize "abc" }}',
    "{{ humanize $labels }}",
    '{{ printf "%d %s %v %5.1f %q %x %T" $value $value $value $value "é" 255 $labels }}',
    '{{ define "x" }}hi {{ . }}{{ end }}{{ template "x" $value }}',
    '{{ template "x" }}',
    "{{- /* nothing */ -}}  x {{- 1 }} {{ 2 -}}  y",
    "{{ range 3 }}{{ . }}{{ end }}",
    *(
        f"{{{{ {value} | {function} }}}}"
        for function in ("humanize", "humanize1024", "humanizeDuration", "humanizePercentage", "humanizeTimestamp")
        for value in ("0", "1e-7", "0.5", "59.9", "-90061.5", "1023.9", "1e6", "1435065584.128", '"nan"', '"-inf"')
    ),
]
LABELS = LabelSet({"__name__": "test", "a": "b"})
ANSWERS: Answers = {
    "test": (
        Sample(labels=LABELS, value=1.0),
        Sample(labels=LabelSet({"__name__": "test", "a": "a"}), value=2.0),
    ),
    "none": (),
}


@pytest.mark.parametrize("file", files(), ids=lambda file: file.stem)
def test_files_people_use_load(file: Path) -> None:
    written = yaml.safe_load(file.read_text())["groups"]
    groups = read_groups(file.read_text(), str(file), source="prom", default_interval=MINUTE)
    assert [(group.name, len(group.rules)) for group in groups] == [
        (group["name"], len(group["rules"])) for group in written
    ]


def test_the_same_verdict_on_every_file(promtool: str, tmp_path: Path) -> None:
    for number, text in enumerate(VERDICTS):
        (tmp_path / f"{number}.yml").write_text(text)
    checked = subprocess.run(
        [promtool, "check", "rules", "--lint=none", *(f"{number}.yml" for number in range(len(VERDICTS)))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 1, checked.stderr
    refused = {int(name) for name in re.findall(r"^(?:.*/)?(\d+)\.yml: ", checked.stderr, re.MULTILINE)}
    for number, text in enumerate(VERDICTS):
        assert ours(text) == (number not in refused), f"{text}\npromtool: {checked.stderr}"


def ours(text: str) -> bool:
    try:
        read_groups(text, "rules.yml", source="prom", default_interval=MINUTE)
    except DocumentError:
        return False
    return True


def filled(text: str, alert: str) -> str:
    written = render(parse(text, alert), Data(labels=LABELS, value=1.0, at=datetime(1970, 1, 1, tzinfo=UTC)), ANSWERS)
    assert isinstance(written, str)
    return written


def test_the_same_texts(promtool: str, tmp_path: Path) -> None:
    rules = [
        {"alert": f"T{number}", "expr": 'test{a="b"}', "annotations": {"text": text}}
        for number, text in enumerate(TEMPLATES)
    ]
    expected = [
        {
            "alertname": f"T{number}",
            "eval_time": "0m",
            "exp_alerts": [
                {
                    "exp_labels": {"a": "b"},
                    "exp_annotations": {"text": filled(text, f"T{number}")},
                }
            ],
        }
        for number, text in enumerate(TEMPLATES)
    ]
    series = [{"series": f'test{{a="{label}"}}', "values": value} for label, value in (("b", "1"), ("a", "2"))]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}))
    (tmp_path / "test.yml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yml"], "tests": [{"input_series": series, "alert_rule_test": expected}]})
    )
    tested = subprocess.run(
        [promtool, "test", "rules", "test.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr
