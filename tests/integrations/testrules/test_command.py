"""`tocsin test rules` as people use it: what it says, where, and with which exit status."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.cli.main import main
from bot.errors import StartError
from bot.integrations.prometheus.scratch import find

RULES = """
groups:
- name: g
  rules:
  - {alert: Full, expr: disk > 0.9, for: 2m, labels: {severity: page}, annotations: {summary: "{{ $value }} full"}}
"""
TESTS = """\
rule_files: [rules.yml]
tests:
- name: a disk fills up
  input_series: [{series: 'disk{host="a"}', values: '0.95x9'}, {series: 'disk{host="b"}', values: '0 0 0.99x9'}]
  alert_rule_test:
  - {eval_time: 1m, alertname: Full}
  - eval_time: 3m
    alertname: Full
    exp_alerts:
    - {exp_labels: {host: a, severity: page}, exp_annotations: {summary: 0.95 full}}
- name: a disk has room
  input_series: [{series: disk, values: '0.1x9'}]
  alert_rule_test: [{eval_time: 5m, alertname: Full}]
"""
HISTOGRAMS = """
rule_files: [histograms.rules]
tests:
- input_series: [{series: h, values: '{{schema:0 sum:1 count:1 buckets:[1]}}x5'}]
  promql_expr_test: [{expr: '1', eval_time: 2m, exp_samples: [{value: 1}]}]
"""


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str


class Shell:
    """The command, in a folder of its own."""

    def __init__(self, binary: str, capsys: pytest.CaptureFixture[str]) -> None:
        self._binary = binary
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Said:
        status = main(["test", "rules", "--prometheus", self._binary, *arguments])
        said = self._capsys.readouterr()
        return Said(status, said.out, said.err)


@pytest.fixture
def shell(
    prometheus_binary: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    Path("rules.yml").write_text(RULES)
    Path("good.test").write_text(TESTS)
    Path("bad.test").write_text(TESTS.replace("severity: page", "severity: ticket").replace("0.95 full", "0.95 fall"))
    return Shell(prometheus_binary, capsys)


def test_all_is_as_expected(shell: Shell) -> None:
    said = shell("good.test")
    assert said.status == 0
    assert said.out.startswith("good.test: 2 of 2 as expected, ")
    assert said.out.endswith("2 tests: all as expected\n")


def test_what_differs_is_said_label_by_label_with_its_place(shell: Shell) -> None:
    said = shell("bad.test", "good.test")
    assert said.status == 1
    assert (
        """\
  a disk fills up
    bad.test:7:5: Full at 3m is not as expected
      differs: {alertname="Full", host="a", severity="ticket"}
        label severity
          expected  "ticket"
          came      "page"
        annotation summary
          expected  "0.95 fall"
          came      "0.95 full"
      pending since 2m, not firing yet: {alertname="Full", host="b", severity="page"}
