"""The shop's release tool, as an administrator meets it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.house.tree import ROOT

TOOL = ROOT / "deploy" / "demo" / "release.py"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "releases").mkdir()
    ledger = {
        "service": "till",
        "current": "v1",
        "releases": {"v1": {}, "v2": {}},
        "history": [{"at": "2026-11-22T00:00:00+00:00", "was": None, "now": "v1", "pid": 1}],
    }
    (tmp_path / "releases" / "till.json").write_text(json.dumps(ledger))
    return tmp_path


@pytest.fixture
def run(shop: Path) -> Run:
    def go(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(TOOL), "--dir", str(shop), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return go


def log(shop: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (shop / "shop.log").read_text().splitlines()]


def test_a_switch_is_done_once_and_written_down(shop: Path, run: Run) -> None:
    assert run("switch", "till", "v2").returncode == 0
    assert run("current", "till").stdout == "v2\n"
    assert run("previous", "till").stdout == "v1\n"
    again = run("switch", "till", "v2")
    assert (again.returncode, again.stderr) == (3, "release.py: till already runs v2\n")
    assert [(line["what"], line["was"], line["to"]) for line in log(shop)] == [
        ("switched", "v1", "v2"),
        ("refused", "v2", "v2"),
    ]


def test_check_is_the_exit_code(run: Run) -> None:
    assert [run("check", "till", version).returncode for version in ("v1", "v2")] == [0, 1]


def test_undo_goes_back_and_history_keeps_it(run: Run) -> None:
    assert run("undo", "till").returncode == 2  # it has only ever had one release
    assert run("switch", "till", "v2").returncode == 0
    assert run("undo", "till").stdout == "till: v2 -> v1\n"
    assert [line["now"] for line in json.loads(run("history", "till").stdout)] == ["v1", "v2", "v1"]


def test_frozen_releases_refuse_every_switch(shop: Path, run: Run) -> None:
    assert run("freeze", "an audit").returncode == 0
    refused = run("switch", "till", "v2")
    assert (refused.returncode, refused.stderr) == (4, "release.py: releases are frozen: an audit\n")
    assert run("check", "till", "v1").returncode == 0
    assert [line["what"] for line in log(shop)] == ["refused"]


@pytest.mark.parametrize(
    "words", [("switch", "till", "v9"), ("current", "tills"), ("current", "../../etc/passwd"), ("current", "")]
)
def test_what_does_not_exist_is_said_in_one_line(words: tuple[str, ...], run: Run) -> None:
    said = run(*words)
    assert said.returncode == 2
    assert len(said.stderr.splitlines()) == 1


def test_many_at_once_are_one_switch(shop: Path) -> None:
    command = [sys.executable, str(TOOL), "--dir", str(shop), "switch", "till", "v2"]
    racing = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(6)]
    assert sorted(process.wait(20) for process in racing) == [0, 3, 3, 3, 3, 3]
    assert [line["what"] for line in log(shop)].count("switched") == 1
