"""effect.py FOLDER do|did NAME: a change that must happen once, and the probe that finds out whether it has.

Every change is one line in FOLDER/effects, its name and the time, on the disk before the command goes on. Somebody who
puts a file `hold-begins-NAME` or `hold-done-NAME` there holds the one command that comes by next, until there is a file
`go`. A command fails, after its change, as long as it happened no more often than the number in the file `fails-NAME`.
"""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path


def hold(folder: Path, moment: str) -> None:
    """Stands still if somebody wants that; says so, and who it is, in the file `held-MOMENT`."""
    held = folder / f"held-{moment}"
    try:
        os.rename(folder / f"hold-{moment}", held)
    except FileNotFoundError:
        return
    draft = folder / f"draft-{moment}"
    draft.write_text(str(os.getpid()))
    draft.replace(held)
    while not (folder / "go").exists():
        time.sleep(0.01)


def times(folder: Path, name: str) -> int:
    """How often it has happened."""
    with suppress(FileNotFoundError):
        return sum(line.split()[0] == name for line in (folder / "effects").read_text().splitlines())
    return 0


def do(folder: Path, name: str) -> int:
    """Changes something."""
    hold(folder, f"begins-{name}")
    log = os.open(folder / "effects", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(log, f"{name} {time.time()}\n".encode())
    os.fsync(log)
    os.close(log)
    hold(folder, f"done-{name}")
    fails = folder / f"fails-{name}"
    return int(fails.exists() and times(folder, name) <= int(fails.read_text()))


def did(folder: Path, name: str) -> int:
    """0: it happened, 1: it did not."""
    return int(not times(folder, name))


if __name__ == "__main__":
    place, word, change = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    sys.exit({"do": do, "did": did}[word](place, change))
