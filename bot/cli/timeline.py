"""Times of firing as lines of text: one line a label set or rule, as wide as the terminal, with its clock beneath."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from bot.charts.scales import time_ticks
from bot.model.sample import Window
from bot.model.wording import one_line

NARROWEST, USUAL, WIDEST = 60, 100, 160
_LABELS = 40
"""The most columns that names get."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What stands for each state."""

    firing: str = "█"
    pending: str = "▒"
    calm: str = "·"
    blind: str = "?"

    @property
    def legend(self) -> str:
        """What the signs mean."""
        return f"{self.firing} firing   {self.pending} pending   {self.calm} nothing   {self.blind} not seen"


PLAIN = Signs(firing="#", pending="-", calm=".", blind="?")
"""For a terminal that knows ASCII only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One line: spans of time, each with a start and an end."""

    name: str
    firing: Sequence[tuple[datetime, datetime]] = ()
    pending: Sequence[tuple[datetime, datetime]] = ()
    blind: Sequence[tuple[datetime, datetime]] = ()


def timeline(lanes: Sequence[Lane], window: Window, zone: tzinfo, width: int, signs: Signs) -> list[str]:
    """The lines, then the clock. A column shows the gravest of what it holds; `width` 0 is a pipe's."""
    room = max(NARROWEST, min(width or USUAL, WIDEST))
    named = [one_line(lane.name) for lane in lanes]
    left = min(_LABELS, max((_wide(name) for name in named), default=0))
    columns = room - left - 2
    lines = [
        f"{_fitted(name, left)}  {_drawn(lane, window, columns, signs)}"
        for name, lane in zip(named, lanes, strict=True)
    ]
    return lines + [f"{' ' * left}  {line}" for line in _clock(window, zone, columns) if line]


def _drawn(lane: Lane, window: Window, columns: int, signs: Signs) -> str:
    cells = [signs.calm] * columns
    for spans, sign in ((lane.blind, signs.blind), (lane.pending, signs.pending), (lane.firing, signs.firing)):
        for start, end in spans:
            if end < window.start or start > window.end:
                continue
            for column in range(_column(start, window, columns), _column(end, window, columns) + 1):
                cells[column] = sign
    return "".join(cells)


def _column(at: datetime, window: Window, columns: int) -> int:
    share = (at - window.start) / window.length
    return max(0, min(columns - 1, int(share * columns)))


def _clock(window: Window, zone: tzinfo, columns: int) -> tuple[str, str]:
    """Times under the lines, and the days under those where a day begins."""
    named = zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC")
    above, below = [" "] * (columns + 20), [" "] * (columns + 20)
    free = 0
    for at, text in time_ticks(window, named, at_most=max(2, columns // 14)):
        place = _column(at, window, columns)
        if place < free or place > columns - 5:
            continue
        time, _, day = text.partition("\n")
        for row, word in ((above, f"|{time}"), (below, f" {day}" if day else "")):
            row[place : place + len(word)] = word
        free = place + max(len(time), len(day)) + 3
    return "".join(above).rstrip(), "".join(below).rstrip()


def _fitted(text: str, width: int) -> str:
    while _wide(text) > width:
        text = text[:-2] + "…" if text.endswith("…") else text[:-1] + "…"
    return text + " " * (width - _wide(text))


def _wide(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
