"""Runs of five steps that do nothing, as DBOS carries them: a process of its own, for its threads and its imports.

python -m tests.bench.by_dbos KEEPING URL STEPS SECONDS AT_ONCE...: prints the seconds a run, one for each AT_ONCE, as
JSON. KEEPING is `bare`: DBOS' own checkpoint of each step and nothing else; or `recorded`: what our runs keep of each
step, too: before it, its intent and a line of the audit record; with its result, a line of the timeline. Each of the
two is one transaction of a datasource, which is how DBOS commits an application's rows together with its checkpoint;
the step itself is in the second one, so that it costs no third.
"""

import json
import logging
import sys
import time
from collections.abc import Callable

import sqlalchemy as sa
from dbos import DBOS, SQLAlchemyDatasource

_tables = sa.MetaData()


def _lines(name: str) -> sa.Table:
    """Lines of a run."""
    return sa.Table(
        name, _tables,
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("run", sa.Text, nullable=False, index=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )  # fmt: skip


AUDIT, TIMELINE = _lines("audit"), _lines("timeline")


@DBOS.step()  # type: ignore[untyped-decorator]  # a benchmark, measured as it is
def nothing() -> str:
    """A step that does nothing."""
    return "done"


@DBOS.workflow()  # type: ignore[untyped-decorator]
def bare(steps: int) -> str:
    """So many of them."""
    for _ in range(steps):
        nothing()
    return "done"


def recording(url: str) -> Callable[[int], str]:
    """The workflow of so many of them whose intent, result, timeline and audit are committed."""
    source = SQLAlchemyDatasource.create(url)
    _tables.create_all(source.engine)

    def keep(table: sa.Table, step: int, text: str) -> None:
        row = {"run": DBOS.workflow_id, "at": time.time_ns() // 1000, "step": step, "text": text}
        source.sql_session().execute(table.insert().values(row))

    @source.transaction  # type: ignore[untyped-decorator]
    def intend(step: int) -> str:
        keep(AUDIT, step, "runs now: do nothing")
        return "do nothing"

    @source.transaction  # type: ignore[untyped-decorator]
    def act(step: int) -> str:
        keep(TIMELINE, step, "done")
        return "done"

    @DBOS.workflow()  # type: ignore[untyped-decorator]
    def recorded(steps: int) -> str:
        for step in range(steps):
            intend(step)
            act(step)
        return "done"

    workflow: Callable[[int], str] = recorded
    return workflow


def each(workflow: Callable[[int], str], steps: int, seconds: float, at_once: int) -> float:
    """Seconds a run, with so many of them at once."""
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        handles = [DBOS.start_workflow(workflow, steps) for _ in range(at_once)]
        for handle in handles:
            handle.get_result()
        done += at_once
    return (time.perf_counter() - began) / done


def main(keeping: str, url: str, steps: str, seconds: str, *at_once: str) -> None:
    """Measures, and prints."""
    DBOS(config={"name": "bench", "system_database_url": url, "run_admin_server": False, "log_level": "ERROR"})
    logging.getLogger("dbos").setLevel(logging.ERROR)
    workflow = recording(url) if keeping == "recorded" else bare
    DBOS.launch()
    each(workflow, int(steps), 0.1, 1)
    print(json.dumps([each(workflow, int(steps), float(seconds), int(one)) for one in at_once]))
    DBOS.destroy()


if __name__ == "__main__":
    main(*sys.argv[1:])
