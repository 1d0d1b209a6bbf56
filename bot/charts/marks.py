"""Where the texts of vertical lines stand, so that no text covers another and no line runs through one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GAP = 5.0
"""Between a line and its text, and between two texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A text's place: `row` 0 is the lowest; None: there was no room, and the line stands alone."""

    x: float
    left: float
    right: float
    row: int | None


def place(lines: Sequence[tuple[float, float]], left: float, right: float, rows: int) -> list[Placed]:
    """A place for the text of each line, given as (x, width of its text), between two edges, in at most so many rows.

    A text stands to the right of its line where it can, else to the left. Texts in higher rows have longer lines.
    """
    placed: dict[int, Placed] = {}
    for index in sorted(range(len(lines)), key=lambda index: -lines[index][0]):
        x, width = lines[index]
        options = [
            Placed(x=x, left=start, right=start + width, row=row)
            for row in range(rows)
            for start in (x + GAP, x - GAP - width)
            if left <= start and start + width <= right
        ]
        free = (option for option in options if not any(_clash(option, other) for other in placed.values()))
        placed[index] = next(free, Placed(x=x, left=x, right=x, row=None))
    return [placed[index] for index in range(len(lines))]


def _clash(one: Placed, other: Placed) -> bool:
    if one.row is None or other.row is None:
        return False
    if one.row == other.row and one.left < other.right + GAP and other.left < one.right + GAP:
        return True
    low, high = (one, other) if one.row < other.row else (other, one)
    return low.left - GAP / 2 < high.x < low.right + GAP / 2
