"""The systemd unit: systemd accepts it, and finds that it is exposed to next to nothing."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import needed
from tests.house.tree import ROOT
from tests.servers import locate

UNIT = ROOT / "deploy" / "systemd" / "tocsin.service"
PROGRAM = "/opt/tocsin/bin/tocsin"


def settings() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", UNIT.read_text(), re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


@pytest.fixture
def analyze() -> str:
    """The path of systemd-analyze, which needs no running systemd."""
    with needed():
        return locate("systemd-analyze")


def test_it_starts_tocsin_without_a_shell_and_reloads_it() -> None:
    unit = settings()
    assert unit["ExecStart"] == [f"{PROGRAM} -c /etc/tocsin/tocsin.yaml run"]
    assert unit["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert unit["Restart"] == ["on-failure"]
    assert unit["StartLimitIntervalSec"] == ["0"]


def test_it_gives_no_right_that_is_not_needed() -> None:
    unit = settings()
    assert unit["User"] == ["tocsin"]
    assert unit["CapabilityBoundingSet"] == [""]
    assert unit["NoNewPrivileges"] == ["yes"]
    assert unit["ProtectSystem"] == ["strict"]
    assert unit["StateDirectoryMode"] == ["0700"]
    assert unit["UMask"] == ["0077"]
    assert unit["SystemCallFilter"] == ["@system-service", "~@privileged"]


def test_systemd_accepts_it(analyze: str, tmp_path: Path) -> None:
    # systemd looks whether the program is there; here it lies elsewhere.
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace(PROGRAM, "/bin/true"))
    verified = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")


def test_systemd_finds_it_little_exposed(analyze: str) -> None:
    # 0 is a service that can do nothing, 10 one that can do everything; most of what is left is the network.
    command = [analyze, "security", "--offline=yes", "--threshold=16", UNIT]
    rated = subprocess.run(command, capture_output=True, text=True, check=False)
    assert rated.returncode == 0, rated.stdout[-400:] + rated.stderr
