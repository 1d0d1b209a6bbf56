"""How long things are kept that are not kept for good. Incidents, evidence and the audit record are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Counted from when a thing came in (`raw`), happened (`evaluations`) or was over (`alerts`, `steps`)."""

    raw: timedelta = timedelta(days=14)
    """Alerts as they came in."""
    evaluations: timedelta = timedelta(days=7)
    """The record of rule evaluations."""
    alerts: timedelta = timedelta(days=90)
    """Resolved alerts, silences that are over, and what receivers were last told of a group."""
    steps: timedelta = timedelta(days=90)
    """What the steps of runs printed and returned."""
