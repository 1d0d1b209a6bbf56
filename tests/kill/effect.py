"""effect.py FOLDER mend|did: a change that must happen once, and the probe that finds out whether it has.

Every change is one line in FOLDER/effects, on the disk before the command goes on. Somebody who puts a file
`hold-begins` or `hold-done` there holds the one command that comes by next, until there is a file `go`.
"""

import os
import sys
import time
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


def mend(folder: Path) -> int:
    """Changes something."""
    hold(folder, "begins")
    log = os.open(folder / "effects", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(log, f"{time.time()}\n".encode())
    os.fsync(log)
    os.close(log)
    hold(folder, "done")
    return 0


def did(folder: Path) -> int:
    """0: it happened, 1: it did not."""
    return 0 if (folder / "effects").exists() else 1


if __name__ == "__main__":
    place, word = Path(sys.argv[1]), sys.argv[2]
    sys.exit({"mend": mend, "did": did}[word](place))
