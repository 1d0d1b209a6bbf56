"""Runs the long suites in full, one after the other, and keeps what came of them in tests/soak/results/.

python -m tests.soak [NAME...]: every suite that has no result for this state of the tree; with names, only those whose
name begins so. Stopped and called again, it goes on with the first suite that was not finished. To add a suite, add a
line to SUITES.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from tests.soak import ROOT, seed

RESULTS = Path(__file__).with_name("results")
# name -> what pytest is given.
SUITES = {
    "bites": ["tests/bites", "-n2"],
    "property": ["tests/property", "-n2"],
    "contracts": ["tests/contracts", "-n2"],
    # what is compared has to keep its slots: nothing beside it
    "differential": ["tests/differential", "-n0", "--ignore=tests/differential/alertmanager"],
    "alertmanager": ["tests/differential/alertmanager", "-n0"],
    "testrules": ["tests/integrations/testrules", "-n2"],
    "rules": ["tests/integrations/rules", "-n2"],
    "openapi": ["tests/integrations/api/test_openapi.py", "-n2"],
    "sources": ["tests/integrations/prometheus", "-n2"],
    # They wait more than they work; a round at a time, so that an hour that was cut short is not lost.
    **{
        f"kill-{number:02}": ["tests/kill/test_kill.py", "-n6", "-k", f"round{number:02} and not T1"]
        for number in range(1, 11)
    },
    # the boundaries of T1 (tests/kill/boundaries.py), 25 kills each
    **{f"kill-b{name}": ["tests/kill/test_kill.py", "-n4", "-k", f"T1-B{name}"] for name in (0, 1, 2, 3, 4, 5, 6, 9)},
    **{
        f"kill-intake-{number:02}": ["tests/kill/test_intake.py", "-n0", "-k", f"round{number:02}"]
        for number in range(1, 11)
    },
    "demo": ["tests/demo", "-n0"],
    "faults": ["tests/scenarios/faults", "-n0"],
    "paging": ["tests/kill/test_paging.py", "-n2"],
    "reminders": ["tests/integrations/response", "-n2"],
    "storm": ["tests/storm", "-n0"],  # what is measured shares the cores with nothing
    "kill-takeover": ["tests/kill/test_takeover.py", "-n2"],
    "kill-b8": ["tests/kill/test_upkeep.py", "-n2"],
    "kill-switch": ["tests/kill/test_switch.py", "-n2"],
    "every-call-fails": ["tests/scenarios/test_every_call_fails.py", "-n2"],  # T3
}
# A result stands as long as nothing but results has changed since.
COUNTED_OUT = ":(exclude)tests/soak/results"


@dataclass(frozen=True)
class Result:
    """What came of one suite; `commit` is None for a tree with changes that are not committed."""

    suite: str
    commit: str | None
    date: str
    seconds: int
    passed: int
    failed: int
    skipped: int


def git(*arguments: str) -> str:
    """The output of a git command in this tree; empty when it fails."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def stands(suite: str) -> bool:
    """Whether the suite passed on a commit since which nothing has changed."""
    kept = RESULTS / f"{suite}.json"
    if not kept.exists():
        return False
    result = json.loads(kept.read_text())
    known = result["commit"] and git("cat-file", "-t", result["commit"]) == "commit"
    return bool(known and not result["failed"] and not git("diff", "--name-only", result["commit"], "--", COUNTED_OUT))


def run(suite: str) -> Result:
    """Runs one suite in full and returns its counts."""
    began = time.monotonic()
    commit = None if git("status", "--porcelain", "--", COUNTED_OUT) else git("rev-parse", "HEAD")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        pytest = [sys.executable, "-m", "pytest", "-q", "--timeout=0", f"--junitxml={report}", *SUITES[suite]]
        subprocess.run(pytest, cwd=ROOT, env={**os.environ, "TOCSIN_SOAK": "1"}, check=False)
        counts = ElementTree.parse(report).getroot().find("testsuite").attrib  # type: ignore[union-attr]
    failed = int(counts["failures"]) + int(counts["errors"])
    skipped = int(counts["skipped"])
    return Result(
        suite=suite,
        commit=commit,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - began),
        passed=int(counts["tests"]) - failed - skipped,
        failed=failed,
        skipped=skipped,
    )


def main(wanted: list[str]) -> int:
    """Returns 0 when every suite passed, 1 when one did not, 2 for a suite that does not exist."""
    named = [suite for suite in SUITES if not wanted or any(suite.startswith(name) for name in wanted)]
    if not named:
        print(f"no suite is called {' or '.join(wanted)}; there are {', '.join(SUITES)}")
        return 2
    results = []
    for suite in named:
        if stands(suite):
            continue
        print(f"soak: {suite}, seed {seed()}", flush=True)
        results.append(result := run(suite))
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{suite}.json").write_text(json.dumps(asdict(result), indent=2) + "\n")
        print(f"soak: {suite}: {result.passed} passed, {result.failed} failed in {result.seconds} s", flush=True)
    if not results:
        print("soak: every suite has passed on this state of the tree")
    return int(any(result.failed or not result.passed for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
