"""A running Tocsin: what it says when it starts, how it reads its documents anew, and how it ends."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers import ServerProcess, free_port

TOCSIN = str(Path(sys.executable).with_name("tocsin"))
RULES = "groups:\n- name: {name}\n  interval: 1s\n  rules:\n  - {{alert: {name}, expr: 'up == 0'}}\n"


class Running:
    """A Tocsin in a folder of its own, whose one source never answers."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        (folder / "secret").write_text("first-secret")
        self.write_rules("First")
        (folder / "tocsin.yaml").write_text(
            f'http: {{listen: "127.0.0.1:{self.port}"}}\n'
            f"integrations:\n"
            f'  prom: {{use: prometheus, url: "http://127.0.0.1:{free_port()}", bearer_token: {{file: secret}}}}\n'
            f"rules: [{{files: [rules.yml], source: prom}}]\n"
        )
        self.log = folder / "log"
        config = str(folder / "tocsin.yaml")
        self.process = ServerProcess([TOCSIN, "-c", config, "run"], log=self.log, ready=self.is_ready)

    def write_rules(self, name: str) -> None:
        (self.folder / "rules.yml").write_text(RULES.format(name=name))

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.address}/-/ready", trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def rules(self) -> list[str]:
        token = (self.folder / "tocsin.token").read_text().strip()
        answer = httpx.get(
            f"{self.address}/api/v1/rule-states",
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=10,
        )
        return [rule["rule"] for rule in answer.json()["rules"]]

    def sees(self, what: Callable[[], bool], *, within: float = 20) -> bool:
        deadline = time.monotonic() + within
        while not (seen := what()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return seen


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    tocsin = Running(tmp_path)
    with tocsin.process:
        yield tocsin


def test_it_says_that_it_is_ready_and_keeps_what_is_its_owners(running: Running) -> None:
    assert running.sees(lambda: f"{running.address}/open/" in running.log.read_text())
    said = running.log.read_text()
    assert f"ready at {running.address}: 1 rule, 0 runbooks, 1 integration" in said
    assert "first-secret" not in said
    private = [running.folder / name for name in ("tocsin.token", "tocsin.db", "tocsin.db.lock")]
    assert [oct(path.stat().st_mode & 0o077) for path in private] == ["0o0"] * 3


def test_it_takes_new_rules_on_sighup_and_keeps_the_old_ones_on_a_mistake(running: Running) -> None:
    assert running.sees(lambda: running.rules() == ["First"])
    (running.folder / "rules.yml").write_text("groups:\n- name: Broken\n  interval: soon\n")
    os.kill(running.process.pid, signal.SIGHUP)
    assert running.sees(lambda: "reload refused, the old configuration stays" in running.log.read_text())
    assert "rules.yml:3:13" in running.log.read_text()
    assert running.rules() == ["First"]
    running.write_rules("Second")
    os.kill(running.process.pid, signal.SIGHUP)
    assert running.sees(lambda: running.rules() == ["Second"])
    exposition = httpx.get(f"{running.address}/metrics", trust_env=False).text
    assert 'tocsin_reloads_total{taken="no"} 1.0' in exposition
    assert 'tocsin_reloads_total{taken="yes"} 1.0' in exposition


def test_a_secret_that_changes_is_read_again_and_never_said(running: Running) -> None:
    (running.folder / "secret").write_text("second-secret")
    assert running.sees(lambda: "a secret's file has changed" in running.log.read_text(), within=30)
    assert running.sees(lambda: "reloaded" in running.log.read_text())
    assert "second-secret" not in running.log.read_text()


def test_it_is_blind_to_a_source_that_does_not_answer_and_says_so(running: Running) -> None:
    def blind() -> bool:
        return 'tocsin_source_blind{source="prom"} 1.0' in httpx.get(f"{running.address}/metrics", trust_env=False).text

    assert running.sees(blind)


def test_it_ends_when_it_is_told_to_and_starts_again_where_it_was(running: Running) -> None:
    first = (running.folder / "tocsin.token").read_text()
    running.process.stop()
    assert running.log.read_text().rstrip().endswith("stopping")
    running.process.start()
    assert (running.folder / "tocsin.token").read_text() == first
