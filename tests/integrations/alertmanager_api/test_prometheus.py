"""A real Prometheus, unchanged, whose alerts go to a real Tocsin."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.bench.place import running
from tests.integrations.alertmanager_api.conftest import Real
from tests.servers import PrometheusServer

SECRET = "prometheus-shows-this-secret"
TOCSIN = """\
http: {listen: "127.0.0.1:0"}
integrations: {prom: {use: prometheus, url: "http://127.0.0.1:1", hook_secret: {file: hook-secret}}}
"""
RULES = """\
groups:
  - name: beside
    rules:
      - alert: Burning
        expr: vector(1) %s 0
        labels: {severity: critical, "weird": "<&>"}
        annotations: {summary: "it is {{ $value }}"}
"""
CONFIG = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
alerting:
  alertmanagers:
    - {way_in}
      static_configs: [{{targets: ["{target}"]}}]
"""


@pytest.fixture
def tocsin(tmp_path: Path) -> Iterator[Real]:
    config = tmp_path / "tocsin.yaml"
    config.write_text(TOCSIN)
    (tmp_path / "hook-secret").write_text(SECRET)
    with running(config) as (_, url, _):
        yield Real(url=url, token=(tmp_path / "tocsin.token").read_text().strip())


def seen(client: httpx.Client, count: int, *, within: float = 20) -> list[dict[str, Any]]:
    """The alerts that Tocsin has, once they are as many."""
    deadline = time.monotonic() + within
    while len(found := client.get("/alerts").json()) != count and time.monotonic() < deadline:
        time.sleep(0.2)
    assert len(found) == count, found
    return list(found)


@pytest.mark.parametrize(
    "way_in",
    [f"authorization: {{credentials: {SECRET}}}", f"basic_auth: {{username: prometheus, password: {SECRET}}}"],
)
def test_what_fires_is_seen_and_what_ends_is_over(tocsin: Real, tmp_path: Path, way_in: str) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES % ">")
    target = tocsin.url.removeprefix("http://")
    config = CONFIG.format(rules=rules, way_in=way_in, target=target)
    flags = ["--rules.alert.resend-delay=1s"]  # it knows its alertmanagers some seconds after its first evaluation
    with PrometheusServer(tmp_path / "prometheus", config, flags=flags) as prometheus, tocsin.client() as client:
        (found,) = seen(client, 1)
        assert found["labels"] == {"alertname": "Burning", "severity": "critical", "weird": "<&>"}
        assert found["annotations"] == {"summary": "it is 1"}
        assert found["generatorURL"].endswith("/graph?g0.expr=vector%281%29+%3E+0&g0.tab=1")
        (theirs,) = httpx.get(f"{prometheus.url}/api/v1/alerts", trust_env=False).json()["data"]["alerts"]
        assert theirs["activeAt"][:19] == found["startsAt"][:19]
        rules.write_text(RULES % "<")
        prometheus.reload()
        seen(client, 0)
        sent = httpx.get(f"{prometheus.url}/metrics", trust_env=False).text
        errors = [line for line in sent.splitlines() if line.startswith("prometheus_notifications_errors_total{")]
        assert [line.rpartition(" ")[2] for line in errors] == ["0"]


def test_whoever_shows_the_secret_may_send_and_no_more(tocsin: Real) -> None:
    headers = {"authorization": f"Bearer {SECRET}"}
    with httpx.Client(base_url=f"{tocsin.url}/api/v2", headers=headers, trust_env=False, timeout=20) as client:
        assert client.post("/alerts", json=[{"labels": {"alertname": "A"}}]).status_code == 200
        for path in ("/alerts", "/alerts/groups", "/silences", "/status", "/receivers"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, 403)
        assert client.delete("/silence/f3b2ee2c-2a77-4d4b-9e6e-6bd0b3cf5a4d").status_code == 403
        headers["authorization"] = "Bearer another"
        assert client.post("/alerts", json=[], headers=headers).status_code == 401
