"""Evaluates one rule group against one source: one slot, one new status, and the alerts to tell.

The rules of a group are asked at once, because none of them sees what another writes: recordings are assumed to be the
server's own work, so recording rules are not evaluated here. What the answers mean is decided in the file's order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.errors import Permanent, Temporary
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.rule import AlertRule, GroupStatus, RecordingRule, RuleAlert, RuleGroup, RuleState, RuleStatus
from bot.model.sample import Answer, Sample, Window
from bot.ports.metrics import MetricSource
from bot.rules import state
from bot.rules.schedule import missed
from bot.rules.template import Data, Needs, parse, render

MOST_QUERIES = 100
"""How many different queries the templates of one rule may ask in one evaluation."""

_OWN_WARNINGS = ("PromQL info: ", "PromQL warning: ")
_AROUND = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What templates may say of the world outside the rule: `$externalLabels` and `$externalURL`."""

    labels: Mapping[str, str]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A rule that could not be evaluated. `reason` is the integration's, or `rule` when the rule itself is at fault."""

    rule: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What one evaluation made of a group: what to keep, whom to tell of, and which rules are blind."""

    status: GroupStatus
    alerts: tuple[Alert, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What the source showed of one rule. `partial` says what was missing, where something was."""

    found: tuple[state.Found, ...]
    partial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    status: RuleStatus
    told: tuple[RuleAlert, ...] = ()
    failure: Failure | None = None


async def evaluate(
    group: RuleGroup,
    before: GroupStatus | None,
    source: MetricSource,
    slot: datetime,
    now: datetime,
    *,
    outside: Outside | None = None,
    resend_delay: timedelta = state.RESEND_DELAY,
) -> Evaluation:
    """Evaluates every rule of the group as of `slot`; `now` is the wall clock, `before` what the last one kept.

    A rule whose source fails is UNKNOWN: its alerts are kept exactly as they were, nobody is told of them, and no other
    rule is touched. A firing alert is told with the end Prometheus gives it, and told again long before that. `took` of
    the status is left to the caller, who has a clock.
    """
    kept = _by_rule(group, before)
    alerting = [rule for rule in group.rules if isinstance(rule, AlertRule)]
    world = outside or Outside(labels={}, url="")
    async with asyncio.TaskGroup() as tasks:
        looks = [tasks.create_task(_look(rule, source, slot, group.query_offset, world)) for rule in alerting]
    seen = (look.result() for look in looks)
    outcomes = [
        _recorded(rule, now)
        if isinstance(rule, RecordingRule)
        else _decide(group, rule, status, next(seen), slot, now, resend_delay)
        for rule, status in zip(group.rules, kept, strict=True)
    ]
    gap = missed(group, before.slot, slot) if before else 0
    status = GroupStatus(
        key=group.key,
        slot=slot,
        rules=tuple(outcome.status for outcome in outcomes),
        missed=(before.missed if before else 0) + gap,
    )
    until = state.valid_until(slot, group.interval, resend_delay)
    return Evaluation(
        status=status,
        alerts=tuple(
            _alert(group, rule, alert, source, until)
            for rule, outcome in zip(group.rules, outcomes, strict=True)
            if isinstance(rule, AlertRule)
            for alert in outcome.told
        ),
        failures=tuple(outcome.failure for outcome in outcomes if outcome.failure is not None),
    )


def _by_rule(group: RuleGroup, before: GroupStatus | None) -> list[RuleStatus]:
    """What was kept of each rule: by name, and of several with one name the first to the first, as Prometheus does."""
    kept: dict[str, list[RuleStatus]] = {}
    for status in before.rules if before else ():
        kept.setdefault(status.rule, []).append(status)
    statuses = []
    for rule in group.rules:
        name = rule.name if isinstance(rule, AlertRule) else rule.record
        same = kept.get(name)
        statuses.append(same.pop(0) if same else RuleStatus(rule=name))
    return statuses


async def _look(
    rule: AlertRule, source: MetricSource, slot: datetime, offset: timedelta, outside: Outside
) -> _Seen | Failure:
    """Asks the source what the rule finds, and all that its templates want to know."""
    try:
        answer = await source.query(rule.expr, {}, slot - offset)
        answers: dict[str, Sequence[Sample] | str] = {}
        found = [await _fill(rule, sample, source, slot, outside, answers) for sample in answer.samples]
    except (Temporary, Permanent) as error:
        return Failure(rule=rule.name, reason=error.reason, message=error.message)
    return _Seen(found=tuple(found), partial=_partial(answer))


