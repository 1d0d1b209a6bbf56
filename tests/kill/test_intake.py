"""Killed at any moment while alerts come in: whatever was answered with 2xx is there, and being down resolves nothing.

What was sent and how it was answered is written down outside of Tocsin. After each start, and in the end, Tocsin is
compared with that.
"""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

import pytest

from tests.kill.checker import damage
from tests.kill.intake import Clients, Intake, faults
from tests.kill.scene import until_none
from tests.soak import many, seed
from tests.storm.receiver import Receiver

ROUNDS, KILLS = many(1, 10), many(3, 10)


@pytest.mark.timeout(many(180, 1200))
@pytest.mark.parametrize("number", range(1, ROUNDS + 1), ids=lambda number: f"round{number:02}")
def test_what_was_answered_is_there_however_often_tocsin_is_killed(number: int, tmp_path: Path) -> None:
    drawn = random.Random(f"{seed()} {number}")
    with Receiver() as receiver, Intake(tmp_path, receiver.url) as intake, Clients(intake, drawn) as clients:
        for kill in range(KILLS):
            if kill % 3 == 2:  # while it starts, too: at any moment until it would be ready
                intake.dies_while_it_starts(after=drawn.uniform(0.05, 1.5))
            intake.starts()
            assert [*clients.missed()] == []
            clients.go_on()
            time.sleep(drawn.uniform(0.2, 2.5))
            intake.dies()
            clients.hold()
        intake.starts()
        until_none(lambda: [*clients.missed(), *intake.unsettled()], "every alert to be where it belongs")
        intake.stops()
    assert clients.answered > KILLS, "the kills left no time to send anything"
    assert [*asyncio.run(faults(intake, clients, receiver)), *damage(str(intake.database))] == []
