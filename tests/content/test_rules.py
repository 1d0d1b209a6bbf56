"""Every rule we ship: Prometheus takes it, we take it, it has its story, and it says what to do."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from bot.alerts import deadmen
from bot.cli.main import main
from bot.model.rule import AlertRule
from bot.rules.spec import read_groups
from tests.house.tree import ROOT

RULES = sorted((ROOT / "rules" / "prometheus").glob("*.yaml"))
STORIES = sorted((ROOT / "rules" / "tests").glob("*.yaml"))
WELL = dict.fromkeys(["KubePodCrashLooping", "KubeImagePullFails"], '{pod="cart-1", container="cart"}') | {
    "KubeJobFailed": '{job_name="nightly"}'
}
RUNBOOKS = sorted((ROOT / "runbooks").rglob("*.yaml"))


def alerts(file: Path) -> list[AlertRule]:
    groups = read_groups(file.read_text(), file.name, source="prom", default_interval=timedelta(minutes=1))
    return [rule for group in groups for rule in group.rules if isinstance(rule, AlertRule)]


def test_there_are_some_and_each_file_has_its_stories() -> None:
    assert [file.stem for file in RULES] == [
        "databases",
        "hosts",
        "kubernetes",
        "network",
        "prometheus",
        "queues",
        "tocsin",
    ]
    assert [file.name for file in RULES] == [file.name for file in STORIES]


def test_prometheus_accepts_them_without_a_remark(promtool: str) -> None:
    checked = subprocess.run(
        [promtool, "check", "rules", "--lint=all", "--lint-fatal", *RULES], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_fires_when_it_must_and_only_then(promtool: str) -> None:
    tested = subprocess.run([promtool, "test", "rules", *STORIES], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_each_does_so_in_tocsin_too(prometheus_binary: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["test", "rules", "--prometheus", prometheus_binary, *map(str, STORIES)])
    assert status == 0, capsys.readouterr().out


def test_we_have_no_complaint_about_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # where no tocsin.yaml is
    assert main(["check", str(ROOT / "rules"), str(ROOT / "runbooks")]) == 0
    assert capsys.readouterr().out.endswith(": no mistakes\n")


@pytest.mark.parametrize("name", ["KubePodCrashLooping", "KubeImagePullFails", "KubeJobFailed"])
def test_what_is_well_is_seen_though_nothing_of_it_is_wrong(name: str, promtool: str, tmp_path: Path) -> None:
    """kube-state-metrics has no series for a reason or a failure that is not there; a rule without data cannot fire."""
    (rule,) = (one for one in alerts(ROOT / "rules" / "prometheus" / "kubernetes.yaml") if one.name == name)
    series = [
        'kube_pod_container_info{pod="cart-1", container="cart", image="cart:1"}',
        'kube_job_info{job_name="nightly"}',
    ]
    told = [{"series": one, "values": "1x10"} for one in series]
    asked = {"expr": rule.signal.expr, "eval_time": "9m", "exp_samples": [{"labels": WELL[name], "value": 0}]}
    story = {"tests": [{"interval": "1m", "input_series": told, "promql_expr_test": [asked]}]}
    (tmp_path / "story.yaml").write_text(yaml.safe_dump(story))
    played = subprocess.run(
        [promtool, "test", "rules", tmp_path / "story.yaml"], capture_output=True, text=True, check=False
    )
    assert played.returncode == 0, played.stdout + played.stderr


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_each_is_seen_to_fire_and_not_to(file: Path) -> None:
    stories = yaml.safe_load((ROOT / "rules" / "tests" / file.name).read_text())["tests"]
    told = [expected for story in stories for expected in story["alert_rule_test"]]
    for rule in alerts(file):
        fires = {bool(expected.get("exp_alerts")) for expected in told if expected["alertname"] == rule.name}
        assert fires == {True, False}, rule.name


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_each_says_how_grave_it_is_and_what_to_do(file: Path) -> None:
    runbooks = {yaml.safe_load(runbook.read_text())["runbook"] for runbook in RUNBOOKS}
    for rule in alerts(file):
        assert rule.labels["severity"] in ("warning", "critical"), rule.name
        assert rule.annotations["summary"], rule.name
        assert rule.annotations["description"].endswith((".", "?")), rule.name
        assert rule.annotations["runbook_url"].removeprefix("tocsin:") in runbooks, rule.name


def test_the_runbook_of_each_begins_with_it() -> None:
    """A runbook that an alert names is begun by that alert, and every runbook we ship has such an alert."""
    named = {rule.name: rule.annotations["runbook_url"] for file in RULES for rule in alerts(file)}
    named[deadmen.ALERT] = "tocsin:deadman-missing"  # which Tocsin itself raises
    begun = {
        trigger["match"]["alertname"]: f"tocsin:{runbook['runbook']}"
        for runbook in map(yaml.safe_load, (file.read_text() for file in RUNBOOKS))
        for trigger in runbook["triggers"]
    }
    assert begun == named


def test_no_two_have_the_same_name() -> None:
    names = [rule.name for file in RULES for rule in alerts(file)]
    assert sorted(set(names)) == sorted(names)
