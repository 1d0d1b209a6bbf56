"""Merges: one incident became part of another, and can be taken out again for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.ids import Fingerprint, IncidentId
from bot.model.incident import Severity, SignalState


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """`other` became part of `into`. With what `other` still says of itself, this is all that undoing it needs.

    `alerts` and `firing` are what `into` did not hold before, `groups` the alert groups that were given over;
    `severity`, `signal` and `detected_at` are what `into` had until then.
    """

    other: IncidentId
    into: IncidentId
    at: datetime
    by: str
    severity: Severity
    signal: SignalState
    detected_at: datetime | None = None
    alerts: tuple[Fingerprint, ...] = ()
    firing: tuple[Fingerprint, ...] = ()
    groups: tuple[str, ...] = ()
