"""A running Tocsin tells a webhook who is missing and that they are back, and tells somebody outside that it lives."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integrations.http_server import Asked, HttpServer, says
from tests.servers import ServerProcess, free_port

TOCSIN = str(Path(sys.executable).with_name("tocsin"))
SECRET = "a-secret-for-the-backup"
CONFIG = """
http: {{listen: "127.0.0.1:{port}"}}
integrations:
  pager: {{use: webhook, url: "{url}/pager"}}
  outside: {{use: webhook, url: "{url}/outside", secret_path: {{file: outside.secret}}}}
route: {{receiver: team, group_by: [deadman], group_wait: 0s, group_interval: 1s}}
receivers: [{{name: team, webhook_configs: [{{integration: pager}}]}}]
deadmen:
  - {{name: backup, interval: 2s, grace: 1s, secret: {{file: backup.secret}}, labels: {{team: db}}}}
  - {{name: open, interval: 1h}}
deadman: {{integration: outside, every: 1s}}
"""


class Running:
    """A Tocsin in a folder of its own, and the server that it tells things."""

    def __init__(self, folder: Path, server: HttpServer) -> None:
        self.folder, self.port, self.server = folder, free_port(), server
        (folder / "outside.secret").write_text("?key=hush-4711\n")
        (folder / "backup.secret").write_text(SECRET)
        (folder / "tocsin.yaml").write_text(CONFIG.format(port=self.port, url=server.url))
        self.log = folder / "log"
        command = [TOCSIN, "-c", str(folder / "tocsin.yaml"), "run"]
        self.process = ServerProcess(command, log=self.log, ready=self._is_ready)

    def _is_ready(self) -> bool:
        try:
            return self._get("/-/ready").status_code == 200
        except httpx.HTTPError:
            return False

    def _get(self, path: str, method: str = "GET") -> httpx.Response:
        return httpx.request(method, f"http://127.0.0.1:{self.port}{path}", trust_env=False, timeout=10)

    async def get(self, path: str, method: str = "GET") -> httpx.Response:
        return await asyncio.to_thread(self._get, path, method)

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(asked.body) for asked in self.asked("/pager")]

    def asked(self, path: str) -> list[Asked]:
        return [asked for asked in self.server.asked if asked.path.startswith(path)]


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with HttpServer() as server:
        running = Running(tmp_path, server)
        await asyncio.to_thread(running.process.__enter__)
        yield running
        await asyncio.to_thread(running.process.__exit__, None, None, None)


async def seen(what: Callable[[], object], within: float = 30) -> None:
    async with asyncio.timeout(within):
        while True:
            if what():
                return
            await asyncio.sleep(0.05)


async def test_a_webhook_hears_who_is_missing_and_that_they_are_back(running: Running) -> None:
    await seen(running.told)
    [first] = running.told()
    [alert] = first["alerts"]
    assert (first["status"], first["receiver"], first["notification_reason"]) == (
        "firing",
        "team",
        "first notification",
    )
    assert alert["labels"] == {
        "alertname": "DeadmanMissing", "deadman": "backup", "severity": "critical", "team": "db"
    }  # fmt: skip
    assert (await running.get(f"/ping/backup/{SECRET}")).text == "heard\n"
    await seen(lambda: len(running.told()) > 1)
    second = running.told()[1]
    assert (second["status"], second["notification_reason"]) == ("resolved", "all alerts resolved")
    assert second["groupKey"] == first["groupKey"]
    metrics = (await running.get("/metrics")).text
    assert 'tocsin_telling_seconds_count{integration="pager"} 2.0' in metrics


async def test_a_webhook_that_is_away_hears_everything_later_and_in_order(running: Running) -> None:
    running.server.script = says(503)
    await seen(lambda: running.asked("/pager"))
    await running.get(f"/ping/backup/{SECRET}", "POST")
    running.server.asked.clear()
    running.server.script = says()
    await seen(lambda: len(running.told()) > 1, within=60)
    assert [told["status"] for told in running.told()][:2] == ["firing", "resolved"]


async def test_whoever_pings_knows_the_secret_where_there_is_one(running: Running) -> None:
    for path in ("/ping/backup", "/ping/backup/", "/ping/backup/wrong", "/ping/nobody", "/ping/open/x"):
        answers = [await running.get(path, method) for method in ("GET", "POST")]
        assert [answer.status_code for answer in answers] == [404, 404], path
        assert "no deadman is at this address" in answers[0].text
    for method in ("GET", "HEAD", "POST", "PUT"):
        assert (await running.get("/ping/open", method)).status_code == 200
    assert (await running.get("/ping/open", "DELETE")).status_code == 405


async def test_the_outside_hears_that_it_lives_until_it_does_not(running: Running) -> None:
    await seen(lambda: len(running.asked("/outside")) > 2)
    first = running.asked("/outside")[0]
    assert (first.method, first.path) == ("POST", "/outside?key=hush-4711")
    assert json.loads(first.body)["alive"] == "tocsin"
    metrics = (await running.get("/metrics")).text
    assert 'tocsin_life_signs_total{integration="outside",outcome="taken"}' in metrics
    assert "hush-4711" not in running.log.read_text()
