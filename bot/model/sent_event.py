"""What happened in Tocsin, as it is told to other systems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SentEvent:
    """One thing that happened. `key` is its own for ever, so that who gets it twice can tell.

    `kind` is one word: `incident`, `run`, `audit`. `fields` are plain JSON.
    """

    key: str
    kind: str
    at: datetime
    fields: Mapping[str, Any]  # Any: JSON of any shape
