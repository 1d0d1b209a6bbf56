"""All scenarios, and what differs in them however often they are played."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.differential.alertmanager.comparison import differences, unlike_the_script
from tests.differential.alertmanager.inhibiting import INHIBITING
from tests.differential.alertmanager.merging import MERGING
from tests.differential.alertmanager.pair import Pair, Played
from tests.differential.alertmanager.routing import ROUTING
from tests.differential.alertmanager.scenario import Scenario
from tests.differential.alertmanager.silencing import SILENCING
from tests.differential.alertmanager.timing import TIMING

ALL = [*ROUTING, *TIMING, *INHIBITING, *SILENCING, *MERGING]
LATE = 0.6
"""Seconds: what was done later than this may have come after what it should have led to."""
ENOUGH, TRIES = 3, 6
APART = 0.5
"""Seconds between the beginnings of two scenarios, the first time; then twice as many each time."""


def differing(folder: Path, scenarios: Sequence[Scenario]) -> Sequence[str]:
    """What differs, in words.

    What differs is played again, with more time between the scenarios: on a busy machine one second may fall to either
    side of another. What differs three times is a difference. AssertionError when something always came too late.
    """
    times = Counter[str]()
    left = scenarios
    for attempt in range(TRIES):
        played = _played(folder / str(attempt), left, APART * 2**attempt)
        said = {one.scenario.name: lines for one in played if one.late <= LATE and (lines := _wrong(one))}
        times.update(said.keys())
        told = [f"{name}: {line}" for name in sorted(said) if times[name] == ENOUGH for line in said[name]]
        if told:
            return told
        left = [one.scenario for one in played if one.late > LATE or one.scenario.name in said]
        if not left:
            return []
    raise AssertionError(f"this machine is too busy for {[one.name for one in left]}: they came late in every try")


def _played(folder: Path, scenarios: Sequence[Scenario], apart: float) -> Sequence[Played]:
    folder.mkdir()
    with Pair(folder, scenarios) as pair:
        return pair.play(apart)


def _wrong(played: Played) -> list[str]:
    return [*unlike_the_script(played), *differences(played)]
