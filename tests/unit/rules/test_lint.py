"""What lint finds, and above all what it leaves alone."""

from datetime import timedelta

import pytest

from bot.documents import read
from bot.rules.lint import CHECKS, Advice, Read, checks_table, lint
from bot.rules.spec import groups

CALM = "for: 5m, labels: {severity: page}, annotations: {runbook_url: x}"
SCRAPE = timedelta(seconds=15)


def found_in(*texts: str) -> list[Advice]:
    files = []
    for at, text in enumerate(texts):
        document = read(text, f"{at}.yml")
        made = groups(document, source="-", default_interval=timedelta(minutes=1))
        files.append(Read(document=document, groups=made))
    return list(lint(files, scrape_interval=SCRAPE))


def checks_of(rule: str) -> list[str]:
    return [one.check for one in found_in(f"groups: [{{name: g, rules: [{rule}]}}]\n")]


def checks_of_expr(expr: str) -> list[str]:
    quoted = expr.replace("'", "''")
    return checks_of(f"{{alert: A, expr: '{quoted}', {CALM}}}")


@pytest.mark.parametrize(
    ("rule", "checks"),
    [
        (f"{{alert: A, expr: up == 0, {CALM}}}", []),
        ("{alert: A, expr: up == 0}", ["no-for", "no-runbook", "no-severity"]),
        ("{alert: A, expr: up == 0, for: 1m, labels: {severity: x}}", ["no-runbook"]),
        ("{alert: A, expr: 'increase(x_total[1h]) > 0', labels: {severity: x}, annotations: {runbook_url: x}}", []),
        ("{alert: A, expr: 'a unless b', labels: {severity: x}, annotations: {runbook_url: x}}", []),
        (f"{{alert: A, expr: up == 0, {CALM.replace('page', '{{ $labels.how }}')}}}".replace("{{ $", "'{{ $"), None),
        ("{record: 'a:b', expr: up == 0}", []),
    ],
)
def test_what_an_alert_should_say_of_itself(rule: str, checks: list[str] | None) -> None:
    if checks is not None:
        assert checks_of(rule) == checks


@pytest.mark.parametrize(
    "expr",
    [
        "up > 1",
        "up == 2",
        "max by (job) (up) > 1",
        "rate(x_total[5m]) < 0",
        "count(up) == 0",
        "count by (job) (up) < 1",
        'absent(up{job="x"}) == 0',
        "hour() > 23",
        "(x > 5) < 3",
        "x > 5 and x < 3",
        "x == 5 and x == 3",
        "x > 5 and x <= 5",
        'sum(rate(a{code="500"}[5m])) / sum(rate(a[5m])) > 5',
        '100 * (sum(rate(a{code="500"}[5m])) / sum(rate(a[5m]))) > 100',
        'x{a="1", a="2"} > 1',
        'x{a="1", a!="1"} > 1',
    ],
)
def test_what_can_never_fire_is_found(expr: str) -> None:
    assert checks_of_expr(expr) == ["never-fires"]


@pytest.mark.parametrize(
    "expr",
    [
        "up < 1",
        "up == 0",
        "rate(x_total[5m]) > 0",
        "rate(x_total[5m]) == 0",
        "count(up) < 5",
        "count(up) == 1",
        "absent(up) == 1",
        "absent(up)",
        "hour() > 22",
        "(x > 3) < 5",
        "x > 3 and x < 5",
        "x >= 5 and x <= 5",
        "x > 5 and y < 3",
        "x > 5 or x < 3",
        "x > 5 and on (job) x < 3",
        "sum(up) > 3",
        "delta(x[5m]) < 0",
        'sum(rate(a{code="500"}[5m])) / sum(rate(a[5m])) > 0.05',
        'sum(rate(a{code="500"}[5m])) / sum(rate(b[5m])) > 5',
        'sum(rate(a[5m])) / sum(rate(a{code="500"}[5m])) > 5',
        'sum(a{code="500"}) / sum(a) > 5',
        '100 * sum(rate(a{code="500"}[5m])) / sum(rate(a[5m])) > 5',
        'x{a="1", b="2"} > 1',
        'x{a!="1", a!="2"} > 1',
        "1 - up > 0",
        "up * 3 > 2",
    ],
)
def test_what_might_fire_is_left_alone(expr: str) -> None:
    assert checks_of_expr(expr) == []


def test_a_value_in_a_label_makes_another_alert_each_time() -> None:
    for text in ("{{ $value }}", "{{ $value | humanize }}", "{{ .Value }}", "{{ if gt $value 1.0 }}x{{ end }}"):
        labels = f'for: 5m, labels: {{severity: page, v: "{text}"}}, annotations: {{runbook_url: "{text}"}}'
        assert checks_of(f"{{alert: A, expr: up == 0, {labels}}}") == ["value-in-label"]
    calm = 'for: 5m, labels: {severity: page, v: "{{ $labels.Value }} $value"}, annotations: {runbook_url: x}'
    assert checks_of(f"{{alert: A, expr: up == 0, {calm}}}") == []


def test_equality_with_a_fraction_and_ranges_of_less_than_four_scrapes() -> None:
    assert checks_of_expr("x == 0.3") == ["float-equal"]
    assert checks_of_expr("x == 3") == []
    assert checks_of_expr("rate(x_total[30s]) > 1") == ["short-range"]
    assert checks_of_expr("rate(x_total[1m]) > 1") == []
    assert checks_of_expr("max_over_time(x[30s]) > 1") == []


def test_rules_that_cannot_be_told_apart_are_found_across_files() -> None:
    one = f"groups: [{{name: g, rules: [{{alert: A, expr: up == 0, {CALM}}}]}}]\n"
    other = one.replace("name: g", "name: h").replace("up == 0", "up < 1")
    assert [(found.check, found.document.file, found.seen) for found in found_in(one, other)] == [
        ("duplicate", "1.yml", "the same name and labels as in group g of 0.yml")
    ]
    assert found_in(one, other.replace("severity: page", "severity: ticket")) == []
    parts = "groups: [{name: g, rules: [{record: 'a:b', expr: x}, {record: 'a:b', expr: y}]}]\n"
    assert found_in(parts) == []
    assert [found.check for found in found_in(parts.replace("expr: y", "expr: x"))] == ["duplicate"]


def test_every_finding_says_where_why_and_what_to_do_and_a_comment_silences_it() -> None:
    text = """\
groups:
  - name: g
    rules:
      - alert: First  # tocsin: ignore no-for, no-runbook
        expr: up == 0
      - alert: Second
        # tocsin: ignore no-runbook
        expr: |
          up > 1
"""
    found = found_in(text)
    assert [(one.rule, one.check, one.place.line) for one in found] == [
        ("First", "no-severity", 4),
        ("Second", "no-for", 8),
        ("Second", "no-severity", 6),
        ("Second", "never-fires", 8),
    ]
    assert found[-1].text == (
        "Second: up is from 0 to 1, and so never > 1: the rule watches nothing, and looks as if it did;"
        " correct the comparison; a ratio is between 0 and 1, a percentage between 0 and 100"
    )


def test_the_table_of_the_readme_names_every_check() -> None:
    table = checks_table()
    assert all(f"| `{name}` |" in table for name in CHECKS)
