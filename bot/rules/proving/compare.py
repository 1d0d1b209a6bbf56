"""What was expected beside what came: what is missing, what was not expected, and what is nearly the same."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.documents import format_duration, suggest
from bot.model.histogram import Histogram, ShownHistogram
from bot.model.rule import RuleAlert, RuleState
from bot.ports.scratch import Seen
from bot.rules.proving.story import AlertsThen, ExpectedSample, SamplesThen

Traits = Mapping[str, str]
"""An alert or a sample as texts to compare: `label job`, `annotation summary`, `value`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What was expected and what came in its place: as alike as any two that were left."""

    expected: Traits
    came: Traits

    @property
    def different(self) -> tuple[tuple[str, str | None, str | None], ...]:
        """(trait, expected, came) of each that differs; None: it is not there."""
        names = sorted({*self.expected, *self.came}, key=_rank)
        pairs = ((name, self.expected.get(name), self.came.get(name)) for name in names)
        return tuple(pair for pair in pairs if pair[1] != pair[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """An expectation that was not met. `what` is the alert's name or the expression, `right` how many came as expected.

    `hints` say what the author may want to know besides.
    """

    place: str
    what: str
    at: timedelta
    right: int
    pairs: tuple[Pair, ...] = ()
    missing: tuple[Traits, ...] = ()
    unexpected: tuple[Traits, ...] = ()
    hints: tuple[str, ...] = ()


def compare_alerts(
    then: AlertsThen, alerts: Sequence[RuleAlert], start: datetime, names: Collection[str]
) -> Mismatch | None:
    """The alerts of one name beside those expected to fire; None where they are the same.

    `alerts` have any state, so that one that only pends is told of; `names` are those of all rules.
    """
    expected = [_alert(alert.labels, alert.annotations) for alert in then.alerts]
    firing = [_alert(alert.labels, alert.annotations) for alert in alerts if alert.state is RuleState.FIRING]
    mismatch = _mismatch(then.place, then.alertname, then.at, expected, firing)
    if mismatch is None:
        return None
    hints = []
    if then.alertname not in names:
        hints.append(f"no alert of these rule files has this name{suggest(then.alertname, names)}")
    for alert in alerts:
        if alert.state is RuleState.PENDING:
            since = format_duration(alert.active_at - start)
            hints.append(f"pending since {since}, not firing yet: {alert.labels}")
    return replace(mismatch, hints=tuple(hints))


def compare_samples(then: SamplesThen, came: Sequence[Seen], *, fuzzy: bool) -> Mismatch | None:
    """An expression's answer beside the one expected; None where they are the same.

    With `fuzzy`, two numbers that are neighbours are the same. NaN is never the same, as in promtool.
    """
    answers = [_answered(sample) for sample in came]
    expected = []
    for wanted in then.samples:
        traits = _expected(wanted)
        for sample, shown in zip(came, answers, strict=True):
            if _is(wanted, sample, fuzzy=fuzzy):
                traits = shown
        expected.append(traits)
    return _mismatch(then.place, then.expr, then.at, expected, answers)


def _is(wanted: ExpectedSample, came: Seen, *, fuzzy: bool) -> bool:
    if dict(wanted.labels) != dict(came.labels):
        return False
    if isinstance(wanted.value, Histogram):
        return isinstance(came.value, ShownHistogram) and wanted.value.shown() == came.value
    if not isinstance(came.value, float):
        return False
    near = (math.nextafter(wanted.value, -math.inf), math.nextafter(wanted.value, math.inf)) if fuzzy else ()
    return came.value == wanted.value or came.value in near


def _mismatch(
    place: str, what: str, at: timedelta, expected: Sequence[Traits], came: Sequence[Traits]
) -> Mismatch | None:
    missing, unexpected = list(expected), list(came)
    for traits in expected:
        if traits in unexpected:
            unexpected.remove(traits)
            missing.remove(traits)
    if not missing and not unexpected:
        return None
    right = len(expected) - len(missing)
    pairs = []
    while missing and unexpected:
        _, one, other = max(
            ((_likeness(one, other), i, j) for i, one in enumerate(missing) for j, other in enumerate(unexpected)),
            key=lambda found: (found[0], -found[1], -found[2]),
        )
        pairs.append(Pair(expected=missing.pop(one), came=unexpected.pop(other)))
    return Mismatch(
        place=place,
        what=what,
        at=at,
        right=right,
        pairs=tuple(pairs),
        missing=tuple(missing),
        unexpected=tuple(unexpected),
    )


def _likeness(one: Traits, other: Traits) -> int:
    return sum(other.get(name) == text for name, text in one.items())


def _rank(trait: str) -> tuple[bool, bool, str]:
    """Labels first, then annotations, then the value."""
    return trait == "value", not trait.startswith("label "), trait


def _alert(labels: Mapping[str, str], annotations: Mapping[str, str]) -> Traits:
    return {
        **{f"label {name}": text for name, text in labels.items()},
        **{f"annotation {name}": text for name, text in annotations.items()},
    }


def _expected(sample: ExpectedSample) -> dict[str, str]:
    value = sample.value.shown() if isinstance(sample.value, Histogram) else sample.value
    nan = isinstance(value, float) and math.isnan(value)
    text = "NaN, which is equal to nothing" if nan else _value(value)
    return {**{f"label {name}": label for name, label in sample.labels.items()}, "value": text}


def _answered(sample: Seen) -> dict[str, str]:
    return {**{f"label {name}": text for name, text in sample.labels.items()}, "value": _value(sample.value)}


def _value(value: float | ShownHistogram) -> str:
    if isinstance(value, ShownHistogram):
        buckets = "".join(f" ({lower:g},{upper:g}]:{count:g}" for (lower, upper), count in value.buckets.items())
        return f"histogram count:{value.count!r} sum:{value.sum!r}{buckets}"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    return "NaN" if math.isnan(value) else repr(value).removesuffix(".0")
