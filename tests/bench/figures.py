"""A figure, its floor and its aim, and the table they make."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measurement. The floor is what must hold, the aim what we want; `more` says that more is better."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    aim: float | None = None
    more: bool = False

    @property
    def holds(self) -> bool:
        """Whether the floor is kept."""
        if self.floor is None:
            return True
        return self.value >= self.floor if self.more else self.value <= self.floor


def table(figures: list[Figure]) -> str:
    """One line a figure."""
    lines = [f"{'what':<62}{'measured':>12}{'floor':>10}{'aim':>10}"]
    for one in figures:
        floor, aim = (f"{bound:g}" if bound is not None else "-" for bound in (one.floor, one.aim))
        verdict = "" if one.holds else "   BELOW THE FLOOR"
        lines.append(f"{one.name:<62}{f'{one.value:.3g} {one.unit}':>12}{floor:>10}{aim:>10}{verdict}")
    return "\n".join(lines)
