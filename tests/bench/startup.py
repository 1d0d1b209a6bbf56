"""Start-up, commands that work alone, and what a Tocsin with 200 rules costs while nothing happens."""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.bench.figures import Figure
from tests.servers import PrometheusServer, free_port

ROOT = Path(__file__).resolve().parents[2]
TOCSIN = str(Path(sys.executable).with_name("tocsin"))
NAIVE = "import fastapi, slack_bolt.async_app, sqlmodel, sentry_sdk, apscheduler, aiohttp"
RULES = 200
PAIRS = 7
IDLE_SECONDS = 30


def write_setup(folder: Path, prometheus: str, interval: str) -> tuple[Path, int]:
    """A tocsin.yaml with 200 rules in ten groups; its path and port."""
    groups = [
        {
            "name": f"group{number}",
            "interval": interval,
            "rules": [
                {
                    "alert": f"Rule{number}x{count}",
                    "expr": f'up{{job="absent", number="{count}"}} == 0',
                    "for": "5m",
                    "labels": {"severity": "warning"},
                    "annotations": {"summary": "{{ $labels.instance }} is down: {{ $value }}"},
                }
                for count in range(RULES // 10)
            ],
        }
        for number in range(10)
    ]
    (folder / "rules.yml").write_text(json.dumps({"groups": groups}))
    port = free_port()
    config = folder / "tocsin.yaml"
    config.write_text(
        f'http: {{listen: "127.0.0.1:{port}"}}\n'
        f'integrations: {{prom: {{use: prometheus, url: "{prometheus}"}}}}\n'
        f"rules: [{{files: [rules.yml], source: prom}}]\n"
    )
    return config, port


def is_ready(port: int) -> bool:
    """Whether it says so."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextlib.contextmanager
def running(config: Path, port: int) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """A Tocsin, and how long it took from the spawn to being ready."""
    began = time.perf_counter()
    with (config.parent / "log").open("wb") as log:
        process = subprocess.Popen([TOCSIN, "-c", str(config), "run"], stdout=log, stderr=log)
    try:
        while not is_ready(port):
            if process.poll() is not None:
                raise RuntimeError((config.parent / "log").read_text())
            time.sleep(0.005)
        yield process, time.perf_counter() - began
    finally:
        process.terminate()
        process.wait(20)


def took(argv: list[str]) -> float:
    """Seconds from the spawn to the end."""
    began = time.perf_counter()
    subprocess.run(argv, check=True, capture_output=True, cwd=ROOT)
    return time.perf_counter() - began


def start_up(folder: Path, prometheus: PrometheusServer) -> list[Figure]:
    """Ready against a naive stack's imports, in pairs, so that a busy machine is unfair to both."""
    config, port = write_setup(folder, prometheus.url, "1m")
    ratios, seconds = [], []
    for _ in range(PAIRS):
        naive = took([sys.executable, "-c", NAIVE])
        with running(config, port) as (_, ready):
            ratios.append(ready / naive)
            seconds.append(ready)
    return [
        Figure("ready with 200 rules / merely importing the naive stack", statistics.median(ratios), "x", 0.8, 0.5),
        Figure("ready with 200 rules", statistics.median(seconds), "s"),
    ]


def alone() -> list[Figure]:
    """Commands without a running Tocsin."""
    helping = statistics.median(took([TOCSIN, "--help"]) for _ in range(PAIRS))
    checking = statistics.median(took([TOCSIN, "check", "rules", "runbooks", "deploy"]) for _ in range(PAIRS))
    return [
        Figure("tocsin --help", helping, "s", 0.4),
        Figure("tocsin check of the shipped files", checking, "s", 1.0),
    ]


def idle(folder: Path, prometheus: PrometheusServer) -> list[Figure]:
    """The whole process tree of a Tocsin whose 200 rules find nothing, after it has settled."""
    config, port = write_setup(folder, prometheus.url, "1m")
    with running(config, port) as (process, _):
        time.sleep(15)
        tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        before = sum(sum(one.cpu_times()[:2]) for one in tree)
        time.sleep(IDLE_SECONDS)
        spent = sum(sum(one.cpu_times()[:2]) for one in tree) - before
        resident = sum(one.memory_info().rss for one in tree) / 2**20
    return [
        Figure("idle: resident, whole process tree", resident, "MiB", 150, 90),
        Figure("idle: 200 rules every minute, of one core", 100 * spent / IDLE_SECONDS, "%", 1.0),
    ]
