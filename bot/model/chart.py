"""What a chart shows; drawing it is somebody else's work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.sample import Series


class MarkKind(StrEnum):
    """What a vertical line stands for."""

    ALERT = "alert"
    ACTION = "action"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A moment worth a vertical line."""

    at: datetime
    kind: MarkKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Series over time with a threshold and marks. `time_zone` is an IANA name for the axis; `alt_text` says it in words."""

    title: str
    series: tuple[Series, ...]
    marks: tuple[Mark, ...] = ()
    threshold: float | None = None
    threshold_text: str = ""
    unit: str = ""
    time_zone: str = "UTC"
    alt_text: str = ""
