"""Two processes on one PostgreSQL: when the first dies, or only seems to, the second carries the run to its end."""

import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.model.run import JournalKind
from bot.response.world import RUN_LEASE
from tests.kill.checker import faults, left_behind
from tests.kill.scene import Process, Scene, until
from tests.servers import Postgres, PrometheusServer
from tests.soak import many, sample

PROMISED = timedelta(seconds=30)
LONGER_THAN_A_LEASE = RUN_LEASE.total_seconds() + 1
# Where the first stands when it is stopped; it goes on after the second has brought the run to its end.
STOPPED_AT = [
    "after asked mend",
    "after intended mend",
    "before finished mend",
    "before ended",
    "after finished mend",
    "before checked",
]


def plain(url: str) -> str:
    """Without SQLAlchemy's word for the driver, which `store.url` does not know."""
    return url.replace("+psycopg", "")


def statuses(scene: Scene, tocsin: Process) -> dict[str, str]:
    """Where each step of the run stands."""
    incidents = scene.ask(tocsin, "/incidents")["incidents"]
    runs = [run for one in incidents for run in scene.ask(tocsin, f"/incidents/{one['id']}")["runs"]]
    return {step["id"]: step["status"] for run in runs for step in run["steps"]}


@pytest.mark.parametrize("round_", range(many(1, 10)))
async def test_when_the_first_is_killed_the_second_takes_the_run_over(
    round_: int, prometheus: PrometheusServer, postgres: Postgres, tmp_path: Path
) -> None:
    scene = Scene(tmp_path, prometheus, probe=True, database=plain(postgres.database()))
    with scene.tocsin() as first, scene.tocsin() as second:
        scene.stays_broken = True
        scene.drive(first, lambda: statuses(scene, first).get("settled") == "running", "the wait of the first")
        seen = time.monotonic()
        until(lambda: time.monotonic() > seen + LONGER_THAN_A_LEASE, "a lease to end that nobody renews")
        waiting = await left_behind(scene.database, scene.effects)
        assert len(waiting.entries(JournalKind.INTENDED, "settled")) == 1, "taken over from somebody who lives"
        first.kill()
        killed = datetime.now(UTC)
        scene.stays_broken = False
        scene.drive(second, scene.over(second), "the end of the run and of the incident")
    left = await left_behind(scene.database, scene.effects)
    assert faults(left) == []
    took = min(entry.at for entry in left.journal if entry.at > killed) - killed
    print(f"taken over after {took.total_seconds():.1f} s")
    assert took < PROMISED


@pytest.mark.parametrize("boundary", sample(STOPPED_AT, 1))
async def test_a_first_that_comes_back_after_the_take_over_changes_nothing(
    boundary: str, prometheus: PrometheusServer, postgres: Postgres, tmp_path: Path
) -> None:
    scene = Scene(tmp_path, prometheus, probe=True, database=plain(postgres.database()))
    with scene.tocsin(boundary) as first, scene.tocsin() as second:
        scene.drive(first, first.marker.exists, boundary)
        first.signal(signal.SIGSTOP)
        scene.drive(second, scene.over(second), "the end of the run and of the incident")
        before = await left_behind(scene.database, scene.effects)
        first.marker.unlink()
        first.signal(signal.SIGCONT)
        until(lambda: scene.ask(first, "/incidents"), "the first to answer again")
        until(lambda: "taken over" in first.log.read_text(), "the first to see that it was taken over")
        after = await left_behind(scene.database, scene.effects)
    assert faults(after) == []
    assert (after.journal, after.effects, after.approvals) == (before.journal, before.effects, before.approvals)
