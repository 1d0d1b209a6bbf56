"""Silences: alerts that match are not told, until a set time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.model.ids import SilenceId
from bot.model.labels import Matcher


class SilenceState(StrEnum):
    """Derived from the time of asking, never stored."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Whom it silences, from when to when (it always ends), who made it and why. `id` is a UUID, as Alertmanager's."""

    id: SilenceId
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    updated_at: datetime
    created_by: str
    comment: str
    annotations: Mapping[str, str] = field(default_factory=dict)

    def state(self, now: datetime) -> SilenceState:
        """PENDING before its start, EXPIRED after its end."""
        if now < self.starts_at:
            return SilenceState.PENDING
        return SilenceState.EXPIRED if now > self.ends_at else SilenceState.ACTIVE
