"""Start-up: beside merely importing the libraries, in the same minute, one after the other and around again."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.bench import Row
from tests.bench.place import TOCSIN, furnish, running
from tests.soak import ROOT

ROUNDS = 7
LIBRARIES = "import fastapi, slack_bolt.async_app, sqlmodel, sentry_sdk, apscheduler, aiohttp"
SHIPPED = [str(ROOT / name) for name in ("rules/prometheus", "runbooks")]


def took(*argv: object) -> float:
    """Seconds from the start of a process to its end; it must succeed."""
    began = time.perf_counter()
    subprocess.run([str(part) for part in argv], stdout=subprocess.DEVNULL, check=True, cwd="/")
    return time.perf_counter() - began


def rows(folder: Path, prometheus: str) -> list[Row]:
    """Four figures: ready, ready beside the imports, help, check."""
    config = furnish(folder, prometheus)
    with running(config):
        pass  # makes the database, and whatever Python keeps of its modules
    took(sys.executable, "-c", LIBRARIES)
    imports, ready, helps, checks = [], [], [], []
    for _ in range(ROUNDS):
        imports.append(took(sys.executable, "-c", LIBRARIES))
        with running(config) as (_, _, seconds):
            ready.append(seconds)
        helps.append(took(TOCSIN, "--help"))
        checks.append(took(TOCSIN, "check", *SHIPPED))
    shares = [mine / theirs for mine, theirs in zip(ready, imports, strict=True)]  # a busy moment is unfair to both
    return [
        Row("importing the libraries alone", statistics.median(imports), "s"),
        Row("`tocsin run` ready, with 200 rules", statistics.median(ready), "s"),
        Row("  the same, as a share of those imports", statistics.median(shares), "", floor=0.8, aim=0.5),
        Row("`tocsin --help`", statistics.median(helps), "s", floor=0.4, aim=0.2),
        Row("`tocsin check` of the shipped files", statistics.median(checks), "s", floor=1.0, aim=0.5),
    ]
