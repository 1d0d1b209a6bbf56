"""Evaluates one rule group against one source: one slot, one new status, and the alerts to tell.

What the answers mean is decided in the file's order. Where rules write (`recordings: write`), one that reads what
another writes is asked after that was written; all others are asked at once, for they are strangers to each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

from bot.errors import IntegrationError, Permanent
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.rule import (
    AlertRule,
    GroupStatus,
    RecordingRule,
    Recordings,
    RuleAlert,
    RuleGroup,
    RuleState,
    RuleStatus,
)
from bot.model.sample import Answer, Recorded, Sample
from bot.ports.metrics import MetricSource
from bot.ports.recorder import Recorder
from bot.rules import recording, state
from bot.rules.dependencies import Rule, Stage, sources_of, stages
from bot.rules.promql_text import canonical
from bot.rules.schedule import missed
from bot.rules.template import Data, Needs, parse, render

MOST_QUERIES = 100
"""How many different queries the templates of one rule may ask in one evaluation."""

_RULE, _PARTIAL = "rule", "partial"

RuleKey: TypeAlias = tuple[str, LabelSet, int]
"""What a rule keeps its state by when its file changes: name, labels as written, and which of several alike it is."""

Written: TypeAlias = Mapping[RuleKey, Sequence[LabelSet]]
"""The series that each rule wrote when it was last evaluated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What templates may say of the world outside the rule: `$externalLabels` and `$externalURL`."""

    labels: Mapping[str, str]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Where the rules of a group write, and what they wrote last time. `alerts`: whether `ALERTS` too is written."""

    recorder: Recorder
    before: Written = field(default_factory=dict)
    alerts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A rule that could not be evaluated. `reason` is the integration's, or `rule` when the rule itself is at fault."""

    rule: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What one evaluation made of a group: what to keep, whom to tell of, which rules are blind, what is written."""

    status: GroupStatus
    alerts: tuple[Alert, ...] = ()
    failures: tuple[Failure, ...] = ()
    written: Written = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """What all rules of one evaluation share."""

    group: RuleGroup
    source: MetricSource
    slot: datetime
    now: datetime
    outside: Outside
    resend_delay: timedelta

    @property
    def asked_at(self) -> datetime:
        return self.slot - self.group.query_offset


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """`made` is what the rule has to write; None: it failed, and what it wrote before stands."""

    status: RuleStatus
    told: tuple[RuleAlert, ...] = ()
    made: tuple[Recorded, ...] | None = None
    failure: Failure | None = None


async def evaluate(
    group: RuleGroup,
    before: GroupStatus | None,
    source: MetricSource,
    slot: datetime,
    now: datetime,
    *,
    writing: Writing | None = None,
    outside: Outside | None = None,
    resend_delay: timedelta = state.RESEND_DELAY,
) -> Evaluation:
    """Evaluates every rule of the group as of `slot`; `now` is the wall clock, `before` what the last one kept.

    A rule whose source fails is UNKNOWN: its alerts are kept exactly as they were, nobody is told of them, and no other
    rule is touched; one that reads what such a rule writes resolves nothing. A firing alert is told with the end
    Prometheus gives it, and told again long before that. `took` of the status is left to the caller, who has a clock.
    """
    turn = _Turn(
        group=group, source=source, slot=slot, now=now, resend_delay=resend_delay,
        outside=outside or Outside(labels={}, url=""),
    )  # fmt: skip
    kept = by_rule(group, before)
    if writing is None:
        outcomes = await _stage(turn, range(len(group.rules)), kept, {}, alerts=False)
        written: Written = {}
    else:
        outcomes, written = await _written(turn, kept, writing)
    gap = missed(group, before.slot, slot) if before else 0
    status = GroupStatus(
        key=group.key,
        slot=slot,
        rules=tuple(outcomes[at].status for at in range(len(group.rules))),
        missed=(before.missed if before else 0) + gap,
        evaluated_at=now,
    )
    until = state.valid_until(slot, group.interval, resend_delay)
    return Evaluation(
        status=status,
        alerts=tuple(
            _alert(group, at, alert, source, until) for at in range(len(group.rules)) for alert in outcomes[at].told
        ),
        failures=tuple(found for at in range(len(group.rules)) if (found := outcomes[at].failure) is not None),
        written=written,
    )


def rule_keys(rules: Sequence[Rule]) -> Sequence[RuleKey]:
    """What each rule is known by across changes of its file."""
    return _keys(tuple((rule.name, *rule.labels.items()) for rule in rules))


@lru_cache(maxsize=65_536)
def _keys(named: tuple[tuple[Any, ...], ...]) -> Sequence[RuleKey]:  # Any: a name, and then pairs of labels
    """Worked out once for a group: most evaluations find nothing, and should cost next to nothing."""
    alike: dict[tuple[str, LabelSet], int] = {}
    keys = []
    for name, *labels in named:
        known = (name, LabelSet(dict(labels)))
        keys.append((*known, alike.get(known, 0)))
        alike[known] = keys[-1][2] + 1
    return tuple(keys)


def by_rule(group: RuleGroup, before: GroupStatus | None) -> Sequence[RuleStatus]:
    """What was kept of each rule: by name and labels, of several alike the first to the first, as Prometheus does."""
    keys = rule_keys(group.rules)
    if before is not None and len(before.rules) == len(keys) and all(map(_is_of, before.rules, keys)):
        return before.rules
    kept: dict[tuple[str, LabelSet], list[RuleStatus]] = {}
    for status in before.rules if before else ():
        kept.setdefault((status.rule, status.labels), []).append(status)
    statuses = []
    for name, labels, _ in keys:
        same = kept.get((name, labels))
        statuses.append(same.pop(0) if same else RuleStatus(rule=name, labels=labels))
    return statuses


def _is_of(status: RuleStatus, key: RuleKey) -> bool:
    return status.rule == key[0] and (status.labels is key[1] or status.labels == key[1])


async def _written(turn: _Turn, kept: Sequence[RuleStatus], writing: Writing) -> tuple[Mapping[int, _Outcome], Written]:
    """Stage by stage: ask, decide, write. What the rules that are gone had written ends here."""
    rules, at = turn.group.rules, recording.to_the_millisecond(turn.asked_at)
    keys, reads = rule_keys(rules), sources_of(rules)
    orphaned = [one for key, series in writing.before.items() if key not in set(keys) for one in series]
    outcomes: dict[int, _Outcome] = {}
    written = {key: writing.before.get(key, ()) for key in keys}
    for stage in stages(rules):
        doubt = {place: _doubt(rules, reads[place], outcomes) for place in stage}
        made = await _stage(turn, stage, kept, doubt, alerts=writing.alerts)
        points: list[Recorded] = list(recording.ended(orphaned, (), at))
        for place in stage:
            fresh = made[place].made or ()
            points += fresh
            if made[place].failure is None:
                points += recording.ended(written[keys[place]], fresh, at)
        failed = await _record(writing.recorder, points)
        for place in stage:
            outcomes[place] = outcome = _unwritten(turn, rules[place], made[place], failed) if failed else made[place]
            if outcome.made is not None:
                gone = () if outcome.failure is None else written[keys[place]]
                written[keys[place]] = tuple({one.labels: None for one in outcome.made} | dict.fromkeys(gone))
        orphaned = [] if not failed else orphaned
    return outcomes, {key: series for key, series in written.items() if series}


def _doubt(rules: Sequence[Rule], reads: frozenset[int], outcomes: Mapping[int, _Outcome]) -> str:
    """Why a rule that reads what others write cannot trust that something is missing; empty: it can."""
    unseen = [rules[place].name for place in sorted(reads) if _went_blind(outcomes[place])]
    return f"what it reads is not up to date: {', '.join(unseen)} failed" if unseen else ""


def _went_blind(outcome: _Outcome) -> bool:
    """Whether nobody knows what the rule would have made. A rule at fault itself makes nothing, as in Prometheus."""
    return outcome.made is None and (outcome.failure is None or outcome.failure.reason not in (_RULE, "client"))


async def _record(recorder: Recorder, points: Sequence[Recorded]) -> IntegrationError | None:
    try:
        if points:
            await recorder.record(points)
    except IntegrationError as error:
        return error
    return None


def _unwritten(turn: _Turn, rule: Rule, outcome: _Outcome, error: IntegrationError) -> _Outcome:
    """A rule whose work is done and could not be written: who reads it has to know. What it alerts on stands."""
    unwritten = replace(outcome, made=None)
    if outcome.failure is not None or not outcome.made:
        return unwritten
    failure = Failure(rule=rule.name, reason=error.reason, message=f"cannot be recorded: {error.message}")
    if isinstance(rule, AlertRule):
        return replace(unwritten, failure=failure)
    return _blind(turn, outcome.status, failure)


async def _stage(
    turn: _Turn, stage: Stage, kept: Sequence[RuleStatus], doubt: Mapping[int, str], *, alerts: bool
) -> Mapping[int, _Outcome]:
    """Asks the source about all of these rules at once, and decides what each answer means."""
    rules, recorded = turn.group.rules, turn.group.recordings is not Recordings.ASSUMED
    asked = [place for place in stage if recorded or isinstance(rules[place], AlertRule)]
    answers = await turn.source.query_all([rules[place].expr for place in asked], turn.asked_at)
    found = dict(zip(asked, answers, strict=True))
    outcomes: dict[int, _Outcome] = {}
    for place in stage:
        rule, before = rules[place], kept[place]
        if not before.alerts and not doubt.get(place) and _empty(found.get(place)):
            outcomes[place] = _Outcome(status=_seen(turn, before), made=())
        elif isinstance(rule, AlertRule):
            outcome = await _alerting(turn, rule, before, found[place], doubt.get(place, ""))
            made = _of_alerts(turn, rule, outcome.status) if alerts else ()
            outcomes[place] = replace(outcome, made=made) if _held(outcome) else outcome
        elif place in found:
            outcomes[place] = _recording(turn, rule, before, found[place])
        else:
            outcomes[place] = _Outcome(status=_seen(turn, before))
    return outcomes


def _empty(answer: Answer | IntegrationError | None) -> bool:
    """Whether the source found nothing, and lacked nothing; so it is with most rules most of the time."""
    return isinstance(answer, Answer) and not answer.samples and not answer.warnings


def _of_alerts(turn: _Turn, rule: AlertRule, status: RuleStatus) -> tuple[Recorded, ...]:
    return tuple(recording.of_alerts(rule, status.alerts, recording.to_the_millisecond(turn.asked_at)))


def _held(outcome: _Outcome) -> bool:
    """Whether the rule's alerts are as this evaluation found them."""
    return outcome.failure is None or outcome.failure.reason == _PARTIAL


