"""python -m tests.bench: measures, prints, and exits 1 when a figure is below its floor."""

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.bench import runs, startup
from tests.bench.figures import Figure, table
from tests.servers import PrometheusServer


def main() -> int:
    """Everything, one after the other; about three minutes."""
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name, part) for part in ("prometheus", "start", "idle", "runs")]
        for folder in folders:
            folder.mkdir()
        with PrometheusServer(folders[0]) as prometheus:
            print("start-up ...", flush=True)
            figures += startup.start_up(folders[1], prometheus)
            figures += startup.alone()
            print("idle ...", flush=True)
            figures += startup.idle(folders[2], prometheus)
        print("runs ...", flush=True)
        figures += asyncio.run(runs.measure(folders[3]))
    print(table(figures))
    return 0 if all(figure.holds for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
