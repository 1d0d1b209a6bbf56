"""The switch, thrown on one of two processes on one PostgreSQL while the other acts: nothing begins on either, whoever
is killed, until somebody lets it go on."""

import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from bot.model.audit import AuditEntry
from bot.model.run import JournalKind
from tests.kill.checker import Left, faults, left_behind
from tests.kill.scene import Process, Scene
from tests.kill.test_takeover import plain
from tests.servers import Postgres, PrometheusServer
from tests.soak import many

PROMISED_S = 5.0


def says(scene: Scene, tocsin: Process, *words: str) -> str:
    """The output of `tocsin automation ...`, asked of this process."""
    argv = [sys.executable, "-m", "bot", "automation", *words, "-c", str(scene.folder / "tocsin.yaml")]
    asked = [*argv, "--server", str(tocsin.address), "--token-file", str(tocsin.token)]
    done = subprocess.run(asked, env=dict(os.environ), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def thrown(left: Left, act: str) -> datetime:
    """When the switch was, by the audit record."""
    switched: list[AuditEntry] = [one for one in left.audit if one.act == act]
    assert len(switched) == 1
    return switched[0].at


@pytest.mark.parametrize("round_", range(many(1, 25)))
async def test_nothing_begins_while_it_is_off_whoever_is_killed(
    round_: int, prometheus: PrometheusServer, postgres: Postgres, tmp_path: Path
) -> None:
    scene = Scene(tmp_path, prometheus, probe=True, database=plain(postgres.database()), story="switched")
    with scene.tocsin() as first, scene.tocsin() as second:
        scene.hold("begins-mend")
        scene.drive(first, lambda: scene.held("begins-mend"), "the change to be under way")
        began = time.monotonic()
        said = says(scene, second, "pause", "--reason", "strange things happen")
        took = time.monotonic() - began
        scene.let_go()
        scene.drive(second, lambda: scene.tells(second, "step last of RUN-1 is held"), "the next change to be held")
        first.kill()
        with scene.tocsin() as third:
            assert "paused" in says(scene, third, "status")
            assert scene.effects["last"] == []
            says(scene, third, "resume", "--reason", "they were understood")
            scene.drive(second, scene.over(second), "the end of the run and of the incident")
    assert "RUN-1" in said  # what is in flight
    print(f"paused after {took:.1f} s")
    assert took < many(1, 3) * PROMISED_S
    left = await left_behind(scene.database, scene.effects, scene.story)
    assert faults(left) == []
    off, on = thrown(left, "pause automation"), thrown(left, "resume automation")
    assert [one for one in left.journal if one.kind is JournalKind.INTENDED and off <= one.at < on] == []
    assert [one.at for one in left.journal if one.kind is JournalKind.HELD and one.step == "last"]
