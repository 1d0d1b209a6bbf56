"""Plays the scenarios whose names are given, or all, and prints what differs.

python -m tests.differential.alertmanager [NAME...]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.differential.alertmanager.playing import ALL, differing


def main(wanted: list[str]) -> int:
    """Returns 0 when both do the same, 1 when they do not, 2 for a scenario that does not exist."""
    named = [one for one in ALL if not wanted or one.name in wanted]
    unknown = set(wanted) - {one.name for one in named}
    if unknown:
        print(f"no scenario is called {' or '.join(sorted(unknown))}; there are {', '.join(one.name for one in ALL)}")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        found = differing(Path(folder), named)
    print("\n".join(found) or f"{len(named)} scenarios: both do the same")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
