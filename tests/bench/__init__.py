"""How fast and how small Tocsin is, measured beside its goals: `make bench`.

A figure below its floor fails the run; its aim is what we would like. Absolute times depend on the machine, so start-up
is compared with what merely importing the libraries takes on the same machine in the same minute.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured figure, the smaller the better; without a floor it is only told."""

    name: str
    measured: float
    unit: str
    floor: float | None = None
    aim: float | None = None
    note: str = ""

    @property
    def failed(self) -> bool:
        """Whether it is worse than it may be."""
        return self.floor is not None and self.measured > self.floor


def p99(values: Sequence[float]) -> float:
    """What all but one in a hundred stay below."""
    return statistics.quantiles(values, n=100, method="inclusive")[98]
