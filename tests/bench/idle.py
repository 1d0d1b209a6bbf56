"""At rest, with 200 rules against a real Prometheus: memory and processor time of Tocsin and all it started."""

import time
from pathlib import Path

import psutil

from tests.bench import Row
from tests.bench.place import furnish, running

SETTLES, WATCHED = 15, 60


def family(pid: int) -> list[psutil.Process]:
    """The process and everything below it."""
    first = psutil.Process(pid)
    return [first, *first.children(recursive=True)]


def spent(processes: list[psutil.Process]) -> float:
    """Seconds of processor time so far."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def rows(folder: Path, prometheus: str) -> list[Row]:
    """One minute is one evaluation of every rule."""
    with running(furnish(folder, prometheus)) as (process, _, _):
        time.sleep(SETTLES)
        before = spent(family(process.pid))
        time.sleep(WATCHED)
        processes = family(process.pid)
        used = (spent(processes) - before) / WATCHED
        resident = sum(one.memory_info().rss for one in processes) / 2**20
    return [
        Row("resident memory at rest", resident, "MiB", floor=150, aim=90, note=f"{len(processes)} processes"),
        Row("processor at rest", used * 100, "% of a core", floor=1.0, aim=0.5, note=f"over {WATCHED} s"),
    ]
