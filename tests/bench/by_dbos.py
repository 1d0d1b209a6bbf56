"""Runs of five steps that do nothing, as DBOS carries them: a process of its own, for its threads and its imports.

python -m tests.bench.by_dbos URL STEPS SECONDS AT_ONCE...: prints the seconds a run, one for each AT_ONCE, as JSON.
"""

import json
import logging
import sys
import time

from dbos import DBOS


@DBOS.step()  # type: ignore[untyped-decorator]  # a benchmark, measured as it is
def nothing() -> str:
    """A step that does nothing."""
    return "done"


@DBOS.workflow()  # type: ignore[untyped-decorator]
def trivial(steps: int) -> str:
    """So many of them."""
    for _ in range(steps):
        nothing()
    return "done"


def each(steps: int, seconds: float, at_once: int) -> float:
    """Seconds a run, with so many of them at once."""
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        handles = [DBOS.start_workflow(trivial, steps) for _ in range(at_once)]
        for handle in handles:
            handle.get_result()
        done += at_once
    return (time.perf_counter() - began) / done


def main(url: str, steps: str, seconds: str, *at_once: str) -> None:
    """Measures, and prints."""
    DBOS(config={"name": "bench", "system_database_url": url, "run_admin_server": False, "log_level": "ERROR"})
    logging.getLogger("dbos").setLevel(logging.ERROR)
    DBOS.launch()
    each(int(steps), 0.1, 1)
    print(json.dumps([each(int(steps), float(seconds), int(one)) for one in at_once]))
    DBOS.destroy()


if __name__ == "__main__":
    main(*sys.argv[1:])