def _partial(answer: Answer) -> str:
    """What an answer lacks. PromQL's own remarks about a query are no sign of missing data."""
    warnings = [warning for warning in answer.warnings if not warning.startswith(_OWN_WARNINGS)]
    return f"the source says its answer is not complete: {'; '.join(warnings)}" if warnings else ""


async def _fill(
    rule: AlertRule,
    sample: Sample,
    source: MetricSource,
    slot: datetime,
    outside: Outside,
    answers: dict[str, Sequence[Sample] | str],
) -> state.Found:
    """One result with the rule's labels and annotations filled in."""
    data = Data(
        labels=sample.labels, value=sample.value, at=slot, external_labels=outside.labels, external_url=outside.url
    )

    async def text(template: str) -> str:
        parsed = parse(template, rule.name)
        while isinstance(filled := render(parsed, data, answers), Needs):
            answers[filled.query] = await _answer(filled.query, source, slot, len(answers))
        return filled

    labels = {name: value for name, value in sample.labels.items() if name != "__name__"}
    for name in sorted(rule.labels):
        labels[name] = await text(rule.labels[name])
    labels["alertname"] = rule.name
    annotations = {name: await text(rule.annotations[name]) for name in sorted(rule.annotations)}
    return state.Found(labels=LabelSet(labels), annotations=annotations, value=sample.value)


async def _answer(query: str, source: MetricSource, slot: datetime, asked: int) -> Sequence[Sample] | str:
    """What the source says to a template's query. Only a query that is itself wrong becomes a text.

    A source that cannot be reached raises: an error text in a label would look like another alert.
    """
    if asked >= MOST_QUERIES:
        return f"more than {MOST_QUERIES} queries in one evaluation"
    try:
        answer = await source.query(query, {}, slot)
    except Permanent as error:
        if error.reason != "client":
            raise
        return error.message
    return answer.samples


def _recorded(rule: RecordingRule, now: datetime) -> _Outcome:
    return _Outcome(status=RuleStatus(rule=rule.record, evaluated_at=now))


def _decide(
    group: RuleGroup,
    rule: AlertRule,
    before: RuleStatus,
    seen: _Seen | Failure,
    slot: datetime,
    now: datetime,
    resend_delay: timedelta,
) -> _Outcome:
    if isinstance(seen, Failure):
        return _blind(before, seen, slot, now)
    step = state.step(
        rule,
        before.alerts,
        seen.found,
        slot,
        limit=group.limit,
        complete=not seen.partial,
        resend_delay=resend_delay,
    )
    if step.error:
        wrong = Failure(rule=rule.name, reason="rule", message=step.error)
        return _blind(replace(before, alerts=step.alerts), wrong, slot, now)
    status = RuleStatus(rule=rule.name, alerts=step.alerts, evaluated_at=now)
    if not seen.partial:
        return _Outcome(status=status, told=step.told)
    return _Outcome(
        status=replace(status, unknown_since=before.unknown_since or slot, last_error=seen.partial),
        told=step.told,
        failure=Failure(rule=rule.name, reason="partial", message=seen.partial),
    )


def _blind(before: RuleStatus, failure: Failure, slot: datetime, now: datetime) -> _Outcome:
    status = replace(before, evaluated_at=now, unknown_since=before.unknown_since or slot, last_error=failure.message)
    return _Outcome(status=status, failure=failure)


def _alert(group: RuleGroup, rule: AlertRule, alert: RuleAlert, source: MetricSource, until: datetime) -> Alert:
    starts_at = alert.fired_at or alert.active_at
    window = Window(start=alert.active_at - _AROUND, end=starts_at + _AROUND)
    return Alert(
        labels=alert.labels,
        annotations=alert.annotations,
        starts_at=starts_at,
        ends_at=alert.resolved_at if alert.state is RuleState.INACTIVE else until,
        generator_url=source.link(rule.expr, window),
        source=group.source,
        rule=f"{group.key};{rule.name}",
        value=alert.value,
    )
