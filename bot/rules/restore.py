"""`restore: prometheus`: what Prometheus finds out about pending alerts after a restart, from `ALERTS_FOR_STATE`.

Prometheus does this once, after a group's second evaluation; see `RestoreForState` in its rules/group.go. Our own
default keeps everything and needs none of it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.errors import IntegrationError
from bot.model.labels import LabelSet
from bot.model.rule import AlertRule, GroupStatus, RuleAlert, RuleGroup, RuleState, RuleStatus
from bot.model.sample import Sample
from bot.ports.metrics import MetricSource
from bot.rules.dependencies import FOR_STATE
from bot.rules.gotemplate.numbers import quoted

GRACE = timedelta(minutes=10)
"""Rules that hold for less are not restored; one that is nearly due waits at least this long again."""

TOLERANCE = timedelta(hours=1)
"""How long ago an alert may have been seen last."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOOKBACK = timedelta(minutes=5) - timedelta(milliseconds=1)
_EVERY = timedelta(seconds=15)
_PLAIN = re.compile(r"[a-zA-Z_]\w*", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Before:
    """What the server remembers of an alert: since when it was active, and when it was last said to be."""

    active_at: datetime
    seen_at: datetime


async def restore(group: RuleGroup, status: GroupStatus, source: MetricSource, now: datetime) -> GroupStatus:
    """The status with the alerts' beginnings moved to where Prometheus would have them. Zero writes.

    A rule that the server cannot be asked about stays as it is, as in Prometheus: there is no second try.
    """
    restored = [_rule(rule, of, source, now) for rule, of in zip(group.rules, status.rules, strict=True)]
    return replace(status, rules=tuple(await asyncio.gather(*restored)))


async def _rule(rule: object, status: RuleStatus, source: MetricSource, now: datetime) -> RuleStatus:
    if not isinstance(rule, AlertRule) or rule.hold < GRACE or not status.alerts:
        return status
    try:
        known = await _known(rule, source, now)
    except IntegrationError:
        return status
    return replace(status, alerts=tuple(_moved(rule, alert, known.get(alert.labels), now) for alert in status.alerts))


def _moved(rule: AlertRule, alert: RuleAlert, before: _Before | None, now: datetime) -> RuleAlert:
    if before is None or alert.state is RuleState.INACTIVE:
        return alert
    left = rule.hold - (before.seen_at - before.active_at)
    if left <= timedelta(0):
        return replace(alert, active_at=before.active_at)  # it was firing, and does so again in the next slot
    if left < GRACE:
        return replace(alert, active_at=now + GRACE - rule.hold)
    return replace(alert, active_at=before.active_at + (now - before.seen_at))


async def _known(rule: AlertRule, source: MetricSource, now: datetime) -> Mapping[LabelSet, _Before]:
    """The alerts of a rule that were active when they were last spoken of, within `TOLERANCE`."""
    series = _selector(rule)
    window = f"[{TOLERANCE // timedelta(seconds=1)}s:{_EVERY // timedelta(seconds=1)}s]"
    seen = await source.query(f"max_over_time(timestamp({series}){window})", {}, now)
    times = {_own(sample.labels): _EPOCH + timedelta(seconds=sample.value) for sample in seen.samples}
    found: dict[LabelSet, _Before] = {}
    for at in sorted(set(times.values())):
        # An alert that ended has an end mark after its last sample: then the series is not there any more.
        answer = await source.query(series, {}, min(now, at + _LOOKBACK))
        found |= _still(answer.samples, times, at)
    return found


def _still(samples: Sequence[Sample], times: Mapping[LabelSet, datetime], at: datetime) -> Mapping[LabelSet, _Before]:
    return {
        labels: _Before(active_at=_EPOCH + timedelta(seconds=int(sample.value)), seen_at=at)
        for sample in samples
        if times.get(labels := _own(sample.labels)) == at
    }


def _own(labels: Mapping[str, str]) -> LabelSet:
    return LabelSet({name: value for name, value in labels.items() if name != "__name__"})


def _selector(rule: AlertRule) -> str:
    """Its series, by the labels that are the same for all of its alerts."""
    fixed = {name: value for name, value in rule.labels.items() if "{{" not in value} | {"alertname": rule.name}
    return FOR_STATE + "{" + ",".join(f"{_name(name)}={quoted(value)}" for name, value in fixed.items()) + "}"


def _name(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else quoted(name)
