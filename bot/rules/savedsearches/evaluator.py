"""Evaluates one saved search: one run at its scheduled time, one new status, and the alerts to tell.

In two parts, so that what is decided can be decided where it is kept: `ask` runs the search, `decide` says what the
answer means. A run that failed or did not see everything resolves nothing, and nothing of it is remembered.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.errors import IntegrationError
from bot.model.alert import Alert
from bot.model.labels import LabelSet
from bot.model.rule import AlertRule, GroupStatus, RuleAlert, RuleGroup, RuleState, RuleStatus
from bot.model.sample import Window
from bot.model.search import Counted, SavedSearch, SearchMemory, SearchRun
from bot.model.search_job import Row, SearchAnswer, SearchJob, Urgency
from bot.ports.searches import SearchSource
from bot.rules import cron, state
from bot.rules.evaluator import Evaluation, Failure, by_rule
from bot.rules.savedsearches import quiet, rows, tokens, trigger
from bot.rules.savedsearches.comparing import TooMuchToRemember, compare
from bot.rules.savedsearches.moments import ModifierError, resolve
from bot.rules.schedule import missed

MOST_ROWS = 10_000
"""Rows that one run may bring; what is beyond is data that is missing."""
LAST_RUNS = 60
"""Runs that are kept for whoever asks why, and for the chart of an incident."""
_ENOUGH_FOR_A_DIGEST = 100
_RULE, _PARTIAL = "rule", "partial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One run and what came of it. `link` leads to where a person sees the same search over the same window."""

    job: SearchJob | None
    answer: SearchAnswer | None = None
    failure: Failure | None = None
    link: str = ""


async def ask(group: RuleGroup, source: SearchSource, slot: datetime, *, urgency: Urgency = Urgency.ALERT) -> Asked:
    """Runs the search over the window of its scheduled time, and says so when that fails."""
    rule, search = _parts(group)
    try:
        job = job_of(group, slot, urgency=urgency)
    except ModifierError as error:
        return Asked(job=None, failure=Failure(rule=rule.name, reason=_RULE, message=f"its window: {error}"))
    window = Window(start=job.earliest, end=job.latest) if job.earliest and job.latest else None
    link = source.link(search.search, search.app, window)
    try:
        answer = await source.run(job)
    except IntegrationError as error:
        failure = Failure(rule=rule.name, reason=error.reason, message=error.message)
        return Asked(job=job, failure=failure, link=link)
    return Asked(job=job, answer=answer, link=link)


def job_of(group: RuleGroup, slot: datetime, *, urgency: Urgency = Urgency.ALERT) -> SearchJob:
    """The run of this slot: the same whenever it is asked for, and whoever asks. Raises ModifierError."""
    _, search = _parts(group)
    dispatch, zone = search.dispatch, search.schedule.time_zone
    job = SearchJob(
        key="",
        search=search.search,
        app=search.app,
        owner=search.owner,
        scheduled_at=slot,
        earliest=resolve(dispatch.earliest, slot, zone),
        # without an end of its own a search ends when it is due, or a late run would see more than a timely one
        latest=resolve(dispatch.latest or "now", slot, zone),
        index_earliest=resolve(dispatch.index_earliest, slot, zone),
        index_latest=resolve(dispatch.index_latest, slot, zone),
        condition=search.condition.search if search.condition.counted is Counted.CUSTOM else "",
        max_count=dispatch.max_count,
        max_time=dispatch.max_time,
        most_rows=MOST_ROWS if _needs_every_row(search) else _ENOUGH_FOR_A_DIGEST,
        counts_hosts=search.condition.counted in (Counted.HOSTS, Counted.SOURCES),
    )
    return replace(job, key=_key(group, job), urgency=urgency)


