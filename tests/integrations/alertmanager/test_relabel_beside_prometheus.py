"""Relabelling as a real Prometheus does it: each case is a target of its own to it, with steps of its own."""

import json
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from bot.integrations.alertmanager.config import RelabelConfig
from bot.rules.relabel import relabel
from tests.servers import PrometheusServer

LABELS = {
    "a": "foo",
    "b": "Bar-Ünïté ß Σ",
    "c": "10.0.0.1:9100",
    "same": "foo",
    "lines": "one\ntwo",
    "__tmp": "hidden",
    "dollar": "$1 costs $$",
    "team_db": "blue",
    "team_web": "red",
}
CASES: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "replace with all defaults": [{"target_label": "new"}],
    "replace by a constant": [{"target_label": "new", "replacement": "x"}],
    "replace a part": [{"source_labels": ["c"], "regex": "(.+):\\d+", "target_label": "host"}],
    "replace without a match": [{"source_labels": ["a"], "regex": "f", "target_label": "a", "replacement": "x"}],
    "replace over lines": [{"source_labels": ["lines"], "regex": "one.(two)", "target_label": "lines"}],
    "join two": [{"source_labels": ["a", "c"], "target_label": "both"}],
    "join with a separator": [{"source_labels": ["a", "none", "c"], "separator": "/", "target_label": "both"}],
    "target from a group": [
        {"source_labels": ["a"], "regex": "(f)(o+)", "target_label": "${1}_$2", "replacement": "$2"}
    ],
    "target that is empty": [{"source_labels": ["a"], "regex": "foo(x?)", "target_label": "$1", "replacement": "y"}],
    "named group": [
        {"source_labels": ["a"], "regex": "(?P<first>.).*", "target_label": "x", "replacement": "$first-${first}"}
    ],
    "group that is glued": [{"source_labels": ["a"], "regex": "(.)(.*)", "target_label": "x", "replacement": "$1x-$2"}],
    "dollars": [{"source_labels": ["dollar"], "target_label": "x", "replacement": "$$1 $ $ 9 ${1} ${9}."}],
    "empty takes away": [{"target_label": "a", "replacement": ""}],
    "empty source takes away": [{"source_labels": ["none"], "target_label": "a"}],
    "keep": [{"action": "keep", "source_labels": ["a"], "regex": "fo+"}],
    "keep nothing": [{"action": "keep", "source_labels": ["a"], "regex": "fo"}],
    "drop": [{"action": "drop", "source_labels": ["a", "same"], "regex": "foo;foo"}],
    "drop nothing": [{"action": "drop", "source_labels": ["a"], "regex": "f"}],
    "drop the absent": [{"action": "drop", "source_labels": ["none"], "regex": ""}],
    "keepequal": [{"action": "keepequal", "source_labels": ["a"], "target_label": "same"}],
    "keepequal that differs": [{"action": "keepequal", "source_labels": ["a"], "target_label": "b"}],
    "dropequal": [{"action": "dropequal", "source_labels": ["a"], "target_label": "same"}],
    "dropequal that differs": [{"action": "dropequal", "source_labels": ["a"], "target_label": "b"}],
    "hashmod": [{"action": "hashmod", "source_labels": ["a", "c"], "target_label": "shard", "modulus": 97}],
    "hashmod of letters": [{"action": "hashmod", "source_labels": ["b"], "target_label": "shard", "modulus": 1000003}],
    "labelmap": [{"action": "labelmap", "regex": "team_(.+)", "replacement": "owner_$1"}],
    "labelmap onto another": [{"action": "labelmap", "regex": "(a)", "replacement": "same"}],
    "labeldrop": [{"action": "labeldrop", "regex": "team_.*|__tmp"}],
    "labelkeep": [{"action": "labelkeep", "regex": "job|a|__.*"}],
    "lowercase": [{"action": "lowercase", "source_labels": ["b"], "target_label": "b"}],
    "uppercase": [{"action": "uppercase", "source_labels": ["b", "a"], "target_label": "x"}],
    "uppercase of nothing": [{"action": "uppercase", "source_labels": ["none"], "target_label": "a"}],
    "one after the other": [
        {"source_labels": ["c"], "regex": "(.+):.*", "target_label": "host"},
        {"action": "keep", "source_labels": ["host"], "regex": "10\\..*"},
        {"action": "labeldrop", "regex": "b|c|lines|dollar"},
        {"action": "labelmap", "regex": "(h)(ost)", "replacement": "${2}_$1"},
    ],
}
REFUSED: dict[str, dict[str, Any]] = {
    "no target": {"source_labels": ["a"]},
    "no modulus": {"action": "hashmod", "source_labels": ["a"], "target_label": "x"},
    "lowercase with a replacement": {"action": "lowercase", "target_label": "x", "replacement": "y"},
    "lowercase without a target": {"action": "lowercase", "source_labels": ["a"]},
    "keepequal with a regex": {"action": "keepequal", "source_labels": ["a"], "target_label": "b", "regex": "x"},
    "dropequal with a separator": {
        "action": "dropequal",
        "source_labels": ["a"],
        "target_label": "b",
        "separator": ".",
    },
    "labeldrop with sources": {"action": "labeldrop", "source_labels": ["a"], "regex": "x"},
    "labelkeep with a target": {"action": "labelkeep", "target_label": "a", "regex": "x"},
    "labelmap without a replacement": {"action": "labelmap", "regex": "x", "replacement": ""},
    "a broken regex": {"action": "drop", "source_labels": ["a"], "regex": "(a"},
    "an action that is not there": {"action": "rename"},
}


