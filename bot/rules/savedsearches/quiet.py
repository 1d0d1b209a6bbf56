"""Suppression: who is not told of again, and until when. It hides tellings, never states.

An alert that fires within a quiet time is firing; it is told once that is over, if it fires then. One that was told
stays told: that it still fires, and that it ended, is said as of any other alert.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.model.labels import LabelSet
from bot.model.rule import RuleAlert, RuleGroup, RuleState
from bot.model.search import Suppression
from bot.rules.state import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Hushed:
    """A step with the tellings that are left of it, and until when each key is quiet from now on."""

    step: Step
    quiet_until: Mapping[str, datetime]


def hush(
    suppression: Suppression | None,
    step: Step,
    before: Sequence[RuleAlert],
    key_of: Callable[[LabelSet], str],
    quiet_until: Mapping[str, datetime],
    at: datetime,
    *,
    others: datetime | None = None,
) -> Hushed:
    """What is told of a step at `at`, the run's scheduled time, given who is quiet and what was told `before`.

    `key_of` says by which key an alert is suppressed. `others` is until when the other searches of its group keep this
    one quiet. An alert that fires on when its quiet time is over begins another one, as it does in Splunk.
    """
    if suppression is None:
        return Hushed(step=step, quiet_until={})
    told_before = {alert.labels: alert.last_sent_at for alert in before}
    standing = {key: until for key, until in quiet_until.items() if until > at}
    hushed_by_others = others is not None and others > at
    fresh: dict[str, datetime] = {}
    held: set[LabelSet] = set()
    for alert in step.alerts:
        firing = alert.state is RuleState.FIRING
        known = _was_told(alert, told_before.get(alert.labels))
        key = key_of(alert.labels)
        quiet = hushed_by_others or key in standing
        if firing and not quiet:
            fresh[key] = at + suppression.period
        elif not known:
            held.add(alert.labels)
    return Hushed(step=_without(step, held, told_before), quiet_until={**standing, **fresh})


def is_news(alert: RuleAlert, before: Sequence[RuleAlert]) -> bool:
    """Whether somebody is told of an alert for the first time since it began to fire; `before`: as they stood then."""
    if alert.state is not RuleState.FIRING or alert.last_sent_at is None or alert.fired_at is None:
        return False
    sent = next((one.last_sent_at for one in before if one.labels == alert.labels), None)
    return alert.last_sent_at >= alert.fired_at and (sent is None or sent < alert.fired_at)


def members(group: RuleGroup, groups: Sequence[RuleGroup]) -> Sequence[str]:
    """The keys of the other groups whose searches are muted with this one: of its suppression group, and its owner."""
    suppression = group.search.suppression if group.search else None
    if group.search is None or suppression is None or not suppression.group:
        return ()
    return [
        one.key
        for one in groups
        if one.search is not None
        and one.key != group.key
        and one.search.owner == group.search.owner
        and one.search.suppression is not None
        and one.search.suppression.group == suppression.group
    ]


def _was_told(alert: RuleAlert, last_sent_at: datetime | None) -> bool:
    """Whether somebody heard of it since it last began to fire."""
    return last_sent_at is not None and alert.fired_at is not None and last_sent_at >= alert.fired_at


def _without(step: Step, held: set[LabelSet], told_before: Mapping[LabelSet, datetime | None]) -> Step:
    if not held:
        return step
    return replace(
        step,
        alerts=tuple(
            replace(alert, last_sent_at=told_before.get(alert.labels)) if alert.labels in held else alert
            for alert in step.alerts
        ),
        told=tuple(alert for alert in step.told if alert.labels not in held),
    )
