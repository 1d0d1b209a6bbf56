"""A folder in which everything is right until a test makes a mistake in it, and the real command in that folder."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.servers import ServerProcess

TOCSIN = str(Path(sys.executable).with_name("tocsin"))
FILES = {
    "tocsin.yaml": """\
http: {listen: "127.0.0.1:0"}
integrations:
  prom: {use: prometheus, url: "http://127.0.0.1:1"}
  hosts: {use: ssh, hosts: {here: {local: true}}}
rules: [{files: [rules.yaml], source: prom}]
runbooks: [look.yaml]
""",
    "rules.yaml": """\
groups:
  - name: shop
    interval: 1s
    rules:
      - alert: Fails
        expr: errors > 0.05
        for: 20s
""",
    "look.yaml": """\
runbook: look
title: Looks
owner: shop
summary: Looks.
steps:
  - id: look
    uses: prometheus.query
    with: {expr: errors}
    timeout: 30s
""",
}


@dataclass
class Folder:
    """Where Tocsin is run. `env` is added to its environment."""

    path: Path
    env: dict[str, str] = field(default_factory=dict)

    def change(self, file: str, old: str, new: str) -> None:
        """Makes a mistake in one of the documents."""
        text = (self.path / file).read_text()
        assert old in text, text
        (self.path / file).write_text(text.replace(old, new))

    def says(self, *arguments: str) -> tuple[int, str]:
        """The exit status and everything it said; a command that stays is a failure."""
        ran = subprocess.run(
            [TOCSIN, *arguments],
            cwd=self.path,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in ran.stdout, ran.stdout
        return ran.returncode, ran.stdout

    def refuses_to_start(self) -> str:
        """What `tocsin run` says before it gives up."""
        status, said = self.says("run")
        assert status == 1, said
        return said

    def tocsin(self, *before: str) -> "Running":
        """A Tocsin that starts; `before` are words in front of its command line."""
        return Running(self, before, self._environment())

    def _environment(self) -> Mapping[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {**kept, **self.env}


class Running(AbstractContextManager["Running"]):
    """A Tocsin at work, and somebody who talks to it."""

    def __init__(self, folder: Folder, before: tuple[str, ...], env: Mapping[str, str]) -> None:
        self._folder = folder
        self.log = folder.path / "log"
        self._begins = self.log.stat().st_size if self.log.exists() else 0
        config = str(folder.path / "tocsin.yaml")
        argv = [*before, TOCSIN, "-c", config, "run"]
        self.process = ServerProcess(argv, log=self.log, ready=lambda: "ready at " in self.said, env=env)

    @property
    def said(self) -> str:
        """What it said since it was started."""
        return self.log.read_text()[self._begins :]

    def __enter__(self) -> "Running":
        self.process.start()
        address = self.said.split("ready at ", 1)[1].split(": ", 1)[0]
        token = (self._folder.path / "tocsin.token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        self.api = httpx.Client(base_url=f"{address}/api/v1", headers=headers, trust_env=False, timeout=20)
        self.address = address
        return self

    def __exit__(self, *_: object) -> None:
        self.api.close()
        self.process.stop()
        assert "Traceback" not in self.said, self.said


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return Folder(tmp_path)


Mistake = Callable[[Folder], None]
