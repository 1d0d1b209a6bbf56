"""What the demo writes for others, read by them: Prometheus' own tool, and Tocsin's."""

import json
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT

DEMO = ROOT / "deploy" / "demo"
# The demo is a folder of scripts, not a package: its world is made as the demo makes it, in a process of its own.
FOUND = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from world import World
world = World(folder=Path(sys.argv[2]), services=("front", "till"), fault="latency")
world.found()
world.describe_to_prometheus([1, 2, 3])
world.describe_to_tocsin(prometheus="http://127.0.0.1:9090", port=0, with_rules=True)
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("a world, with blanks and [brackets]")
    subprocess.run([sys.executable, "-c", FOUND, str(DEMO), str(folder)], check=True)
    return folder


@pytest.fixture
def till(world: Path) -> Iterator[str]:
    """The address of one running service of the shop."""
    command = [sys.executable, str(DEMO / "shop.py"), "serve", "till", "--dir", str(world / "shop")]
    port = world / "shop" / "till.port"
    port.unlink(missing_ok=True)
    with subprocess.Popen(command) as process:
        try:
            deadline = time.monotonic() + 20
            while not port.exists():
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port.read_text()}"
        finally:
            process.terminate()


def get(url: str) -> str:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize(("kind", "file"), [("rules", "rules.yml"), ("config", "prometheus.yml")])
def test_prometheus_accepts_its_files(kind: str, file: str, world: Path, promtool: str) -> None:
    checked = subprocess.run([promtool, "check", kind, world / file], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_tocsin_accepts_its_files(world: Path) -> None:
    command = [Path(sys.executable).with_name("tocsin"), "check", "--format", "json", str(world / "tocsin.yaml")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_shop_speaks_prometheus(till: str, promtool: str) -> None:
    assert get(till) == "200\n"
    exposition = get(f"{till}/metrics")
    assert 'shop_requests_total{service="till",release="v41",code="200"} 1.0' in exposition
    assert 'shop_requests_total{service="till",release="v41",code="500"} 0.0' in exposition
    linted = subprocess.run(
        [promtool, "check", "metrics"], input=exposition, capture_output=True, text=True, check=False
    )
    assert (linted.returncode, linted.stdout + linted.stderr) == (0, "")


def test_a_release_is_followed_while_the_shop_runs(till: str, world: Path) -> None:
    ledger = world / "shop" / "releases" / "till.json"
    release = json.loads(ledger.read_text())
    release["releases"]["v43"] = {"error_ratio": 0.5, "latency_seconds": 0.0}
    draft = ledger.with_suffix(".draft")
    draft.write_text(json.dumps({**release, "current": "v43"}))
    draft.replace(ledger)
    codes = []
    for _ in range(6):
        try:
            codes.append(get(till).strip())
        except urllib.error.HTTPError as error:
            codes.append(str(error.code))
    assert codes == ["200", "500"] * 3
    assert re.search(r'^shop_release_info\{service="till",release="v43"\} 1', get(f"{till}/metrics"), re.MULTILINE)
