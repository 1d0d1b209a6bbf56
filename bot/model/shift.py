"""Log lines that are alike, counted in two windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Trend(StrEnum):
    """How a pattern's count in the window compares with the window before."""

    NEW = "new"
    MORE = "more"
    SAME = "same"
    LESS = "less"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Lines of one pattern: `template` is what they share, with `<n>`, `<id>` or `<*>` where they differ.

    `before` and `during` count them in the two windows; `first` and `last` are when the pattern was seen in either.
    `groups` counts both by the field that was asked for, such as the service. `examples` are lines as they were.
    """

    template: str
    trend: Trend
    before: int
    during: int
    first: datetime
    last: datetime
    examples: tuple[str, ...] = ()
    groups: Mapping[str, tuple[int, int]] = field(default_factory=dict)
