"""Our templates beside promtool's: the same text."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import yaml

from bot.model.labels import LabelSet
from bot.model.sample import Sample
from bot.rules.template import Answers, Data, parse, render

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
    '{{ toTime "1435065584.128" }} {{ (toTime 1435065584.9).Unix }} {{ (toTime $value).Year }} {{ 1e9 | toTime }}',
    '{{ (toTime 1643114203.5).Format "2006-01-02T15:04:05.000Z07:00 Mon Monday Jan January _2 2 1 3 03 PM pm 06" }}',
    '{{ (toTime 0).Format "-0700 -07:00 -07 Z0700 .00 .99 05,000 05.99 002 __2 _2006 4 5 Mond Janu" }}',
    "{{ (toTime 1643114203).Month }} {{ (toTime 1643114203).Weekday }} {{ (toTime 1643114203).YearDay }}",
    "{{ (toTime 90061).Hour }}:{{ (toTime 90061).Minute }}:{{ (toTime 90061).Second }} {{ (toTime 1).UnixMilli }}",
    "{{ (toTime 5).Sub (toTime 3.5) }} {{ ((toTime 90061.5).Sub (toTime 0)).Hours }} {{ (toTime 5).After (toTime 6) }}",
    "{{ ((toTime 90061.5).Sub (toTime 0)).Round 1000000000 }} {{ ((toTime 9.9).Sub (toTime 0)).Truncate 1000000000 }}",
    "{{ (toTime 0).Add 3600000000000 }} {{ (toTime 0).AddDate 1 13 31 }} {{ (toTime 5).Equal (toTime 5) }}",
    "{{ gt ((toTime 5).Sub (toTime 3)) 1000 }} {{ if (toTime 0).Sub (toTime 0) }}yes{{ else }}no{{ end }}",
    "{{ (toTime 5).Nope }}",
    "{{ (toTime 5).Format }}",
    "{{ (toTime 5).Year 3 }}",
    "{{ (toTime 5).Add 1.5 }}",
    "{{ (toTime 5).Sub 3 }}",
    '{{ toTime "x" }}',
    '{{ toTime "inf" }}',
    "{{ toTime 1e300 }}",
    "{{ gt (toTime 5) (toTime 3) }}",
    '{{ printf "%v|%s|%q|%30s" (toTime 5) (toTime 5) (toTime 5) (toTime 5) }} {{ eq (toTime 5) (toTime 5) }}',
    '{{ printf "%v %d %s %T" ((toTime 1.5).Sub (toTime 0)) ((toTime 1.5).Sub (toTime 0)) (toTime 5).Month 2.5 }}',
    "{{ (toTime 1.0005).Sub (toTime 0) }} {{ (toTime 0).Sub (toTime 0.25) }} {{ (toTime 7322).Sub (toTime 0) }}",
    "{{ .Value.x }} {{ 2i }} {{ len .Value }}",
    '{{ toUpper "a\\xff" }}|{{ slice "é" 0 2 }}|{{ printf "%q" "\\xff" }}',
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
