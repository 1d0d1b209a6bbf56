"""Every alert rule at hand, beside promtool: its labels and annotations filled in, and the rule itself made to fire."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from bot.integrations.prometheus.client import PrometheusSource
from bot.integrations.prometheus.config import PrometheusConfig
from bot.kit.http_out import HttpOut
from bot.kit.plugin import Tools
from bot.kit.redaction import Redactor
from bot.kit.way_in import access
from bot.model.labels import LabelSet
from bot.model.rule import AlertRule, RuleAlert, RuleGroup, RuleState
from bot.rules.evaluator import evaluate
from bot.rules.spec import read_groups
from bot.testing.clock import FakeClock
from bot.testing.metrics import FakeMetricSource
from tests.corpora import rule_files
from tests.corpora.firing import COURSES, Labels, series
from tests.integrations.prometheus.remote_write import write
from tests.servers import PrometheusServer
from tests.servers.prometheus import ANY_TIME
from tests.soak import sample

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
END = 180
VALUES = (0.81234567, 1234567.5, 0.0, 95.0)
# What templates read of a sample's labels, as far as a vector of our own can carry it
CARRIED = ("instance", "job", "namespace", "pod", "severity_of", "node", "device", "cluster", "container")

Fired = tuple[str, tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]
"""An alert that fires: its name, its labels and its annotations."""


def loaded(files: Mapping[str, str]) -> list[RuleGroup]:
    """The groups of these files, by their names."""
    return [
        group
        for name, text in files.items()
        for group in read_groups(text, name, source="prom", default_interval=MINUTE)
    ]


def fired(alerts: Iterable[RuleAlert], name: str) -> list[Fired]:
    """Those that fire, as promtool's test files expect them."""
    return [
        (
            name,
            tuple((key, value) for key, value in alert.labels.items() if key != "alertname"),
            tuple(sorted(alert.annotations.items())),
        )
        for alert in alerts
        if alert.state is RuleState.FIRING
    ]


