"""What a chart shows; drawing it is somebody else's work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.model.labels import LabelSet
from bot.model.sample import Series, Window


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


class BadSide(StrEnum):
    """On which side of the threshold things are wrong."""

    ABOVE = "above"
    BELOW = "below"
    NONE = ""
    """Neither: the rule compares for equality, or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Series over time with a threshold and marks; `alt_text` says it in words, `time_zone` (IANA) is that of the axis.

    Series stand in the order of their weight: what is drawn plainest comes first. `left_out` counts those the signal
    had beyond them. `window` is the axis; without one it is what the series span.
    """

    title: str
    series: tuple[Series, ...]
    marks: tuple[Mark, ...] = ()
    threshold: float | None = None
    threshold_text: str = ""
    unit: str = ""
    time_zone: str = "UTC"
    alt_text: str = ""
    window: Window | None = None
    bad_side: BadSide = BadSide.NONE
    highlighted: frozenset[LabelSet] = frozenset()
    """The series the incident is about."""
    left_out: int = 0
