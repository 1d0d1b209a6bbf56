"""Two Tocsins on one PostgreSQL, and a run of many short steps: the one that carries it is killed.

Measured: the seconds until the other one has begun a step, and how many steps were begun twice.
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from tests.bench import Row
from tests.bench.place import running

KILLS, STEPS = 3, 40
CONFIG = """\
http: {{listen: "127.0.0.1:0"}}
store: {{url: "{database}"}}
runbooks: [waits.yaml]
"""
RUNBOOK = """\
runbook: waits
title: Waits, and waits
owner: bench
summary: For the time between a death and what follows it.
steps:
"""
STEP = "  - {{id: step{number}, uses: wait, with: {{for: 200ms}}}}\n"


def rows(folder: Path, databases: Sequence[str]) -> list[Row]:
    """One database for each kill."""
    found = [after_a_kill(folder / f"kill{number}", url) for number, url in enumerate(databases)]
    again = max(count for _, count in found)
    return [
        Row("from kill -9 to a step begun by another, longest", max(took for took, _ in found), "s", floor=30, aim=10),
        Row("  steps begun twice, at most", again, "", floor=1, note=f"of {len(found)} kills"),
    ]


def after_a_kill(folder: Path, database: str) -> tuple[float, int]:
    """Seconds, and the steps begun twice."""
    with tocsin(folder / "first", database) as (first, asked), tocsin(folder / "second", database) as (_, other):
        run = asked.post("/runbooks/waits/runs", json={}).raise_for_status().json()["id"]
        while len(intents(asked, run)) < 5:
            time.sleep(0.05)
        first.send_signal(signal.SIGKILL)
        killed, deadline = datetime.now(UTC), time.monotonic() + 120
        while not (later := [one for one in intents(other, run) if datetime.fromisoformat(one["at"]) > killed]):
            assert time.monotonic() < deadline, "nobody takes it over"
            time.sleep(0.05)
        while (known := other.get(f"/runs/{run}").json()["run"])["status"] in ("running", "waiting"):
            assert time.monotonic() < deadline, "the run does not end"
            time.sleep(0.2)
        assert known["status"] == "succeeded", known["status"]
        times = Counter(one["step"] for one in intents(other, run))
    took = (datetime.fromisoformat(later[0]["at"]) - killed).total_seconds()
    return took, sum(count - 1 for count in times.values())


def intents(http: httpx.Client, run: str) -> list[Mapping[str, Any]]:
    """The beginnings of its steps."""
    journal = http.get(f"/runs/{run}").raise_for_status().json()["journal"]
    return [entry for entry in journal if entry["kind"] == "intended"]


@contextmanager
def tocsin(folder: Path, database: str) -> Iterator[tuple[Any, httpx.Client]]:
    """A process of its own with a folder of its own, and a way to ask it."""
    folder.mkdir(parents=True)
    steps = "".join(STEP.format(number=number) for number in range(STEPS))
    (folder / "waits.yaml").write_text(RUNBOOK + steps)
    config = folder / "tocsin.yaml"
    config.write_text(CONFIG.format(database=database))
    with running(config) as (process, address, _):
        headers = {"Authorization": "Bearer " + config.with_name("tocsin.token").read_text().strip()}
        with httpx.Client(base_url=f"{address}/api/v1", headers=headers, trust_env=False, timeout=30) as http:
            yield process, http
