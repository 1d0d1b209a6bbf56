"""Many scenarios at once, each a group of its own: states, labels, values, times and notifications are the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.differential.looking import LOOKING
from tests.differential.pair import Pair
from tests.differential.story import differences, uneven
from tests.differential.writing import WRITING

SCENARIOS = [*LOOKING, *WRITING]


@pytest.mark.timeout(300)
def test_both_do_the_same(prometheus_binary: str, tmp_path: Path) -> None:
    with Pair(tmp_path, SCENARIOS) as pair:
        played = pair.play(29)
    missed = played.prometheus.missed + played.tocsin.missed
    judged = [scenario for scenario in SCENARIOS if not (missed and uneven(played, scenario))]
    differ = {scenario.name: found for scenario in judged if (found := differences(played, scenario))}
    assert not differ, "\n".join(f"{name}: {line}" for name, lines in differ.items() for line in lines)
    assert len(judged) > 0.8 * len(SCENARIOS), "slots were missed: this machine is too busy to compare"