good.test: 2 of 2 as expected"""
        in said.out
    )
    assert said.out.endswith("4 tests: 1 not as expected\n")


def test_what_did_not_come_and_what_nobody_expected(shell: Shell) -> None:
    Path("other.test").write_text(
        TESTS.replace("eval_time: 3m", "eval_time: 1m").replace("{eval_time: 1m, ", "{eval_time: 5m, ")
    )
    said = shell("other.test")
    assert 'expected, and did not come: {alertname="Full", host="a", severity="page"}' in said.out
    assert 'came, and was not expected: {alertname="Full", host="b", severity="page"}' in said.out
    assert "annotation summary: 0.99 full" in said.out


def test_a_name_that_no_rule_has(shell: Shell) -> None:
    Path("other.test").write_text(TESTS.replace("alertname: Full\n", "alertname: Fall\n"))
    said = shell("other.test")
    assert "no alert of these rule files has this name; did you mean 'Full'?" in said.out


def test_every_mistake_of_every_file_at_once_and_the_others_are_played(shell: Shell) -> None:
    Path("broken.test").write_text(
        TESTS.replace("0.95x9", "0.95x").replace("eval_time: 1m", "eval_time: 1 m").replace("exp_labels", "explabels")
    )
    Path("rules2.yml").write_text(RULES.replace("for: 2m", "for: 2"))
    Path("other.test").write_text(TESTS.replace("rules.yml", "rules2.yml"))
    said = shell("broken.test", "other.test", "good.test")
    assert said.status == 1
    assert "broken.test: not played\n" in said.out
    assert "  broken.test:10:8: tests[0].alert_rule_test[1].exp_alerts[0].explabels: unknown key" in said.out
    assert "  broken.test:6:17: tests[0].alert_rule_test[0].eval_time: not a duration: '1 m'" in said.out
    assert "  rules2.yml:5:42: groups[0].rules[0].for: not a duration" in said.out
    assert "good.test: 2 of 2 as expected" in said.out
    assert said.out.endswith("2 tests: all as expected; 2 of 3 files cannot be played\n")


def test_a_mistake_in_the_values_says_what_to_write(shell: Shell) -> None:
    Path("broken.test").write_text(TESTS.replace("0.95x9", "0.95x"))
    assert "broken.test:4:53: tests[0].input_series[0].values: how many times?" in shell("broken.test").out


def test_only_those_asked_for(shell: Shell) -> None:
    said = shell("--run", "room$", "bad.test")
    assert said.status == 0
    assert said.out.endswith("1 test: all as expected\n")


def test_for_programs(shell: Shell) -> None:
    said = shell("--format", "json", "bad.test")
    answer = json.loads(said.out)
    assert answer["holds"] is False
    bad, good = answer["tests"]
    assert (bad["holds"], good["holds"]) == (False, True)
    assert bad["mismatches"][0]["place"] == "bad.test:7:5"
    assert bad["mismatches"][0]["different"][0]["came"]["label severity"] == "page"


def test_for_ci(shell: Shell) -> None:
    Path("broken.test").write_text("nonsense: 1\n")
    shell("--junit", "report.xml", "bad.test", "broken.test")
    root = ElementTree.parse("report.xml").getroot()
    assert {suite.get("name"): (suite.get("tests"), suite.get("failures")) for suite in root} == {
        "bad.test": ("2", "1"),
        "broken.test": ("1", "1"),
    }
    failure = root.find("testsuite[@name='bad.test']/testcase[@name='a disk fills up']/failure")
    assert failure is not None
    assert "bad.test:7:5: Full at 3m" in (failure.text or "")


def test_a_rule_sees_nothing_of_the_future(shell: Shell) -> None:
    Path("rules.yml").write_text("groups: [{name: g, rules: [{record: ahead, expr: foo offset -2m}]}]\n")
    ahead = "{expr: ahead, eval_time: 2m, exp_samples: [{labels: ahead, value: 2}]}"
    values = "tests: [{input_series: [{series: foo, values: 0+1x9}], "
    Path("future.test").write_text(f"rule_files: [rules.yml]\n{values}promql_expr_test: [{ahead}]}}]\n")
    assert shell("future.test").status == 0


def test_a_rule_that_fails_ends_the_test(shell: Shell) -> None:
    Path("rules.yml").write_text("groups: [{name: g, rules: [{record: r, expr: 'foo * on () bar'}]}]\n")
    two = ", ".join(f"{{series: 'foo{{a=\"{a}\"}}', values: 1x5}}" for a in (1, 2))
    Path("failing.test").write_text(
        f"rule_files: [rules.yml]\ntests: [{{input_series: [{two}, {{series: bar, values: _ 1x5}}], "
        "alert_rule_test: [{alertname: A, eval_time: 3m}]}]\n"
    )
    said = shell("failing.test")
    assert said.status == 1
    assert "failing.test:2:9: the rule r fails: " in said.out
    assert "many-to-many" in said.out or "multiple matches" in said.out
    assert said.out.count(", at 1m") == 1
    assert ", at 2m" not in said.out


def test_a_rule_that_would_record_native_histograms_fails_and_says_so(shell: Shell) -> None:
    Path("histograms.rules").write_text("groups: [{name: g, rules: [{record: r, expr: 'rate(h[5m])'}]}]\n")
    Path("histograms.test").write_text(HISTOGRAMS)
    said = shell("histograms.test")
    assert said.status == 1
    assert "the rule r fails: a native histogram cannot be recorded: Tocsin writes numbers only, at 1m" in said.out


def test_nothing_to_look_at(shell: Shell, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = shell("nosuch.test")
    assert (said.status, said.err) == (
        2,
        "tocsin: there is no file nosuch.test\n  name unit-test files, as promtool has them\n",
    )
    (tmp_path / "no-prometheus").write_text("#!/bin/sh\necho I am not Prometheus\n")
    assert main(["test", "rules", "--prometheus", "no-prometheus", "good.test"]) == 2
    assert "no-prometheus is no program that can be run" in capsys.readouterr().err
    (tmp_path / "no-prometheus").chmod(0o755)
    assert main(["test", "rules", "--prometheus", "no-prometheus", "good.test"]) == 2
    assert "did not get ready: I am not Prometheus" in capsys.readouterr().err


def test_where_a_prometheus_is_found(tmp_path: Path, prometheus_binary: str) -> None:
    made = []
    for folder in ("named", "variable", "path", "cache/servers/bin"):
        binary = tmp_path / folder / "prometheus"
        binary.parent.mkdir(parents=True)
        binary.write_text("")
        binary.chmod(0o755)
        made.append(binary)
    named, variable, on_path, cached = made
    env = {"PATH": str(on_path.parent), "TOCSIN_CACHE": str(tmp_path / "cache"), "TOCSIN_PROMETHEUS": str(variable)}
    assert find(named, env) == named
    assert find(None, env) == variable
    del env["TOCSIN_PROMETHEUS"]
    assert find(None, env) == on_path
    env["PATH"] = str(tmp_path)
    assert find(None, env) == cached
    cached.unlink()
    with pytest.raises(StartError) as none:
        find(None, env)
    assert "tests/servers/install prometheus" in none.value.hint


def test_nothing_is_left_behind(shell: Shell, tmp_path: Path, prometheus_binary: str) -> None:
    folder = tmp_path / "scratch"
    folder.mkdir()
    argv = [sys.executable, "-m", "bot", "test", "rules", "--prometheus", prometheus_binary, "good.test"]
    subprocess.run(argv, env={**os.environ, "TMPDIR": str(folder)}, stdout=subprocess.DEVNULL, check=True, timeout=60)
    assert list(folder.iterdir()) == []
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(folder) not in running
