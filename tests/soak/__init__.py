"""Long suites: `make soak` runs them in full, `make test` runs a sample that changes with every commit.

A suite asks `many(2, 10)` how often, and `sample(cases, 20)` which of its cases. Nothing else knows the difference.
"""

import functools
import os
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[2]
Case = TypeVar("Case")


def soaking() -> bool:
    """Whether this is `make soak`."""
    return os.environ.get("TOCSIN_SOAK") == "1"


def many(in_tests: int, in_soak: int) -> int:
    """A number of rounds: the first in `make test`, the second in `make soak`."""
    return in_soak if soaking() else in_tests


@functools.cache
def seed() -> str:
    """What samples are drawn by: the commit, so that a run can be repeated and every commit draws others."""
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return os.environ.get("TOCSIN_SEED") or head.stdout.strip() or "no commit"


def made_up_by() -> str:
    """What inputs nobody wrote are made up by: the commit in `make soak`, always the same in `make test`.

    Of thousands of them one still shows what nobody knew. That is for a soak to find, and to be understood, not for CI.
    """
    return seed() if soaking() else "make test"


def sample(cases: Sequence[Case], size: int) -> list[Case]:
    """All cases in `make soak`; otherwise `size` of them, in their order, the same for all workers of a run."""
    if soaking() or len(cases) <= size:
        return list(cases)
    drawn = random.Random(seed()).sample(range(len(cases)), size)
    return [cases[number] for number in sorted(drawn)]
