"""What each page shows, made from nouns; templates only lay it out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.actor import Actor
from bot.model.evidence import Evidence
from bot.model.incident import Incident, SignalState
from bot.model.report import Case
from bot.model.rule import GroupStatus, RuleState, RuleStatus
from bot.model.run import Approval, ApprovalStatus, JournalEntry, JournalKind, Question, RunbookRun
from bot.model.runbook import Step
from bot.model.setup import Setup
from bot.model.timeline import EntryKind, TimelineEntry
from bot.rights import Act, No, may
from bot.runbooks.journal import StepStory, story_of, whole_run


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalView:
    """A question as the asker sees it. `why_not` says why they cannot answer; `holders` are those who could."""

    approval: Approval
    holders: Sequence[str]
    why_not: str

    @property
    def asks_if_ran(self) -> bool:
        """Whether it asks what happened, not whether something may happen."""
        return self.approval.question is Question.DID_IT_RUN


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A step of a run. `approvals` are the questions it has put so far."""

    step: Step
    story: StepStory
    approvals: Sequence[Approval]

    @property
    def output(self) -> str:
        """What its last attempt printed."""
        return self._ended("text")

    @property
    def link(self) -> str:
        """Where to see what it saw."""
        return self._ended("link")

    def _ended(self, key: str) -> str:
        entry = self.story.last_finished
        return str(entry.data.get(key, "")) if entry else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run with its steps, what the original signal said afterwards, and why it ended as it did."""

    run: RunbookRun
    steps: Sequence[StepView]
    checked: JournalEntry | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """One incident. `timeline` is the newest first; `open` are the questions that wait for somebody."""

    incident: Incident
    timeline: Sequence[TimelineEntry]
    evidence: Sequence[Evidence]
    runs: Sequence[RunView]
    open: Sequence[ApprovalView]
    unknown_since: datetime | None
    may_change: bool

    @property
    def ended_at(self) -> datetime | None:
        """When it stopped being worked on."""
        return self.incident.resolved_at or self.incident.closed_at

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        waits = f"({len(self.open)}) " if self.open else ""
        return f"{waits}{self.incident.id} {self.incident.title}"

    @property
    def news(self) -> str:
        """The latest thing that happened, for a screen reader to say."""
        return self.timeline[0].text if self.timeline else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPageView:
    """One run on a page of its own: those without an incident have no other. `runs` holds it alone."""

    runs: Sequence[RunView]
    open: Sequence[ApprovalView]

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return f"{self.runs[0].run.id} {self.runs[0].run.runbook.title}"

    @property
    def news(self) -> str:
        """What a screen reader says when the run has moved on."""
        return f"run {self.runs[0].run.id} is {self.runs[0].run.status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindView:
    """A source that some rules cannot see."""

    source: str
    rules: int
    since: datetime | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentsView:
    """All incidents: those worked on, those that are over, and what else needs somebody."""

    open: Sequence[Incident]
    over: Sequence[Incident]
    waiting: Sequence[Approval]
    blind: Sequence[BlindView]
    may_declare: bool

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return f"({len(self.open)}) Incidents" if self.open else "Incidents"

    @property
    def news(self) -> str:
        """What a screen reader says when the list has changed."""
        return f"{len(self.open)} open incidents, {len(self.waiting)} questions wait for an answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """A rule group and where its rules stand."""

    key: str
    source: str
    interval: timedelta
    status: GroupStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesView:
    """All groups that were evaluated, and how many rules are in each state, the gravest first."""

    groups: Sequence[GroupView]
    counts: Mapping[RuleState, int]
    blind: Sequence[BlindView]

    @property
    def title(self) -> str:
        """What the browser's tab says."""
        return "Rules"

    @property
    def news(self) -> str:
        """What a screen reader says when something has changed."""
        return ", ".join(f"{count} {state}" for state, count in self.counts.items() if count)


