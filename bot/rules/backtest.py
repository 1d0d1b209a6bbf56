"""A rule walked over the past in virtual time: the same state machine, slot by slot, as if Tocsin had been there.

What the source held at each slot comes from outside (`replay.py`); here it becomes the story of each label set. A rule
may be walked in several variants at once, over the same answers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.model.labels import LabelSet
from bot.model.rule import AlertRule, RuleAlert, RuleGroup, RuleState
from bot.model.sample import Sample, Window
from bot.rules.schedule import next_slot
from bot.rules.state import Found, step
from bot.rules.template import Data, Needs, parse, render

_TICK = timedelta(microseconds=1)
_COMPARES: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A rule with another `for` or another threshold; None leaves either as it is written."""

    hold: timedelta | None = None
    threshold: float | None = None


AS_WRITTEN = Variant()


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One label set from pending to its end. `fired_at` None: it never fired. `ended_at` None: it had not ended.

    `worst` is the value furthest on the wrong side of the threshold; without one, the last.
    """

    labels: LabelSet
    active_at: datetime
    fired_at: datetime | None = None
    ended_at: datetime | None = None
    worst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """The evaluations of a group within a window: `count` of them, `interval` apart, from `first` on."""

    first: datetime
    interval: timedelta
    count: int

    def at(self, place: int) -> datetime:
        """The time of one of them, counted from 0."""
        return self.first + place * self.interval


def slots(group: RuleGroup, window: Window) -> Slots:
    """Every slot of the group in the window, both ends included."""
    first = next_slot(group, window.start - _TICK)
    count = (window.end - first) // group.interval + 1 if first <= window.end else 0
    return Slots(first=first, interval=group.interval, count=count)


def warm_up(group: RuleGroup, rule: AlertRule, variants: Sequence[Variant]) -> timedelta:
    """How long before the window to begin, so that what was firing when it opens is firing in the walk too."""
    longest = max([rule.hold, *(one.hold for one in variants if one.hold is not None)])
    return longest + rule.keep_firing_for + group.interval


def can_sweep_threshold(rule: AlertRule) -> bool:
    """Whether the rule compares its signal with a number, above or below."""
    return rule.signal.op in _COMPARES and rule.signal.threshold is not None


def question(rule: AlertRule, variants: Sequence[Variant]) -> str:
    """The one expression whose answers hold those of all variants: the rule's own, with the loosest threshold."""
    asked = [one.threshold for one in variants if one.threshold is not None]
    signal = rule.signal
    if not asked or signal.threshold is None:
        return rule.expr
    pick = min if signal.op in (">", ">=") else max
    return f"({signal.expr}) {signal.op} {pick([signal.threshold, *asked])!r}"


class Walk:
    """One rule in one variant, from slot to slot. `episodes` are those that are over, `running` those that are not."""

    def __init__(self, group: RuleGroup, rule: AlertRule, variant: Variant) -> None:
        self.variant = variant
        self.errors: dict[str, int] = {}
        """What the rule itself did wrong, and at how many slots."""
        self._rule = rule if variant.hold is None else replace(rule, hold=variant.hold)
        self._limit = group.limit
        self._threshold = rule.signal.threshold if variant.threshold is None else variant.threshold
        self._compare = _COMPARES.get(rule.signal.op)
        self._over: list[Episode] = []
        self._running: dict[LabelSet, Episode] = {}
        self._alerts: tuple[RuleAlert, ...] = ()

    @property
    def idle(self) -> bool:
        """Whether a slot at which nothing is found would change nothing."""
        return not self._alerts

    @property
    def episodes(self) -> Sequence[Episode]:
        """All of them, in the order in which they began."""
        return sorted([*self._over, *self._running.values()], key=lambda one: (one.active_at, str(one.labels)))

    def see(self, ts: datetime, found: Sequence[Found], *, filtered: bool) -> None:
        """One slot. With `filtered` False the answers hold more than this variant's own, and are compared here."""
        if not filtered and self._compare is not None and self._threshold is not None:
            found = [one for one in found if self._compare(one.value, self._threshold)]
        if not found and not self._alerts:
            return
        made = step(self._rule, self._alerts, found, ts, limit=self._limit)
        self._alerts = made.alerts
        if made.error:
            self.errors[made.error] = self.errors.get(made.error, 0) + 1
        self._follow(ts)

    def _follow(self, ts: datetime) -> None:
        """What this slot changed in the stories."""
        active = {alert.labels: alert for alert in self._alerts if alert.state is not RuleState.INACTIVE}
        for labels in [one for one in self._running if one not in active]:
            self._over.append(replace(self._running.pop(labels), ended_at=ts))
        for labels, alert in active.items():
            known = self._running.get(labels)
            worst = alert.value if known is None else self._worse(known.worst, alert.value)
            self._running[labels] = Episode(
                labels=labels, active_at=alert.active_at, fired_at=alert.fired_at, worst=worst
            )

    def _worse(self, one: float, other: float) -> float:
        if self._compare is None:
            return other
        return other if self._compare(other, one) else one


class Labeller:
    """Gives a rule's results the labels of their alerts. Templates that ask the source themselves stay as written."""

    def __init__(self, group: RuleGroup, rule: AlertRule) -> None:
        self._group = group
        self._rule = rule
        self._templates = {name: parse(text, rule.name) for name, text in rule.labels.items()}
        self._fixed = not any(template.body for template in self._templates.values())
        self._known: dict[LabelSet, LabelSet] = {}

    def found(self, sample: Sample, ts: datetime) -> Found:
        """One result as the state machine takes it; annotations play no part."""
        labels = self._known.get(sample.labels) if self._fixed else None
        if labels is None:
            labels = self._labels(sample, ts)
            if self._fixed:
                self._known[sample.labels] = labels
        return Found(labels=labels, annotations={}, value=sample.value)

    def _labels(self, sample: Sample, ts: datetime) -> LabelSet:
        labels = {name: value for name, value in sample.labels.items() if name != "__name__"}
        data = Data(
            labels=sample.labels,
            value=sample.value,
            at=ts,
            external_labels=self._group.external_labels,
            external_url=self._group.external_url,
        )
        for name, template in self._templates.items():
            filled = render(template, data, {})
            labels[name] = template.text if isinstance(filled, Needs) else filled
        return LabelSet({**labels, "alertname": self._rule.name})
