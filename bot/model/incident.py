"""Incidents: what people work on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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


class IncidentKind(StrEnum):
    """Drills and tests page and are practised like any other, and are left out of statistics."""

    NORMAL = "normal"
    DRILL = "drill"
    TEST = "test"


OPEN = (IncidentStatus.TRIGGERED, IncidentStatus.ACKNOWLEDGED, IncidentStatus.MITIGATED)
OVER = (IncidentStatus.RESOLVED, IncidentStatus.CLOSED)


class SignalState(StrEnum):
    """What the incident's alerts look like now. UNKNOWN: their source cannot be seen."""

    FIRING = "firing"
    CLEAR = "clear"
    UNKNOWN = "unknown"
    NONE = "none"
    """Declared by a person: there is no signal."""


COMMANDER = "commander"
"""The role of whoever leads the response."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident. `alerts` are all it ever held, `firing` those not yet clear.

    `group_key` is that of the group that opened it, empty when a person declared it. `roles` maps a role to the name of
    the person who has it, `fields` are the custom ones. `detected_at` is when its first alert began, `updated_at` when
    people were last told how it stands. `reopened` counts how often it went on after it was resolved. One that was
    merged is closed, and `merged_into` another; `duplicate_of` and `parent` only link.
    """

    id: IncidentId
    title: str
    severity: Severity
    status: IncidentStatus
    opened_at: datetime
    kind: IncidentKind = IncidentKind.NORMAL
    signal: SignalState = SignalState.NONE
    group_key: str = ""
    receiver: str = ""
    service: str = ""
    team: str = ""
    declared_by: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    alerts: tuple[Fingerprint, ...] = ()
    firing: tuple[Fingerprint, ...] = ()
    detected_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    updated_at: datetime | None = None
    reopened_at: datetime | None = None
    reopened: int = 0
    merged_into: IncidentId | None = None
    merged_at: datetime | None = None
    duplicate_of: IncidentId | None = None
    parent: IncidentId | None = None

    @property
    def is_open(self) -> bool:
        """Whether people still work on it."""
        return self.status in OPEN

    @property
    def headline(self) -> str:
        """Its title; whoever reads it somewhere else knows a drill or a test by it too."""
        return self.title if self.kind is IncidentKind.NORMAL else f"[{self.kind}] {self.title}"

    @property
    def commander(self) -> str:
        """The name of whoever leads the response; empty: nobody does."""
        return self.roles.get(COMMANDER, "")