def of_case(case: Case, setup: Setup, actor: Actor, now: datetime) -> IncidentView:
    """One incident."""
    told = [entry.at for entry in case.timeline if entry.kind is EntryKind.SIGNAL]
    is_unknown = case.incident.signal is SignalState.UNKNOWN
    return IncidentView(
        incident=case.incident,
        timeline=case.timeline[::-1],
        evidence=case.evidence,
        runs=[of_run(run, journal, case.approvals) for run, journal in reversed(case.runs)],
        open=of_approvals(case.approvals, setup, actor, now),
        unknown_since=told[-1] if is_unknown and told else None,
        may_change=not isinstance(may(actor, Act.NOTE, case.incident.id, now), No),
    )


def of_run(run: RunbookRun, journal: Sequence[JournalEntry], approvals: Iterable[Approval]) -> RunView:
    """One run; `approvals` may hold those of other runs."""
    whole = whole_run(journal)
    ended = whole.get(JournalKind.ENDED)
    steps = [
        StepView(
            step=step,
            story=story_of(step, journal),
            approvals=[each for each in approvals if each.run == run.id and each.step == step.id],
        )
        for step in run.runbook.steps
    ]
    return RunView(
        run=run,
        steps=steps,
        checked=whole.get(JournalKind.CHECKED),
        reason=str(ended.data.get("reason", "")) if ended else "",
    )


def of_one_run(
    run: RunbookRun,
    journal: Sequence[JournalEntry],
    approvals: Sequence[Approval],
    setup: Setup,
    actor: Actor,
    now: datetime,
) -> RunPageView:
    """One run on its own."""
    return RunPageView(runs=[of_run(run, journal, approvals)], open=of_approvals(approvals, setup, actor, now))


def of_approvals(approvals: Iterable[Approval], setup: Setup, actor: Actor, now: datetime) -> Sequence[ApprovalView]:
    """Those that wait for an answer, as this actor sees them."""
    views = []
    for approval in approvals:
        if approval.status is not ApprovalStatus.OPEN:
            continue
        answer = may(actor, Act.APPROVE, approval, now)
        holders = sorted(who.name for who in setup.people.values() if approval.by in who.roles)
        why_not = answer.reason if isinstance(answer, No) else ""
        views.append(ApprovalView(approval=approval, holders=holders, why_not=why_not))
    return views


def of_incidents(
    incidents: Sequence[Incident],
    waiting: Sequence[Approval],
    groups: Sequence[GroupStatus],
    setup: Setup,
    actor: Actor,
    now: datetime,
) -> IncidentsView:
    """All incidents; the gravest of the open ones first."""
    return IncidentsView(
        open=sorted((one for one in incidents if one.is_open), key=lambda one: one.severity),
        over=[one for one in incidents if not one.is_open],
        waiting=waiting,
        blind=_blind(groups, setup),
        may_declare=not isinstance(may(actor, Act.DECLARE_INCIDENT, "", now), No),
    )


def of_rules(groups: Sequence[GroupStatus], setup: Setup) -> RulesView:
    """All rules; groups with a blind rule first."""
    written = {group.key: group for group in setup.groups}
    shown = [
        GroupView(
            key=status.key, source=written[status.key].source, interval=written[status.key].interval, status=status
        )
        for status in sorted(groups, key=lambda status: not any(map(_is_blind, status.rules)))
        if status.key in written
    ]
    rules = [rule for group in shown for rule in group.status.rules]
    order = (RuleState.UNKNOWN, RuleState.FIRING, RuleState.PENDING, RuleState.INACTIVE)
    counts = {state: sum(rule.state is state for rule in rules) for state in order}
    return RulesView(groups=shown, counts=counts, blind=_blind(groups, setup))


def _is_blind(rule: RuleStatus) -> bool:
    return rule.unknown_since is not None


def _blind(groups: Sequence[GroupStatus], setup: Setup) -> Sequence[BlindView]:
    source_of = {group.key: group.source for group in setup.groups}
    rules: dict[str, list[RuleStatus]] = {}
    for group in groups:
        for rule in filter(_is_blind, group.rules):
            rules.setdefault(source_of.get(group.key, group.key), []).append(rule)
    return [
        BlindView(
            source=source,
            rules=len(blind),
            since=min((rule.unknown_since for rule in blind if rule.unknown_since), default=None),
            error=blind[0].last_error,
        )
        for source, blind in sorted(rules.items())
    ]
