"""Incidents: what people work on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.ids import Fingerprint, IncidentId


class Severity(StrEnum):
    """SEV1 is the gravest. When in doubt, the higher."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"
    SEV5 = "SEV5"


class IncidentStatus(StrEnum):
    """The life of an incident, in order."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    CLOSED = "closed"


OPEN = (IncidentStatus.TRIGGERED, IncidentStatus.ACKNOWLEDGED, IncidentStatus.MITIGATED)


class SignalState(StrEnum):
    """What the incident's alerts look like now. UNKNOWN: their source cannot be seen."""

    FIRING = "firing"
    CLEAR = "clear"
    UNKNOWN = "unknown"
    NONE = "none"
    """Declared by a person: there is no signal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident. `alerts` are all it ever held, `firing` those not yet clear.

    `group_key` is empty when a person declared it.
    """

    id: IncidentId
    title: str
    severity: Severity
    status: IncidentStatus
    opened_at: datetime
    signal: SignalState = SignalState.NONE
    group_key: str = ""
    receiver: str = ""
    service: str = ""
    commander: str = ""
    alerts: tuple[Fingerprint, ...] = ()
    firing: tuple[Fingerprint, ...] = ()
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether people still work on it."""
        return self.status in OPEN
