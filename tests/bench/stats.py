"""Statistics of a hundred thousand incidents: how soon they answer, and whether others wait meanwhile.

The whole of `tocsin run` over HTTP. A year of incidents, each with a story of five entries, pages and rules that fired.
"""

import statistics
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tests.bench import Row, p99
from tests.bench.place import running
from tests.past import lived_through

MANY, DAYS = 100_000, 365
CONFIG = 'http: {listen: "127.0.0.1:0"}\n'
ASKED = 5
MONTH, YEAR = "2592000", "31536000"


def rows(folder: Path, prometheus: str = "") -> list[Row]:
    """All figures."""
    (folder / "tocsin.yaml").write_text(CONFIG)
    lived_through(f"sqlite:///{folder / 'tocsin.db'}", datetime.now(UTC), incidents=MANY, days=DAYS)
    return measured(folder)


def measured(folder: Path) -> list[Row]:
    """The figures of a database that is there."""
    with running(folder / "tocsin.yaml") as (_, address, _):
        headers = {"Authorization": "Bearer " + (folder / "tocsin.token").read_text().strip()}
        with httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=120) as http:
            month = [answered(http, MONTH) for _ in range(ASKED)][1:]
            others: list[float] = []
            over = threading.Event()
            asking = threading.Thread(target=lambda: others.extend(meanwhile(address, headers, over)))
            asking.start()
            year = answered(http, YEAR)
            over.set()
            asking.join()
    return [
        Row("statistics of a month", statistics.median(month), "s", floor=1.5, aim=0.4, note=f"of {MANY:,} a year"),
        Row("statistics of a year", year, "s", floor=12, aim=4, note=f"{MANY:,} incidents"),
        Row("what others wait meanwhile, p99", p99(others) * 1e3, "ms", floor=250, aim=50, note=f"{len(others)} asked"),
    ]


def answered(http: httpx.Client, seconds: str) -> float:
    """How long one answer takes."""
    began = time.perf_counter()
    answer = http.get("/api/v1/stats", params={"seconds": seconds, "by": "team"})
    took = time.perf_counter() - began
    assert answer.json()["whole"]["incidents"] > 0, answer.text
    return took


def meanwhile(address: str, headers: dict[str, str], over: threading.Event) -> list[float]:
    """How long others wait for something small, until it is over."""
    took = []
    with httpx.Client(base_url=address, headers=headers, trust_env=False, timeout=120) as http:
        while not over.wait(0.02):
            began = time.perf_counter()
            http.get("/api/v1/incidents", params={"limit": "5"}).raise_for_status()
            took.append(time.perf_counter() - began)
    return took
