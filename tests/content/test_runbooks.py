"""Every runbook we ship: it fits our actions, its own tests hold, it has those that matter, and the list names it."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from bot.app.runbook_tests import prove
from bot.cli.main import main
from bot.model.runbook import Runbook, RunbookTest
from bot.runbooks.spec import read_runbook
from tests.house.tree import ROOT

FOLDER = ROOT / "runbooks"
RUNBOOKS = sorted(FOLDER.rglob("*.yaml"))
PROMETHEUS = "  prom: {use: prometheus, url: 'http://127.0.0.1:9090'}\n"
HOSTS = "  hosts: {use: ssh, hosts: {web1: {local: true}}}\n"
HTTP = "  tools: {use: http, allow: [{url: 'https://status.example.net/api'}]}\n"
CLUSTER = (
    "  prod: {use: kubernetes, server: 'https://127.0.0.1:6443', token: {env: CLUSTER_TOKEN},"
    " allow: [read, write, destructive]}\n"
)
PEOPLE = "people: [{name: ann, roles: [on-call]}, {name: ben, roles: [on-call]}]\n"
FIXED, IN_VAIN, NOBODY = "recovered", "not_recovered", "rejected"


def read(file: Path) -> Runbook:
    return read_runbook(file.read_text(), file.name)


def changes(tests: tuple[RunbookTest, ...]) -> bool:
    """Whether the runbook offers a change: some step asked people."""
    return any(test.answers for test in tests)


def told(test: RunbookTest) -> str:
    """Which of the stories that matter it is, if any."""
    if test.verdict in (FIXED, IN_VAIN):
        return test.verdict
    return NOBODY if test.status == NOBODY and test.verdict == "" and "expire" in test.answers.values() else ""


@pytest.mark.parametrize("file", RUNBOOKS, ids=lambda file: file.stem)
def test_what_it_says_of_itself_holds(file: Path) -> None:
    (suite,) = prove([file], None, {}, ROOT)
    assert not suite.complaints
    assert suite.played
    assert [one.wrong for one in suite.played if one.wrong] == []


@pytest.mark.parametrize("file", RUNBOOKS, ids=lambda file: file.stem)
def test_it_tells_the_stories_that_matter(file: Path) -> None:
    """Of a change: it helps, it does not help, nobody agrees. Of a look: every step is in the path of one test.

    Where people act, and it watches: that helps, and that does not.
    """
    runbook = read(file)
    paths = [test.path for test in runbook.tests if test.path]
    ids = {step.id for step in runbook.steps}
    if runbook.watch:
        assert {told(test) for test in runbook.tests} >= {FIXED, IN_VAIN}
    if changes(runbook.tests):
        assert {told(test) for test in runbook.tests} >= {FIXED, IN_VAIN, NOBODY}
        ids -= {step.id for step in runbook.steps if step.uses == "ask"}  # people answer it, nothing runs
    assert ids <= {step for path in paths for step in path}


@pytest.mark.parametrize("file", RUNBOOKS, ids=lambda file: file.stem)
def test_where_nobody_agrees_nothing_is_changed(file: Path) -> None:
    for test in read(file).tests:
        if told(test) == NOBODY:
            assert not set(test.path or ()) & set(test.answers), test.name


@pytest.mark.parametrize("file", RUNBOOKS, ids=lambda file: file.stem)
def test_whoever_is_asked_reads_a_sentence(file: Path) -> None:
    runbook = read(file)
    assert runbook.owner
    assert runbook.summary.strip().endswith(".")
    for step in runbook.steps:
        assert step.title, step.id
        if step.approval is not None:
            assert "?" in step.approval.ask, step.id
            assert runbook.concurrency, "of runs that change something, one at a time"


@pytest.mark.parametrize(
    ("offered", "folders"),
    [
        (PROMETHEUS + HOSTS + HTTP + CLUSTER, "*"),
        (PROMETHEUS + HOSTS, "hosts"),  # who has no Kubernetes takes these
        (PROMETHEUS, "prometheus"),
        (PROMETHEUS, "databases"),
        (PROMETHEUS, "network"),
        (PROMETHEUS, "queues"),
        (PROMETHEUS, "tocsin"),
        (PROMETHEUS + CLUSTER, "kubernetes"),
    ],
    ids=lambda value: value if len(value) < 20 else "",
)
def test_they_load_beside_the_rules_that_begin_them(
    offered: str, folders: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLUSTER_TOKEN", "a-token")
    config = tmp_path / "tocsin.yaml"
    config.write_text(f"integrations:\n{offered}{PEOPLE}runbooks: ['{FOLDER}/{folders}/*.yaml']\n")
    rules = f"rules: [{{files: ['{ROOT}/rules/prometheus/{folders}.yaml'], source: prom}}]\n"
    config.write_text(config.read_text() + rules)
    status = main(["check", "-c", str(config)])
    said = capsys.readouterr().out
    assert status == 0, said
    assert said.endswith(": no mistakes\n"), said  # and no warnings


def test_the_list_names_each_with_the_sentence_it_has() -> None:
    listed = dict(re.findall(r"^\| \[(\S+)\]\((\S+?)\) \|", (FOLDER / "README.md").read_text(), re.MULTILINE))
    assert listed == {read(file).name: file.relative_to(FOLDER).as_posix() for file in RUNBOOKS}


RELEASED = {
    "it was made and is scaled": ({"old": (0, "2x170 5x20")}, []),
    "it is released": ({"old": (0, "2x200"), "new": (9000, "_x150 1x50")}, [1800]),
    "it was released and rolled back": ({"old": (0, "2x200"), "new": (9000, "_x150 1x10 0x40")}, []),
    "another one is released": ({"old": (0, "2x200"), "other": (9000, "_x150 1x50")}, []),
}
"""When each replica set was made, and how many pods it is to have, minute by minute; how long ago it was released."""


@pytest.mark.parametrize("name", ["pod-restarts", "image-pull-failing"])
@pytest.mark.parametrize("course", RELEASED)
def test_only_what_was_released_lately_is_rolled_back(course: str, name: str, promtool: str, tmp_path: Path) -> None:
    """Three hours in; who scales a deployment changes it too, and has released nothing."""
    sets, ages = RELEASED[course]
    steps = {step.id: step for step in read(FOLDER / "kubernetes" / f"{name}.yaml").steps}
    expr = steps["released"].params["expr"].replace("$namespace", "shop").replace("$deployment", "cart")
    series = [
        {"series": 'kube_deployment_metadata_generation{namespace="shop",deployment="cart"}', "values": "1+1x200"}
    ]
    for one, (made, replicas) in sets.items():
        labels = f'namespace="shop",replicaset="{one}"'
        owner = f'owner_kind="Deployment",owner_name="{"till" if one == "other" else "cart"}"'
        there = f"_x{made // 60} " if made else ""
        series += [
            {"series": f"kube_replicaset_created{{{labels}}}", "values": f"{there}{made}x{200 - made // 60}"},
            {"series": f"kube_replicaset_owner{{{labels},{owner}}}", "values": f"{there}1x{200 - made // 60}"},
            {"series": f"kube_replicaset_spec_replicas{{{labels}}}", "values": replicas},
        ]
    asked = {"expr": expr, "eval_time": "3h", "exp_samples": [{"labels": "{}", "value": age} for age in ages]}
    story = {"tests": [{"interval": "1m", "input_series": series, "promql_expr_test": [asked]}]}
    (tmp_path / "story.yaml").write_text(yaml.safe_dump(story))
    played = subprocess.run(
        [promtool, "test", "rules", tmp_path / "story.yaml"], capture_output=True, text=True, check=False
    )
    assert played.returncode == 0, played.stdout + played.stderr
