"""The alerts that watch Tocsin: Prometheus accepts them, each has its story, and the metrics they ask for exist."""

import re
import shutil
import subprocess
from pathlib import Path

import yaml

from bot.kit.telemetry import Telemetry
from tests.house.tree import ROOT

ALERTS = ROOT / "deploy" / "alerts" / "tocsin.yaml"
STORIES = Path(__file__).with_name("alerts_test.yaml")


def alerts() -> list[dict[str, str]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def test_prometheus_accepts_them(promtool: str) -> None:
    checked = subprocess.run([promtool, "check", "rules", ALERTS], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_each_fires_when_it_must_and_only_then(promtool: str, tmp_path: Path) -> None:
    shutil.copy(ALERTS, tmp_path / "alerts.yaml")
    shutil.copy(STORIES, tmp_path)
    command = [promtool, "test", "rules", STORIES.name]
    tested = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_each_has_a_story_and_says_what_to_do() -> None:
    stories = STORIES.read_text()
    named = [alert["alert"] for alert in alerts()]
    assert named
    assert [name for name in named if stories.count(f'"{name}"') == 0] == []
    assert [alert["alert"] for alert in alerts() if not alert["annotations"]["description"]] == []


def test_the_metrics_they_ask_for_are_those_tocsin_has() -> None:
    telemetry = Telemetry()
    telemetry.knows("prom")
    exposed = set(re.findall(r"^# TYPE (\w+)", telemetry.exposition()[0].decode(), re.MULTILINE))
    asked = {name for alert in alerts() for name in re.findall(r"\btocsin_\w+", alert["expr"])}
    assert asked
    assert asked - exposed == set()
