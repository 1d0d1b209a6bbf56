"""The life of what a rule finds: pending, firing, resolved, with `for` and `keep_firing_for`, as in Prometheus.

A rule that could not be evaluated does not come here at all: what it had found stays as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.model.labels import LabelSet
from bot.model.rule import AlertRule, GroupStatus, RuleAlert, RuleState

RESOLVED_RETENTION = timedelta(minutes=15)
"""How long a resolved alert is kept and told again."""

RESEND_DELAY = timedelta(minutes=1)
"""How long after it was told an alert that has not changed is told again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One label set of a rule's result, its templates filled in."""

    labels: LabelSet
    annotations: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What an evaluation made of a rule's alerts. With an `error`, nobody is told anything.

    `alerts` is what to keep. `told` is those of them that somebody is to hear of now, already marked as sent.
    """

    alerts: tuple[RuleAlert, ...]
    told: tuple[RuleAlert, ...] = ()
    error: str = ""


def step(
    rule: AlertRule,
    alerts: Sequence[RuleAlert],
    found: Sequence[Found],
    ts: datetime,
    *,
    limit: int = 0,
    complete: bool = True,
    resend_delay: timedelta = RESEND_DELAY,
) -> Step:
    """One evaluation at `ts`, the slot.

    With `complete` False the source says that data is missing: what is found counts, what is not found stays as it was.
    Two results with the same labels are an error that leaves the alerts alone. More than `limit` pending and firing
    alerts (0: any number) are an error that forgets them all, as in Prometheus.
    """
    known = {alert.labels: alert for alert in alerts}
    seen = {one.labels: one for one in found}
    if len(seen) < len(found):
        return Step(
            alerts=tuple(alerts),
            error="vector contains metrics with the same labelset after applying alert labels",
        )
    after: list[RuleAlert] = []
    for labels, alert in known.items():
        one = seen.pop(labels, None)
        if one is not None:
            after.append(_seen(rule, alert, one, ts))
        elif not complete:
            after.append(alert)
        elif (kept := _unseen(rule, alert, ts)) is not None:
            after.append(kept)
    after.extend(_started(rule, one, ts) for one in seen.values())
    active = sum(alert.state is not RuleState.INACTIVE for alert in after)
    if 0 < limit < active:
        return Step(alerts=(), error=f"exceeded limit of {limit} with {active} alerts")
    return _tell(after, ts, resend_delay)


def valid_until(ts: datetime, interval: timedelta, resend_delay: timedelta = RESEND_DELAY) -> datetime:
    """The end a firing alert is told with: when it may be taken for gone if nobody speaks of it again."""
    return ts + 4 * max(interval, resend_delay)


def orphans(before: GroupStatus, after: GroupStatus | None) -> tuple[RuleAlert, ...]:
    """Firing alerts of `before` that `after` no longer follows: their rule is gone, or forgot them at its limit.

    Nobody will ever say that they are over, so whoever told of them has to. None: the whole group is gone.
    """
    followed = {alert.labels for status in (after.rules if after else ()) for alert in status.alerts}
    return tuple(
        alert
        for status in before.rules
        for alert in status.alerts
        if alert.state is RuleState.FIRING and alert.labels not in followed
    )


def _started(rule: AlertRule, one: Found, ts: datetime) -> RuleAlert:
    fresh = RuleAlert(
        labels=one.labels, annotations=one.annotations, value=one.value, state=RuleState.PENDING, active_at=ts
    )
    return _held(rule, fresh, ts)


def _seen(rule: AlertRule, alert: RuleAlert, one: Found, ts: datetime) -> RuleAlert:
    if alert.state is RuleState.INACTIVE:
        return _started(rule, one, ts)
    now = replace(alert, value=one.value, annotations=one.annotations, keep_firing_since=None)
    return _held(rule, now, ts)


def _held(rule: AlertRule, alert: RuleAlert, ts: datetime) -> RuleAlert:
    if alert.state is RuleState.PENDING and ts - alert.active_at >= rule.hold:
        return replace(alert, state=RuleState.FIRING, fired_at=ts)
    return alert


def _unseen(rule: AlertRule, alert: RuleAlert, ts: datetime) -> RuleAlert | None:
    """What becomes of an alert that the result no longer holds; None: it is forgotten."""
    if alert.state is RuleState.PENDING:
        return None
    if alert.resolved_at is not None:
        return alert if ts - alert.resolved_at <= RESOLVED_RETENTION else None
    since = alert.keep_firing_since or ts
    if ts - since < rule.keep_firing_for:
        return replace(alert, keep_firing_since=since)
    return replace(alert, state=RuleState.INACTIVE, resolved_at=ts)


def _tell(alerts: Sequence[RuleAlert], ts: datetime, resend_delay: timedelta) -> Step:
    told = {alert.labels: replace(alert, last_sent_at=ts) for alert in alerts if _due(alert, ts, resend_delay)}
    return Step(alerts=tuple(told.get(alert.labels, alert) for alert in alerts), told=tuple(told.values()))


def _due(alert: RuleAlert, ts: datetime, resend_delay: timedelta) -> bool:
    if alert.state is RuleState.PENDING:
        return False
    last = alert.last_sent_at
    if last is None or (alert.resolved_at is not None and alert.resolved_at > last):
        return True
    return last + resend_delay < ts
