"""Every planted fault is caught, by the check that is there for it."""

import importlib
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.bites import Bite
from tests.house.tree import ROOT, files
from tests.soak import many

MODULES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith(("__", "test_")))
BITES: list[Bite] = [bite for name in MODULES for bite in importlib.import_module(f"tests.bites.{name}").BITES]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The tree as it is now, changes that are not committed included, in a repository of its own."""
    for path in files():
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def test_every_fault_can_be_planted() -> None:
    """What a fault replaces moves as the code does, and `make test` plants a few of them only."""
    moved = [bite.fault for bite in BITES if bite.plant(text := _text(bite)) == text]
    assert not moved


def _text(bite: Bite) -> str:
    file = ROOT / bite.file
    return file.read_text() if file.exists() else ""


# The same few in `make test`: that a planted fault is missed is news about a test, for a soak to tell.
@pytest.mark.parametrize("bite", BITES[: many(2, len(BITES))], ids=lambda bite: bite.fault)
def test_it_bites(bite: Bite, copy: Path) -> None:
    assert not (reason := bite.is_caught(copy)), reason