def test_every_action_does_what_prometheus_does(prometheus_binary: str, tmp_path: Path) -> None:
    config = {
        "scrape_configs": [
            {
                "job_name": case,
                "scrape_interval": "1h",
                "static_configs": [{"targets": ["127.0.0.1:1"], "labels": LABELS}],
                "relabel_configs": steps,
            }
            for case, steps in CASES.items()
        ]
    }
    with PrometheusServer(tmp_path, yaml.safe_dump(config)) as server:
        targets = made(server.url)
    assert targets.keys() == CASES.keys()
    for case, steps in CASES.items():
        before, after = targets[case]
        labels = relabel(before, [RelabelConfig.model_validate(step).noun() for step in steps])
        ours = {name: value for name, value in (labels or {}).items() if not name.startswith("__")}
        assert ours == after, case
    assert sum(not after for _, after in targets.values()) == 5, "that many are dropped"


def made(url: str) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """What Prometheus made of each case: the labels before and after; none after, where it dropped the target."""
    deadline = time.monotonic() + 20
    while True:
        with urllib.request.urlopen(f"{url}/api/v1/targets", timeout=5) as answer:
            data = json.load(answer)["data"]
        targets = [(one["discoveredLabels"], one["labels"]) for one in data["activeTargets"]]
        targets += [(one["discoveredLabels"], {}) for one in data["droppedTargets"]]
        if len(targets) == len(CASES) or time.monotonic() > deadline:
            return {
                before["job"]: (before, {n: v for n, v in after.items() if n != "instance"})
                for before, after in targets
            }
        time.sleep(0.1)


@pytest.mark.parametrize("step", REFUSED.values(), ids=REFUSED.keys())
def test_what_prometheus_refuses_is_refused(step: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RelabelConfig.model_validate(step)


def test_prometheus_refuses_each_of_them(prometheus_binary: str, promtool: str, tmp_path: Path) -> None:
    for number, step in enumerate(REFUSED.values()):
        config = tmp_path / f"{number}.yml"
        config.write_text(yaml.safe_dump({"alerting": {"alert_relabel_configs": [step]}}))
        done = subprocess.run([promtool, "check", "config", str(config)], capture_output=True, text=True, check=False)
        assert done.returncode != 0, step