def decide(
    group: RuleGroup,
    before: GroupStatus | None,
    asked: Asked,
    slot: datetime,
    now: datetime,
    *,
    quiet_by_others: datetime | None = None,
    resend_delay: timedelta = state.RESEND_DELAY,
) -> Evaluation:
    """What a run as of `slot` means; `now` is the wall clock, `before` what the last run kept.

    An alert that fires has no end: how long it is valid for is the caller's, who knows when the answer came. `took` of
    the status is left to the caller too.
    """
    (status,) = by_rule(group, before)
    memory = _remembered(group, before)
    turn = _Turn(
        group=group, asked=asked, slot=slot, now=now, status=status, memory=memory, resend_delay=resend_delay,
        others=quiet_by_others,
    )  # fmt: skip
    made = turn.outcome()
    return Evaluation(
        status=GroupStatus(
            key=group.key,
            slot=slot,
            rules=(made.status,),
            missed=(before.missed + missed(group, before.slot, slot)) if before else 0,
            evaluated_at=now,
            memory=replace(made.memory, runs=(made.run, *memory.runs)[:LAST_RUNS]),
        ),
        alerts=tuple(_alert(group, alert, asked) for alert in made.told),
        failures=(made.failure,) if made.failure else (),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    status: RuleStatus
    memory: SearchMemory
    run: SearchRun
    told: tuple[RuleAlert, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """One run beside what was kept."""

    group: RuleGroup
    asked: Asked
    slot: datetime
    now: datetime
    status: RuleStatus
    memory: SearchMemory
    resend_delay: timedelta
    others: datetime | None

    def outcome(self) -> _Outcome:
        """Nothing is known after a failure; else what the answer and the memory say."""
        if self.asked.answer is None or self.asked.job is None:
            failure = self.asked.failure or Failure(rule=self.status.rule, reason=_RULE, message="it was not asked")
            return self._blind(failure)
        _, search = _parts(self.group)
        answer, lacks = self.asked.answer, _lacks(search, self.asked.answer)
        if lacks and not search.dispatch.allow_partial:
            return self._blind(Failure(rule=self.status.rule, reason=_PARTIAL, message=lacks))
        memory = self.memory
        if search.comparison is not None and not lacks:
            job = self.asked.job
            window = job.latest - job.earliest if job.earliest and job.latest else search.comparison.span
            try:
                found, memory = compare(search.comparison, answer.rows, memory, self.slot, window=window)
            except TooMuchToRemember as error:
                return self._blind(Failure(rule=self.status.rule, reason=_RULE, message=str(error)))
            answer = _only(answer, found)
        verdict = trigger.decide(search.condition, answer, self.memory.count, complete=not lacks)
        if search.comparison is not None:
            verdict = _compared(verdict, answer, lacks)
        return self._stepped(answer, verdict, memory, lacks)

    def _stepped(self, answer: SearchAnswer, verdict: trigger.Verdict, memory: SearchMemory, lacks: str) -> _Outcome:
        """The states and the tellings that a verdict makes."""
        rule, search = _parts(self.group)
        step = state.step(
            rule, self.status.alerts, self._found(answer, verdict), self.slot,
            limit=self.group.limit, complete=not lacks, resend_delay=self.resend_delay,
        )  # fmt: skip
        if step.error:
            failure = Failure(rule=rule.name, reason=_RULE, message=step.error)
            return replace(self._blind(failure), status=self._unseen(failure, step.alerts))
        hushed = quiet.hush(
            search.suppression, step, self.status.alerts, lambda labels: _quiet_key(search, labels),
            memory.quiet_until, self.slot, others=self.others,
        )  # fmt: skip
        memory = replace(memory, quiet_until=hushed.quiet_until)
        run = SearchRun(
            slot=self.slot, triggered=verdict.triggered, why=verdict.why, count=verdict.count, complete=not lacks,
            sid=answer.sid, link=answer.link,
        )  # fmt: skip
        alerts, told = hushed.step.alerts, hushed.step.told
        if lacks:
            failure = Failure(rule=rule.name, reason=_PARTIAL, message=lacks)
            status = self._unseen(failure, alerts)
            return _Outcome(status=status, memory=memory, run=run, told=told, failure=failure)
        status = RuleStatus(rule=rule.name, labels=self.status.labels, alerts=alerts, evaluated_at=self.now)
        return _Outcome(status=status, memory=replace(memory, count=verdict.count), run=run, told=told)

    def _found(self, answer: SearchAnswer, verdict: trigger.Verdict) -> Sequence[state.Found]:
        """The alerts of a run that triggered: one, or one for each row; rows with the same labels are one alert."""
        rule, search = _parts(self.group)
        if not verdict.triggered:
            return ()
        told = self._told()
        if search.digest:
            first = answer.rows[0] if answer.rows else {}
            return (_filled(rule, LabelSet(), replace(told, row=first), float(verdict.count)),)
        found: dict[LabelSet, state.Found] = {}
        for row in answer.rows:
            value = _value(search, row, verdict.count)
            one = _filled(rule, rows.labels_of(search, row), replace(told, row=row), value)
            found.setdefault(one.labels, one)
        return tuple(found.values())

    def _told(self) -> tokens.Told:
        """What tokens stand for, but for the row."""
        _, search = _parts(self.group)
        answer, job = self.asked.answer, self.asked.job
        return tokens.Told(
            search=search,
            scheduled_at=self.slot,
            sid=answer.sid if answer else "",
            count=answer.count if answer else 0,
            earliest=job.earliest if job else None,
            latest=job.latest if job else None,
            next_at=cron.next_run(search.schedule, self.slot),
            took=answer.took if answer else timedelta(0),
            messages=answer.warnings if answer else (),
            results_link=answer.link if answer else "",
            view_link=self.asked.link,
        )

    def _blind(self, failure: Failure) -> _Outcome:
        """Everything stays as it was, and nothing is told."""
        run = SearchRun(slot=self.slot, triggered=False, why=failure.message, complete=False)
        status = self._unseen(failure, self.status.alerts)
        return _Outcome(status=status, memory=self.memory, run=run, failure=failure)

    def _unseen(self, failure: Failure, alerts: Sequence[RuleAlert]) -> RuleStatus:
        since = self.status.unknown_since or self.slot
        return replace(
            self.status, alerts=tuple(alerts), evaluated_at=self.now, unknown_since=since, last_error=failure.message
        )


def _parts(group: RuleGroup) -> tuple[AlertRule, SavedSearch]:
    """The one rule of a saved search, and the search."""
    (rule,) = group.rules
    if group.search is None or not isinstance(rule, AlertRule):
        raise ValueError(f"{group.key} is no saved search")
    return rule, group.search


def _filled(rule: AlertRule, labels: LabelSet, told: tokens.Told, value: float) -> state.Found:
    """One alert with its tokens filled in; what the rule says of it wins over what its row says."""
    own = {name: tokens.fill(text, told) for name, text in rule.labels.items()}
    return state.Found(
        labels=LabelSet({**labels, **own, "alertname": rule.name}),
        annotations={name: tokens.fill(text, told) for name, text in rule.annotations.items()},
        value=value,
    )


def _remembered(group: RuleGroup, before: GroupStatus | None) -> SearchMemory:
    """What is known of earlier runs, as far as they asked the same."""
    _, search = _parts(group)
    memory = (before.memory if before else None) or SearchMemory()
    compared = search.comparison
    same = (compared.kind, ",".join(compared.keys), compared.value) if compared else ()
    asks = (str(search.condition.counted), *map(str, same))
    return memory if memory.asks == asks else replace(memory, count=None, seen={}, since=None, asks=asks)


def _needs_every_row(search: SavedSearch) -> bool:
    return not search.digest or search.comparison is not None


def _key(group: RuleGroup, job: SearchJob) -> str:
    """The same for the same question: a restart takes up the run under way, a changed search begins its own."""
    asked = [group.key, *(str(getattr(job, name)) for name in SearchJob.__slots__ if name not in ("key", "urgency"))]
    digest = hashlib.sha256(json.dumps(asked).encode()).hexdigest()
    return f"tocsin_{digest[:24]}_{int(job.scheduled_at.timestamp())}"


def _lacks(search: SavedSearch, answer: SearchAnswer) -> str:
    """Why an answer is not complete; empty when it is."""
    if answer.warnings:
        return f"the source says its answer is not complete: {'; '.join(answer.warnings)}"
    if search.condition.counted is Counted.CUSTOM and answer.met is None:
        return f"nobody said whether `{search.condition.search}` yields anything"
    if _needs_every_row(search) and MOST_ROWS <= len(answer.rows) < answer.count:
        return (
            f"only {len(answer.rows):,} of its {answer.count:,} rows were read: narrow the search, or let it group them"
        )
    return ""


def _only(answer: SearchAnswer, found: Sequence[Row]) -> SearchAnswer:
    """The answer as if it had these rows alone."""
    hosts, sources = ({row.get(name) for row in found} - {None} for name in ("host", "source"))
    return replace(answer, rows=tuple(found), count=len(found), hosts=len(hosts), sources=len(sources))


def _compared(verdict: trigger.Verdict, answer: SearchAnswer, lacks: str) -> trigger.Verdict:
    """With a comparison no row is an alert by itself: at least one has to differ from what is remembered."""
    if lacks:
        return replace(verdict, triggered=False, why="nothing is compared with an answer that is not complete")
    if not answer.rows:
        return replace(verdict, triggered=False, why="no row differs from what is remembered")
    return replace(verdict, why=f"compared with what is remembered: {verdict.why}")


def _value(search: SavedSearch, row: Row, count: int) -> float:
    """What is compared of a row, where that is a number; else how many results there were."""
    told = row.get(search.comparison.value, "") if search.comparison else ""
    try:
        return float(told) if isinstance(told, str) else float(count)
    except ValueError:
        return float(count)


def _quiet_key(search: SavedSearch, labels: LabelSet) -> str:
    """By what an alert is suppressed: its values of the fields that were named; of a digest, the search itself."""
    fields = search.suppression.fields if search.suppression and not search.digest else ()
    return json.dumps([labels.get(rows.label_name(name), "") for name in fields]) if fields else ""


def _alert(group: RuleGroup, alert: RuleAlert, asked: Asked) -> Alert:
    link = asked.link or (asked.answer.link if asked.answer else "")
    return Alert(
        labels=alert.labels,
        annotations=alert.annotations,
        starts_at=alert.fired_at or alert.active_at,
        ends_at=alert.resolved_at if alert.state is RuleState.INACTIVE else None,
        generator_url=link,
        source=group.source,
        rule=group.rule_key(0),
        value=alert.value,
    )
