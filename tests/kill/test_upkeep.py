"""B8 of T1: killed while it makes its database, at a moment nobody chose; started again, it lives its life."""

import random
import time
from pathlib import Path

import pytest

from tests.kill.checker import damage, faults, left_behind
from tests.kill.scene import PATIENCE, Scene
from tests.kill.test_kill import finished
from tests.servers import PrometheusServer, ServerProcess
from tests.soak import many, seed

KILLS = 3
LONGEST_S = 0.5
"""From the file's first byte to its last migration, and somewhat more."""


def begins_and_is_killed(scene: Scene, log: Path, database: Path, after: float) -> None:
    """So many seconds after the file was there."""
    begins = ServerProcess(scene.tocsin().argv, log=log, ready=database.exists)
    begins.start(within=PATIENCE)
    time.sleep(after)
    begins.kill()


@pytest.mark.parametrize("round_", range(many(1, 25)))
async def test_killed_while_it_makes_its_database_it_starts_and_loses_nothing(
    round_: int, prometheus: PrometheusServer, tmp_path: Path
) -> None:
    scene, chance = Scene(tmp_path, prometheus, probe=True), random.Random(f"{seed()} {round_}")
    database = tmp_path / "tocsin.db"
    for kill in range(KILLS):
        begins_and_is_killed(scene, tmp_path / f"begins-{kill}.log", database, chance.uniform(0, LONGEST_S))
    finished(scene)
    left = await left_behind(scene.database, scene.effects)
    assert [*faults(left), *damage(str(database))] == []
