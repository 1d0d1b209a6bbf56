"""Killed at any boundary and started again, Tocsin finishes the run: once, approved, and with the whole story told."""

import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.runbooks.moves import ENDING
from tests.kill.boundaries import Case, drawn
from tests.kill.checker import damage, faults, left_behind
from tests.kill.scene import STEP_SECONDS, Scene
from tests.servers import PrometheusServer
from tests.soak import many

# A change nobody saw end is given its own time to show. In a soak six cases share the cores.
GOES_ON_WITHIN = many(1, 4) * timedelta(seconds=10) + timedelta(seconds=STEP_SECONDS) + ENDING


def killed_at(scene: Scene, boundary: str, *, gently: bool = False) -> None:
    """Starts a Tocsin, drives it to the boundary and kills it there."""
    side, _, moment = boundary.partition(" ")
    at_effect = side == "effect"
    held = moment.replace(" ", "-")
    if at_effect:
        scene.hold(held)
    tocsin = scene.tocsin("" if at_effect else boundary).start()
    try:
        reached = (lambda: scene.held(held)) if at_effect else tocsin.marker.exists
        scene.drive(tocsin, reached, boundary)
        if gently:
            tocsin.signal(signal.SIGTERM)
            time.sleep(0.1)  # what it is given to end by itself, and not enough
    finally:
        tocsin.kill()


def finished(scene: Scene) -> datetime:
    """Starts Tocsin once more and lets it come to the end; when it was ready."""
    tocsin = scene.tocsin()
    with tocsin:
        ready = datetime.now(UTC)
        scene.let_go()
        scene.drive(tocsin, scene.over(tocsin), "the end of the run and of the incident")
    return ready


@pytest.mark.parametrize("case", drawn(), ids=str)
async def test_killed_and_started_again_it_finishes_the_run(
    case: Case, prometheus: PrometheusServer, tmp_path: Path
) -> None:
    scene = Scene(tmp_path, prometheus, probe=case.probe, story=case.story)
    for boundary in case.kills:
        killed_at(scene, boundary, gently=case.gently)
    ready = finished(scene)
    left = await left_behind(scene.database, scene.effects, scene.story)
    assert [*faults(left), *damage(str(tmp_path / "tocsin.db"))] == []
    later = [entry.at for entry in left.journal if entry.at > ready]
    assert not later or min(later) < ready + GOES_ON_WITHIN
