"""Whether the signal that began a run has recovered."""

from __future__ import annotations

from collections.abc import Iterable

from bot.model.labels import LabelSet
from bot.model.run import RunbookRun
from bot.model.sample import Sample


def has_signal(run: RunbookRun) -> bool:
    """Whether there is anything to look at: a rule's expression, or the alert as whoever sent it tells of it."""
    return bool(run.signal_expr or run.signal_labels)


def still_there(samples: Iterable[Sample], series: LabelSet) -> bool:
    """Whether the rule's expression still returns the series that began the run; other series do not count."""
    return any(all(sample.labels.get(name) == value for name, value in series.items()) for sample in samples)