def disagreement(
    promtool: str,
    folder: Path,
    files: Sequence[str],
    given: Mapping[str, str],
    ours: Sequence[Fired],
    names: Iterable[str],
    minute: int,
) -> str:
    """What promtool says against our alerts in this minute, with these series in these courses; nothing if none."""
    expected = [
        {
            "alertname": name,
            "eval_time": f"{minute}m",
            "exp_alerts": [
                {"exp_labels": dict(labels), "exp_annotations": dict(notes)}
                for other, labels, notes in ours
                if other == name
            ],
        }
        for name in sorted(set(names))
    ]
    inputs = [{"series": series, "values": values} for series, values in given.items()]
    # JSON is YAML, and is written a hundred times as fast
    (folder / "test.yml").write_text(
        json.dumps(
            {
                "rule_files": list(files),
                "evaluation_interval": "15m" if minute == END else "1m",
                "tests": [{"interval": "1m", "input_series": inputs, "alert_rule_test": expected}],
            }
        )
    )
    done = subprocess.run(
        [promtool, "test", "rules", "test.yml"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr if done.returncode else ""


def written(labels: Iterable[tuple[str, str]]) -> str:
    """Labels as promtool's series have them."""
    named = dict(labels)
    inside = ",".join(f"{key}={json.dumps(value)}" for key, value in named.items() if key != "__name__")
    return f"{named['__name__']}{{{inside}}}"


@pytest.mark.timeout(900)
async def test_every_label_and_annotation_is_filled_in_as_promtool_does(promtool: str, tmp_path: Path) -> None:
    """Each rule's expression is replaced by a vector whose labels its templates may read."""
    source = FakeMetricSource()
    files: dict[str, str] = {}
    given: dict[str, str] = {}
    for place, file in enumerate(sample(rule_files(), 20)):
        content = yaml.safe_load(file.read_text())
        for number, rule in enumerate(
            rule for group in content["groups"] for rule in group["rules"] if "alert" in rule
        ):
            rule["expr"] = f'case{{n="{place}-{number}"}}'
            rule.pop("for", None)
            rule["alert"] += f"{place}x{number}"
            samples: dict[LabelSet, float] = {}
            for value in VALUES:
                labels = {name: f"{name}-{value}/é <b>" for name in CARRIED}
                whole = LabelSet({**labels, "n": f"{place}-{number}", "__name__": "case"})
                samples[whole] = value
                given[written(whole.items())] = f"{value} {value}"
            source.shows(rule["expr"], samples)
        files[f"{place}.yml"] = json.dumps(content)
    ours, names, failed = await at_the_end(loaded(files), source, (0, 1))
    assert not failed
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert len(ours) == len(VALUES) * len(names) > 0
    assert disagreement(promtool, tmp_path, list(files), given, ours, names, 1) == ""


async def at_the_end(
    groups: Sequence[RuleGroup], source: FakeMetricSource | PrometheusSource, minutes: Sequence[int]
) -> tuple[list[Fired], list[str], set[str]]:
    """What fires in the last of these minutes for us, the alerts there are, and those whose expressions failed."""
    ours: list[Fired] = []
    names: list[str] = []
    failed: set[str] = set()
    for group in groups:
        status = None
        for minute in minutes:
            at = EPOCH + minute * MINUTE
            status = (await evaluate(group, status, source, at, at)).status
            failed |= {
                rule.name
                for rule, state in zip(group.rules, status.rules, strict=True)
                if isinstance(rule, AlertRule) and state.unknown_since is not None
            }
        assert status is not None
        for rule, state in zip(group.rules, status.rules, strict=True):
            if isinstance(rule, AlertRule):
                names.append(rule.name)
                ours += fired(state.alerts, rule.name)
    return ours, names, failed


@pytest.mark.timeout(900)
@pytest.mark.parametrize("course", sample(list(COURSES), 1))
async def test_rules_fire_as_promtool_makes_them_fire(
    course: str, promtool: str, prometheus_binary: str, tmp_path: Path
) -> None:
    """The real expressions, over series made from their selectors."""
    files: dict[str, str] = {}
    exprs: list[str] = []
    for place, file in enumerate(sample(rule_files(), 12)):
        content = yaml.safe_load(file.read_text())
        for group in content["groups"]:
            group["rules"] = [rule for rule in group["rules"] if "alert" in rule]
            exprs += [rule["expr"] for rule in group["rules"]]
            for number, rule in enumerate(group["rules"]):
                rule["alert"] += f"_{place}_{number}"
        files[f"{place}.yml"] = json.dumps(content)
    made = series(exprs, COURSES[course])
    with PrometheusServer(tmp_path / "server", ANY_TIME) as server:
        for labels in batches(list(made), 200):
            write(
                server.url,
                [
                    (dict(one), EPOCH + minute * MINUTE, made[one].at(minute))
                    for one in labels
                    for minute in range(END + 1)
                ],
            )
        async with HttpOut() as http:
            tools = Tools(name="prom", clock=FakeClock(), http=http, redactor=Redactor())
            source = PrometheusSource(access(PrometheusConfig(url=server.url), tools))
            # What is true at the end was true long before: the courses only rise or fall
            ours, names, failed = await at_the_end(loaded(files), source, (15, 60, END - 15, END))
            await source.aclose()
    # promtool gives a file up when a rule of it fails; those that fail do so for both
    for name, text in files.items():
        (tmp_path / name).write_text(without(text, failed))
    given = {written(labels): str(values) for labels, values in made.items()}
    firing = {name for name, _, _ in ours} - failed
    print(f"{course}: {len(firing)} of {len(names)} alerts fire, {len(failed)} fail: {sorted(failed)}")
    ours = [one for one in ours if one[0] in firing]
    assert firing
    assert disagreement(promtool, tmp_path, list(files), given, ours, set(names) - failed, END) == ""


def without(text: str, failed: set[str]) -> str:
    """A rule file without these alerts."""
    content = json.loads(text)
    for group in content["groups"]:
        group["rules"] = [rule for rule in group["rules"] if rule["alert"] not in failed]
    return json.dumps(content)


def batches(items: Sequence[Labels], size: int) -> list[Sequence[Labels]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