def _recording(turn: _Turn, rule: RecordingRule, before: RuleStatus, answer: Answer | IntegrationError) -> _Outcome:
    if isinstance(answer, IntegrationError):
        return _blind(turn, before, _failed(rule, answer))
    at = recording.to_the_millisecond(turn.asked_at)
    try:
        made = recording.recorded(rule, answer.samples, at, turn.group.limit)
    except recording.RecordingError as error:
        return _blind(turn, before, Failure(rule=rule.name, reason=_RULE, message=str(error)))
    partial = _partial(answer)
    if not partial:
        return _Outcome(status=_seen(turn, before), made=made)
    # what came is written; whether the rest is over nobody knows, so nothing of it is ended
    return replace(_blind(turn, before, Failure(rule=rule.name, reason=_PARTIAL, message=partial)), made=made)


async def _alerting(
    turn: _Turn, rule: AlertRule, before: RuleStatus, answer: Answer | IntegrationError, doubt: str
) -> _Outcome:
    """What an answer makes of the alerts of a rule."""
    if isinstance(answer, IntegrationError):
        return _blind(turn, before, _failed(rule, answer))
    try:
        answers: dict[str, Sequence[Sample] | str] = {}
        found = [await _fill(turn, rule, sample, answers) for sample in answer.samples]
    except IntegrationError as error:
        return _blind(turn, before, _failed(rule, error))
    partial = _partial(answer) or doubt
    step = state.step(
        rule, before.alerts, found, turn.slot,
        limit=turn.group.limit, complete=not partial, resend_delay=turn.resend_delay,
    )  # fmt: skip
    if step.error:
        wrong = Failure(rule=rule.name, reason=_RULE, message=step.error)
        return _blind(turn, replace(before, alerts=step.alerts), wrong)
    after = replace(before, alerts=step.alerts)
    if not partial:
        return _Outcome(status=_seen(turn, after), told=step.told)
    failure = Failure(rule=rule.name, reason=_PARTIAL, message=partial)
    return replace(_blind(turn, after, failure), told=step.told)


