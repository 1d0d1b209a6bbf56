"""Planted faults: does each check bite? A check that lets its fault through checks nothing.

A bite is a small change to one file of a copy of the tree, and the command that must then fail, saying why.
Every module here with a list BITES takes part; `test_bites.py` runs them, a sample in `make test`, all in `make soak`.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PYTHON = Path(sys.executable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bite:
    """One planted fault.

    fault: what is wrong with the tree then.  file: where it is planted; made when it is not there.
    plant: the file's text -> the text with the fault.  caught_by: a program of .venv/bin and its arguments.
    says: words that the output must hold, so that it failed for this reason and for no other.
    """

    fault: str
    file: str
    plant: Callable[[str], str]
    caught_by: tuple[str, ...]
    says: str

    def is_caught(self, tree: Path) -> str:
        """Plants the fault in a copy of the tree; returns why it was not caught, or an empty string."""
        planted = tree / self.file
        before = planted.read_text() if planted.exists() else ""
        after = self.plant(before)
        if after == before:
            return f"the fault could not be planted: {self.file} has changed since"
        planted.parent.mkdir(parents=True, exist_ok=True)
        planted.write_text(after)
        program, *arguments = self.caught_by
        argv = [PYTHON.with_name(program), *arguments]
        done = subprocess.run(argv, cwd=tree, env=_environment(), capture_output=True, text=True, check=False)
        output = done.stdout + done.stderr
        if done.returncode == 0:
            return f"{' '.join(self.caught_by)} let it pass"
        return "" if self.says in output else f"it failed, and not with {self.says!r}:\n{output[-2000:]}"


def replaced(old: str, new: str) -> Callable[[str], str]:
    """A fault planted in place of the first `old`."""
    return lambda text: text.replace(old, new, 1)


def added(text: str) -> Callable[[str], str]:
    """A fault planted at the end of a file."""
    return lambda before: f"{before}\n{text}\n"


def _environment() -> dict[str, str]:
    """Without what the outer pytest says about itself: a fault is caught by `make test`, not only by `make soak`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TOCSIN_SOAK"))}
    return {"TOCSIN_CACHE": str(Path(__file__).parents[2] / ".cache")} | kept  # servers are not installed once a fault
