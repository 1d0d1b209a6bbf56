"""Why a rule fires or does not: its state, the story of its evaluations, and its signal now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Self

from fastapi import APIRouter, Query

from bot.api.asked import AskedWorld, Asker
from bot.api.schema import Out
from bot.model.evaluation import EvaluationRecord
from bot.model.rule import RuleAlert, RuleState
from bot.model.telling import Verdict
from bot.response import alert_asked, why_asked
from bot.response.alert_asked import AlertWay
from bot.response.why_asked import Now, Searched, Why

router = APIRouter(tags=["about"])

MOST_ALERTS = 50
_RUNS = 10
_QUIET = 50


class WhyAlertOut(Out):
    """One label set. `value` is text: it may be `nan` or `inf`."""

    fingerprint: str
    labels: dict[str, str]
    state: RuleState
    value: str
    active_at: datetime
    fired_at: datetime | None
    resolved_at: datetime | None
    keep_firing_since: datetime | None

    @classmethod
    def of(cls, alert: RuleAlert) -> Self:
        """An alert of a rule."""
        return cls(
            fingerprint=alert.labels.fingerprint,
            labels=dict(alert.labels),
            state=alert.state,
            value=repr(alert.value),
            active_at=alert.active_at,
            fired_at=alert.fired_at,
            resolved_at=alert.resolved_at,
            keep_firing_since=alert.keep_firing_since,
        )


class SpellOut(Out):
    """Evaluations in a row that found the same; `start` and `end` are slots."""

    start: datetime
    end: datetime
    state: RuleState
    error: str
    evaluations: int


class GapOut(Out):
    """Slots without an evaluation."""

    start: datetime
    end: datetime
    slots: int


class HistoryOut(Out):
    """The record, the oldest first."""

    evaluations: int
    failed: int
    late: int
    missed: int
    spells: list[SpellOut]
    gaps: list[GapOut]


class SightingOut(Out):
    """One alert in one evaluation; `labels` are given where it changed."""

    fingerprint: str
    state: RuleState
    value: str
    labels: dict[str, str] | None


class EvaluationOut(Out):
    """One evaluation of the rule. `took` and `late` are seconds, of the whole group."""

    slot: datetime
    took: float
    late: float
    state: RuleState
    error: str
    alerts: dict[str, int]
    sightings: list[SightingOut]

    @classmethod
    def of(cls, record: EvaluationRecord, rule: str, place: int) -> Self:
        """What a record says of one rule."""
        found = record.of(rule, place)
        return cls(
            slot=record.slot,
            took=record.took.total_seconds(),
            late=record.late.total_seconds(),
            state=found.state,
            error=found.error,
            alerts=dict(found.alerts),
            sightings=[
                SightingOut(
                    fingerprint=one.fingerprint,
                    state=one.state,
                    value=repr(one.value),
                    labels=None if one.labels is None else dict(one.labels),
                )
                for one in found.sightings
            ],
        )


class SampleOut(Out):
    """One series of the signal."""

    labels: dict[str, str]
    value: str


class NowOut(Out):
    """The signal now: the series nearest to firing of all there are, or why nobody can tell."""

    asked_at: datetime
    samples: list[SampleOut]
    series: int
    error: str

    @classmethod
    def of(cls, now: Now) -> Self:
        """What the source said."""
        samples = [SampleOut(labels=dict(one.labels), value=repr(one.value)) for one in now.samples]
        return cls(asked_at=now.asked_at, samples=samples, series=now.series, error=now.error)


class SearchRunOut(Out):
    """One run of a saved search. `count` null: it found nothing out."""

    slot: datetime
    triggered: bool
    complete: bool
    count: int | None
    why: str
    link: str


class QuietOut(Out):
    """An alert that is not told of again before `until`; `key` is empty where the search is suppressed as a whole."""

    key: str
    until: datetime


class SearchedOut(Out):
    """A saved search: its schedule, its last runs (the newest first), who is quiet, how many keys it remembers."""

    cron: str
    time_zone: str
    continuous: bool
    next_at: datetime
    last_count: int | None
    remembered: int
    quiet: list[QuietOut]
    runs: list[SearchRunOut]

    @classmethod
    def of(cls, searched: Searched, now: datetime) -> Self:
        """What is known of a search."""
        schedule, memory = searched.search.schedule, searched.memory
        return cls(
            cron=schedule.cron,
            time_zone=schedule.time_zone,
            continuous=schedule.continuous,
            next_at=searched.next_at,
            last_count=memory.count,
            remembered=len(memory.seen),
            quiet=[QuietOut(key=key, until=until) for key, until in memory.quiet_until.items() if until > now][:_QUIET],
            runs=[SearchRunOut.model_validate(run) for run in memory.runs[:_RUNS]],
        )


class WhyOut(Out):
    """One rule. Durations are seconds. `evaluated_at` null: never evaluated; `alerts` are the gravest of `count`.

    `search` is there for a saved search: of that one `now` has nothing, because it is asked only when it is due.
    """

    rule: str
    group: str
    file: str
    source: str
    expr: str
    signal: str
    op: str
    threshold: float | None
    hold: float
    keep_firing_for: float
    interval: float
    limit: int
    state: RuleState
    since: datetime | None
    unknown_since: datetime | None
    evaluated_at: datetime | None
    last_slot: datetime | None
    last_error: str
    missed: int
    count: int
    alerts: list[WhyAlertOut]
    history: HistoryOut
    last: list[EvaluationOut]
    now: NowOut
    search: SearchedOut | None

    @classmethod
    def of(cls, why: Why) -> Self:
        """All that is known."""
        status, group, rule = why.status, why.group, why.rule
        order = {RuleState.FIRING: 0, RuleState.PENDING: 1}
        alerts = sorted(status.alerts if status else (), key=lambda one: (order.get(one.state, 2), one.active_at))
        return cls(
            rule=rule.name,
            group=group.name,
            file=group.file,
            source=group.source,
            expr=rule.expr,
            signal=rule.signal.expr,
            op=rule.signal.op,
            threshold=rule.signal.threshold,
            hold=rule.hold.total_seconds(),
            keep_firing_for=rule.keep_firing_for.total_seconds(),
            interval=group.interval.total_seconds(),
            limit=group.limit,
            state=status.state if status else RuleState.UNKNOWN,
            since=status.since if status else None,
            unknown_since=status.unknown_since if status else None,
            evaluated_at=status.evaluated_at if status else None,
            last_slot=why.group_status.slot if why.group_status else None,
            last_error=status.last_error if status else "",
            missed=why.group_status.missed if why.group_status else 0,
            count=len(alerts),
            alerts=[WhyAlertOut.of(alert) for alert in alerts[:MOST_ALERTS]],
            history=HistoryOut.model_validate(why.history),
            last=[EvaluationOut.of(record, rule.name, why.place) for record in why.last],
            now=NowOut.of(why.now),
            search=SearchedOut.of(why.searched, why.now.asked_at) if why.searched else None,
        )


class WhyAnswer(Out):
    """Every rule of the name that was asked for."""

    rules: list[WhyOut]


@router.get("/why")
async def explain_rule(
    world: AskedWorld,
    asker: Asker,
    rule: Annotated[str, Query(min_length=1, max_length=200)],
    seconds: Annotated[int, Query(ge=1, le=31 * 86400)] = 6 * 3600,
) -> WhyAnswer:
    """Why a rule fires or does not, by its name or the fingerprint of an alert; the record of the last `seconds`."""
    found = await why_asked.why(world, asker, rule, since=timedelta(seconds=seconds))
    return WhyAnswer(rules=[WhyOut.of(one) for one in found])


class DecisionOut(Out):
    """One decision, and the rule that made it."""

    at: datetime
    verdict: Verdict
    text: str
    rule: str


class AlertWayOut(Out):
    """One alert: the decisions on its way as things stand, and what was decided on its groups before, newest first."""

    fingerprint: str
    labels: dict[str, str]
    annotations: dict[str, str]
    source: str
    firing: bool
    now: list[DecisionOut]
    before: list[DecisionOut]

    @classmethod
    def of(cls, way: AlertWay) -> Self:
        """All that was decided."""
        return cls(
            fingerprint=way.alert.fingerprint,
            labels=dict(way.alert.labels),
            annotations=dict(way.alert.annotations),
            source=way.alert.source,
            firing=way.firing,
            now=[DecisionOut.model_validate(one) for one in way.now],
            before=[DecisionOut.model_validate(one) for one in way.before],
        )


class AlertWaysAnswer(Out):
    """The first of `count` alerts with this name or fingerprint; none is no mistake: nobody has heard of it."""

    count: int
    alerts: list[AlertWayOut]


@router.get("/why/alerts")
async def explain_alert(
    world: AskedWorld, asker: Asker, alert: Annotated[str, Query(min_length=1, max_length=1024)]
) -> AlertWaysAnswer:
    """Why an alert was told or not, by its name or fingerprint: received, grouped, inhibited, silenced, muted, told."""
    count, ways = await alert_asked.ways(world, asker, alert)
    return AlertWaysAnswer(count=count, alerts=[AlertWayOut.of(one) for one in ways])
