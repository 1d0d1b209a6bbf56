"""The records that are told to other systems."""

from __future__ import annotations

from enum import StrEnum


class Record(StrEnum):
    """Each in its own order, by the numbers its entries have."""

    AUDIT = "audit"
    INCIDENT = "incident"
    RUN = "run"
