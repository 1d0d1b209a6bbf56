"""A recorder that keeps what it is given in memory; it passes the same contract suite as a real Prometheus."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from bot.errors import IntegrationError
from bot.model.labels import LabelSet
from bot.model.sample import Recorded
from bot.testing.metrics import FakeMetricSource, Values

_LOOKBACK = timedelta(minutes=5)


class FakeRecorder:
    """A `Recorder`. Every name it was given can be asked of its `source` from then on.

    `recorded` holds all that was taken, in order; what comes late or twice is left out, as by a server.
    """

    def __init__(self, source: FakeMetricSource | None = None) -> None:
        self.source = source or FakeMetricSource()
        self.recorded: list[Recorded] = []
        self._series: dict[LabelSet, list[Recorded]] = {}
        self._broken: IntegrationError | None = None

    def breaks(self, error: IntegrationError | None) -> None:
        """From now on every writing raises this; None: it is well again."""
        self._broken = error

    async def record(self, samples: Sequence[Recorded]) -> None:
        """See `Recorder`."""
        if self._broken is not None:
            raise self._broken
        for sample in sorted(samples, key=lambda one: one.at):
            line = self._series.setdefault(sample.labels, [])
            if not line or line[-1].at < sample.at:
                line.append(sample)
                self.recorded.append(sample)
        for name in {sample.labels.get("__name__", "") for sample in samples}:
            self.source.shows(name, partial(self._look, name))

    def _look(self, name: str, at: datetime) -> Values:
        found: dict[LabelSet, float] = {}
        for labels, line in self._series.items():
            last = next((sample for sample in reversed(line) if sample.at <= at), None)
            fresh = labels.get("__name__") == name and last is not None and at - last.at < _LOOKBACK
            if fresh and last is not None and last.value is not None:
                found[labels] = last.value
        return found
