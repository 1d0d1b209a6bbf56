"""Whether the signal that began a run has recovered."""

from __future__ import annotations

from collections.abc import Iterable

from bot.model.labels import LabelSet
from bot.model.sample import Sample


def still_there(samples: Iterable[Sample], series: LabelSet) -> bool:
    """Whether the rule's expression still returns the series that began the run; other series do not count."""
    return any(all(sample.labels.get(name) == value for name, value in series.items()) for sample in samples)
