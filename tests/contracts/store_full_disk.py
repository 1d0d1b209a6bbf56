"""A process whose disk fills up and empties again while it writes; exits 0 when nothing was lost.

`python -m tests.contracts.store_full_disk limit|disk FOLDER`: by a limit on the size of files, or on a small file
system of its own at FOLDER (which needs a mount namespace: run it under `unshare --mount`).
"""

import asyncio
import itertools
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bot.errors import StoreUnavailable
from bot.store.store import open_store
from tests.contracts.store_nouns import three_facts

NO_LIMIT = resource.getrlimit(resource.RLIMIT_FSIZE)


def limit_files() -> None:
    """No file may grow beyond 400 kB."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, NO_LIMIT[1]))


def lift_limit() -> None:
    """Files may grow again."""
    resource.setrlimit(resource.RLIMIT_FSIZE, NO_LIMIT)


def fill(folder: Path) -> None:
    """Takes all room there is."""
    with (folder / "ballast").open("wb", buffering=0) as ballast:
        try:
            while ballast.write(b"x" * 4096):
                pass
        except OSError:
            return


async def main(folder: Path, fill_up: Callable[[], None], empty: Callable[[], None]) -> None:
    """Writes until it was refused a few times, reads all the same, and goes on when there is room."""
    kept, refused = 0, []
    async with open_store(f"sqlite:///{folder / 'tocsin.db'}") as store:

        async def write(number: int) -> None:
            nonlocal kept
            try:
                await store.write(lambda tx: three_facts(tx, number))
                kept += 1
            except StoreUnavailable as error:
                refused.append(error)

        await write(1)
        fill_up()
        numbers = itertools.count(2)
        while len(refused) < 20:
            await asyncio.gather(*(write(number) for number in itertools.islice(numbers, 3)))
            seen = await store.read(lambda tx: (len(tx.incidents.list(limit=9999)), len(tx.audit.list(limit=9999))))
            assert seen == (kept, kept), (seen, kept)
        empty()
        refused_before = len(refused)
        await write(next(numbers))
        assert len(refused) == refused_before, refused[-1]
        assert await store.read(lambda tx: (len(tx.incidents.list(limit=9999)), tx.audit.broken_at())) == (kept, None)
        print(refused[0], "|", refused[0].hint)


if __name__ == "__main__":
    where = Path(sys.argv[2])
    if sys.argv[1] == "limit":
        asyncio.run(main(where, limit_files, lift_limit))
    else:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(where)], check=True)
        asyncio.run(main(where, lambda: fill(where), (where / "ballast").unlink))
