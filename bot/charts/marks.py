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

    A text stands beside its line, to the right where it can; texts in higher rows have longer lines. Of a few ways to
    go about it the one that leaves out the fewest texts is taken, then the one with the fewest rows.
    """
    rising = sorted(range(len(lines)), key=lambda index: lines[index][0])
    orders = (rising, rising[::-1])
    ways = [_placed(lines, left, right, rows, order, by_row) for order in orders for by_row in (True, False)]
    return min(
        ways, key=lambda way: (sum(one.row is None for one in way), max((one.row or 0 for one in way), default=0))
    )


def _placed(
    lines: Sequence[tuple[float, float]], left: float, right: float, rows: int, order: Sequence[int], by_row: bool
) -> list[Placed]:
    placed: dict[int, Placed] = {}
    for index in order:
        x, width = lines[index]
        sides = (x + GAP, x - GAP - width)
        spots = [(row, side) for row in range(rows) for side in sides]
        if not by_row:
            spots.sort(key=lambda spot: spot[1] != sides[0])
        options = (
            Placed(x=x, left=start, right=start + width, row=row)
            for row, start in spots
            if left <= start and start + width <= right
        )
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
