"""What rules write for others to query: recorded series, and what `ALERTS` and `ALERTS_FOR_STATE` say of alerts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bot.model.labels import LabelSet
from bot.model.rule import AlertRule, RecordingRule, RuleAlert, RuleState
from bot.model.sample import Recorded, Sample
from bot.rules.dependencies import ALERTS, FOR_STATE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_NAME = "__name__"


class RecordingError(ValueError):
    """A result that cannot be recorded, in Prometheus' words."""


def recorded(rule: RecordingRule, samples: Sequence[Sample], at: datetime, limit: int) -> tuple[Recorded, ...]:
    """What a recording rule makes of its result. Raises RecordingError; then nothing of it is written.

    The rule's labels win over the sample's, and an empty one takes the label away. Values stay as they are, NaN too.
    """
    if any(sample.is_histogram for sample in samples):
        raise RecordingError("a native histogram cannot be recorded: Tocsin writes numbers only")
    points = {_named(rule.record, sample.labels, rule.labels): sample.value for sample in samples}
    if len(points) < len(samples):
        raise RecordingError("vector contains metrics with the same labelset after applying rule labels")
    if 0 < limit < len(points):
        raise RecordingError(f"exceeded limit of {limit} with {len(points)} series")
    return tuple(Recorded(labels=labels, at=at, value=value) for labels, value in points.items())


def of_alerts(rule: AlertRule, alerts: Sequence[RuleAlert], at: datetime) -> Iterator[Recorded]:
    """`ALERTS` and `ALERTS_FOR_STATE` of the pending and firing alerts.

    Under the alert's labels lie those of the rule as they are written: one whose template came out empty shows as text.
    """
    for alert in alerts:
        if alert.state is RuleState.INACTIVE:
            continue
        labels = {**rule.labels, **alert.labels, "alertname": rule.name}
        yield Recorded(labels=_named(ALERTS, {**labels, "alertstate": str(alert.state)}, {}), at=at, value=1.0)
        since = float((alert.active_at - _EPOCH) // timedelta(seconds=1))
        yield Recorded(labels=_named(FOR_STATE, labels, {}), at=at, value=since)


def ended(before: Sequence[LabelSet], now: Sequence[Recorded], at: datetime) -> tuple[Recorded, ...]:
    """The ends of those series that were written last time and are not written now."""
    still = {one.labels for one in now}
    return tuple(Recorded(labels=labels, at=at, value=None) for labels in before if labels not in still)


def to_the_millisecond(at: datetime) -> datetime:
    """The time as servers keep it."""
    return _EPOCH + (at - _EPOCH) // _MILLISECOND * _MILLISECOND


def _named(name: str, labels: Mapping[str, str], over: Mapping[str, str]) -> LabelSet:
    merged = {**labels, **over, _NAME: name}
    return LabelSet({label: value for label, value in merged.items() if value})
