"""Many scenarios at once, each a group of its own: states, labels, values, times and notifications are the same."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.differential.drawing import drawn
from tests.differential.looking import LOOKING
from tests.differential.pair import Pair
from tests.differential.reloading import RELOADING
from tests.differential.scenario import Scenario
from tests.differential.story import differences, uneven
from tests.differential.writing import COMPLIANCE, STORIES
from tests.soak import made_up_by, many, sample

ALL = [*LOOKING, *STORIES, *RELOADING]
LENGTH = 29
TRIES = 4


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", range(many(1, 20)))
def test_both_do_the_same(prometheus_binary: str, tmp_path: Path, number: int) -> None:
    """What differs is played again: what two programs do in one second by the clock on the wall may fall to either side
    of a slot, once. What differs twice is a difference.
    """
    known = [*COMPLIANCE, *sample(ALL, 40)] if number == 0 else []
    left: Sequence[Scenario] = [*known, *drawn(f"{made_up_by()} {number}", many(8, 60))]
    before: set[str] = set()
    for attempt in range(TRIES):
        void, differ = compared(tmp_path / str(attempt), left)
        said = {one.name: lines for one, lines in differ}
        told = "\n".join(f"{name}: {line}" for name in said.keys() & before for line in said[name])
        assert not told, told
        before |= said.keys()
        left = [*void, *(one for one, _ in differ)]
        if not left:
            return
    raise AssertionError(f"slots were missed in every try: this machine is too busy for {[one.name for one in left]}")


def compared(
    folder: Path, scenarios: Sequence[Scenario]
) -> tuple[Sequence[Scenario], Sequence[tuple[Scenario, Sequence[str]]]]:
    """Plays them; those that could not be compared, because one of the two missed a slot, and those that differ."""
    folder.mkdir()
    with Pair(folder, scenarios) as pair:
        played = pair.play(LENGTH, reload_at=12)
    missed = played.prometheus.missed + played.tocsin.missed
    void, differ = [], []
    for one, named in zip(scenarios, pair.scenarios, strict=True):
        if missed and uneven(played, named):
            void.append(one)
        elif lines := differences(played, named):
            differ.append((one, lines))
    return void, differ
