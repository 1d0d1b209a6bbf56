"""Many scenarios at once, each a branch of the routing tree: both tell the same at the same time, and show the same."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import needed
from tests.differential.alertmanager.drawing import drawn
from tests.differential.alertmanager.known import KNOWN, TOLD_OTHERWISE
from tests.differential.alertmanager.playing import ALL, differing
from tests.servers import locate
from tests.soak import made_up_by, many, sample


@pytest.mark.timeout(900)
@pytest.mark.parametrize("number", range(many(1, 5)))
def test_both_tell_and_show_the_same(tmp_path: Path, number: int) -> None:
    with needed():
        locate("alertmanager")
    scenarios = [*(sample(ALL, 24) if number == 0 else []), *drawn(f"{made_up_by()} {number}", many(6, 80))]
    found = differing(tmp_path, scenarios)
    assert not found, "\n".join(found)


def test_what_is_known_is_of_a_scenario() -> None:
    """Whatever has another name by now explains nothing."""
    names = [one.name for one in ALL]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert [name for name in TOLD_OTHERWISE if name not in names] == []
    of_some = [pattern.partition(":")[0] for pattern in KNOWN]
    assert [
        one
        for one in of_some
        if not any(re.fullmatch(one, name) for name in [*names, "drawn-1"]) and one != r".*\.updatedAt"
    ] == []