def _failed(rule: Rule, error: IntegrationError) -> Failure:
    return Failure(rule=rule.name, reason=error.reason, message=error.message)


def _partial(answer: Answer) -> str:
    """What an answer lacks."""
    return f"the source says its answer is not complete: {'; '.join(answer.warnings)}" if answer.warnings else ""


async def _fill(
    turn: _Turn, rule: AlertRule, sample: Sample, answers: dict[str, Sequence[Sample] | str]
) -> state.Found:
    """One result with the rule's labels and annotations filled in."""
    data = Data(
        labels=sample.labels, value=sample.value, at=turn.slot,
        external_labels=turn.outside.labels, external_url=turn.outside.url,
    )  # fmt: skip

    async def text(template: str) -> str:
        parsed = parse(template, rule.name)
        while isinstance(filled := render(parsed, data, answers), Needs):
            answers[filled.query] = await _answer(filled.query, turn.source, turn.slot, len(answers))
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
        return error.said or error.message
    return answer.samples


def _seen(turn: _Turn, status: RuleStatus) -> RuleStatus:
    return RuleStatus(rule=status.rule, labels=status.labels, alerts=status.alerts, evaluated_at=turn.now)


def _blind(turn: _Turn, before: RuleStatus, failure: Failure) -> _Outcome:
    since = before.unknown_since or turn.slot
    status = replace(before, evaluated_at=turn.now, unknown_since=since, last_error=failure.message)
    return _Outcome(status=status, failure=failure)


def _alert(group: RuleGroup, place: int, alert: RuleAlert, source: MetricSource, until: datetime) -> Alert:
    return Alert(
        labels=alert.labels,
        annotations=alert.annotations,
        starts_at=alert.fired_at or alert.active_at,
        ends_at=alert.resolved_at if alert.state is RuleState.INACTIVE else until,
        generator_url=source.link(canonical(group.rules[place].expr)),
        source=group.source,
        rule=group.rule_key(place),
        value=alert.value,
    )
