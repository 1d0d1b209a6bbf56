"""deploy/README.md: the settings it shows are settings Tocsin takes, and what it names is there."""

import re

import helm_python
import pytest
import yaml

from bot.config.schema import Config
from tests.house.tree import ROOT

README = (ROOT / "deploy" / "README.md").read_text()
EXAMPLES = {name: yaml.safe_load(text) for name, text in re.findall(r"```yaml\n# (\S+)\n(.*?)```", README, re.DOTALL)}


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name.endswith("tocsin.yaml")])
def test_tocsin_takes_the_settings(name: str) -> None:
    said = EXAMPLES[name]
    for person in said.get("people", []):
        person["token"] = "as if read from its file"
    assert Config.model_validate(said).rules


def test_the_chart_takes_the_values() -> None:
    with helm_python.Chart.load(ROOT / "deploy" / "helm" / "tocsin") as chart:
        assert "kind: StatefulSet" in chart.render(EXAMPLES["my-values.yaml"])["tocsin/templates/workload.yaml"]


def test_every_example_is_tried() -> None:
    assert sorted(EXAMPLES) == [
        "/etc/tocsin/tocsin.yaml",
        "deploy/config/tocsin.yaml",
        "my-values.yaml",
        "prometheus.yml",
    ]


def test_what_it_names_is_there() -> None:
    table = re.findall(r"^\| `(.+?)` \|", README.split("\n## ")[0], re.MULTILINE)
    named = [name for cell in table for name in cell.split("`, `")]
    assert len(named) >= 5
    assert [name for name in named if not (ROOT / "deploy" / name).exists()] == []
