"""What Tocsin tells of itself to whoever keeps such records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Record(StrEnum):
    """The records that are told of, each in its own order."""

    AUDIT = "audit"
    INCIDENT = "incident"
    RUN = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry of a record: `body` is plain JSON without secrets, `seq` its place in the record."""

    record: Record
    seq: int
    at: datetime
    # Any: plain JSON, in the words of the noun it was made of.
    body: Mapping[str, Any]
