"""Alert groups as parts of incidents: what correlation compares a new one with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.ids import IncidentId


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldGroup:
    """An alert group that is part of an incident. `began_at` is when the first of its alerts began.

    `shares` stands for the values of the labels that correlation goes by, `apart` for those of the labels that it keeps
    apart: equal texts, equal values. `service` is one of the catalogue. Without `shares` and `service` it is no reason
    for any other to join.
    """

    key: str
    began_at: datetime
    incident: IncidentId | None = None
    service: str = ""
    shares: str = ""
    apart: str = ""
