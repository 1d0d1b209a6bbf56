"""The house that the pages are tried in, and a whole Tocsin for real clients."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.bench.place import running
from tests.integrations.web.conftest import house, played
from tests.servers import locate

__all__ = ["house", "played"]

CONFIG = """\
http: {listen: "127.0.0.1:0"}
resolve_timeout: 5m
route:
  receiver: sre
  group_by: [alertname]
  group_wait: 1s
  routes:
    - {receiver: db, matchers: ['team="db"'], continue: false}
    - {receiver: night, matchers: ['team=~"web|shop"'], mute_time_intervals: [never]}
receivers: [{name: sre}, {name: db}, {name: night}]
inhibit_rules:
  - {source_matchers: ['alertname="Down"'], target_matchers: ['severity="warning"'], equal: [cluster]}
time_intervals:
  - {name: never, time_intervals: [{years: ["1999"], times: [{start_time: "09:00", end_time: "17:30"}]}]}
"""


@dataclass(frozen=True)
class Real:
    """A Tocsin in a process of its own."""

    url: str
    token: str

    def amtool(self, *arguments: str, text: str | None = None) -> str:
        """What amtool prints; raises when it fails. The token is the password in its address."""
        host = self.url.removeprefix("http://")
        argv = [locate("amtool"), f"--alertmanager.url=http://tocsin:{self.token}@{host}", *arguments]
        done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def client(self) -> httpx.Client:
        """A client that shows the token."""
        headers = {"authorization": f"Bearer {self.token}"}
        headers = {"authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=f"{self.url}/api/v2", headers=headers, trust_env=False, timeout=20)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    """Started once for the tests of a module, each of which uses names of its own."""
    config = tmp_path_factory.mktemp("real") / "tocsin.yaml"
    config.write_text(CONFIG)
    with running(config) as (_, url, _):
        yield Real(url=url, token=(config.parent / "tocsin.token").read_text().strip())
