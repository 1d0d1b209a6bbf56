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
from tests.soak import many, sample, seed

ALL = [*LOOKING, *STORIES, *RELOADING]
LENGTH = 29
TRIES = 3


@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", range(many(1, 20)))
def test_both_do_the_same(prometheus_binary: str, tmp_path: Path, number: int) -> None:
    known = [*COMPLIANCE, *sample(ALL, 40)] if number == 0 else []
    left: Sequence[Scenario] = [*known, *drawn(f"{seed()} {number}", many(8, 60))]
    for attempt in range(TRIES):
        left = compared(tmp_path / str(attempt), left)
        if not left:
            return
    raise AssertionError(f"slots were missed in every try: this machine is too busy for {[one.name for one in left]}")


def compared(folder: Path, scenarios: Sequence[Scenario]) -> Sequence[Scenario]:
    """Plays them, and says which could not be compared, because one of the two missed a slot."""
    folder.mkdir()
    with Pair(folder, scenarios) as pair:
        played = pair.play(LENGTH, reload_at=12)
    missed = played.prometheus.missed + played.tocsin.missed
    void = {one.name for one in pair.scenarios if missed and uneven(played, one)}
    differ = {one.name: differences(played, one) for one in pair.scenarios if one.name not in void}
    told = "\n".join(f"{name}: {line}" for name, lines in differ.items() for line in lines)
    assert not told, told
    return [one for one, named in zip(scenarios, pair.scenarios, strict=True) if named.name in void]
