"""Which evidence waits in a storm."""

from datetime import timedelta

import pytest

from bot.incidents.storms import CALM, evidence_waits
from bot.model.incident import Severity


@pytest.mark.parametrize("severity", Severity)
def test_while_it_is_calm_nothing_waits(severity: Severity) -> None:
    assert evidence_waits(severity, CALM) == timedelta(0)


def test_in_a_storm_the_lesser_an_incident_is_the_longer_its_evidence_waits() -> None:
    waits = [evidence_waits(severity, CALM + 1) for severity in Severity]
    assert waits == [timedelta(minutes=minutes) for minutes in (0, 0, 1, 2, 3)]
