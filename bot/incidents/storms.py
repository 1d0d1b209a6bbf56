"""In a storm of new incidents the grave ones are looked into first, and the evidence of the others waits."""

from __future__ import annotations

from datetime import timedelta

from bot.model.incident import Severity

LATELY = timedelta(minutes=1)
CALM = 20
"""Incidents that open within `LATELY`, up to which each is looked into at once."""
MOST_LOOKED_INTO = 10
"""Alert groups of one incident, up to which each that joins is looked into by itself."""
_WAITS = {Severity.SEV3: timedelta(minutes=1), Severity.SEV4: timedelta(minutes=2), Severity.SEV5: timedelta(minutes=3)}
"""Those that are not named do not wait."""


def evidence_waits(severity: Severity, opened: int) -> timedelta:
    """How long the evidence of a new incident waits, where so many opened within `LATELY`."""
    return _WAITS.get(severity, timedelta(0)) if opened > CALM else timedelta(0)
