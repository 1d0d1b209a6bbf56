"""What each page shows, made from nouns; templates only lay it out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.evidence import dashboards
from bot.model.actor import Actor
from bot.model.alert import Alert
from bot.model.escalation import Escalation
from bot.model.evidence import Evidence
from bot.model.ids import Fingerprint
from bot.model.incident import Incident, SignalState
from bot.model.labels import LabelSet
from bot.model.link import Related
from bot.model.page import Page
from bot.model.report import Case
from bot.model.rule import GroupStatus, RuleState, RuleStatus
from bot.model.run import Approval, ApprovalStatus, JournalEntry, JournalKind, Question, RunbookRun, RunStatus
from bot.model.runbook import Step
from bot.model.setup import Setup
from bot.model.timeline import EntryKind, Told, as_told
from bot.response.alerts_looked_up import MOST_HELD
from bot.response.response_seen import SeenResponse
from bot.rights import Act, No, may
from bot.runbooks.journal import begun_steps, story_of, turned_by, whole_run
from bot.runbooks.machine import can_take_back
from bot.runbooks.policy import could_answer
from bot.runbooks.story import StepStory
from bot.web import incident_forms
from bot.web.alert_views import HeldAlerts, of_held
from bot.web.incident_forms import Offers
from bot.web.response_views import ResponseView, of_response


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

    @property
    def asks_what(self) -> bool:
        """Whether it is the runbook's own question, and wants answers."""
        return self.approval.question is Question.WHAT


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """A step of a run. `approvals` are the questions it has put so far, `printed` is what it says while it runs."""

    step: Step
    story: StepStory
    approvals: Sequence[Approval]
    printed: str = ""

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
    can_take_back: bool = False
    """Whether it changed something that it could take back."""
    can_cancel: bool = False
    """Whether more of it could begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """One incident. `timeline` is the newest first; `open` are the questions that wait for somebody."""

    incident: Incident
    response: ResponseView
    alerts: HeldAlerts
    timeline: Sequence[Told]
    evidence: Sequence[Evidence]
    runs: Sequence[RunView]
    open: Sequence[ApprovalView]
    unknown_since: datetime | None
    may_change: bool
    offers: Offers
    related: Sequence[Related] = ()
    is_listed: bool = False
    """Whether its service stands in the catalogue."""
    dashboards: Mapping[str, str] = field(default_factory=dict)
    pages: Sequence[Page] = ()
    escalation: Escalation | None = None
    reachable: Sequence[str] = ()
    """Those who can be paged by hand."""

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
        return self.timeline[0].read().text if self.timeline else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPageView:
    """One run on a page of its own: those without an incident have no other. `runs` holds it alone."""

    runs: Sequence[RunView]
    open: Sequence[ApprovalView]
    may_change: bool

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


def of_case(
    case: Case,
    known: Mapping[Fingerprint, Alert],
    response: SeenResponse,
    setup: Setup,
    actor: Actor,
    now: datetime,
) -> IncidentView:
    """One incident; `known` are its alerts, `response` is how people work on it."""
    told = [entry.at for entry in case.timeline if entry.kind is EntryKind.SIGNAL]
    is_unknown = case.incident.signal is SignalState.UNKNOWN
    return IncidentView(
        incident=case.incident,
        response=of_response(response, setup, actor, now),
        alerts=of_held(case.incident, known, MOST_HELD),
        timeline=as_told(case.timeline)[::-1],
        evidence=case.evidence,
        runs=[of_run(run, journal, case.approvals) for run, journal in reversed(case.runs)],
        open=of_approvals(case.approvals, setup, actor, now),
        unknown_since=told[-1] if is_unknown and told else None,
        may_change=not isinstance(may(actor, Act.NOTE, case.incident.id, now), No),
        offers=incident_forms.of_incident(case.incident, setup, now),
        related=case.related,
        pages=case.pages,
        escalation=case.escalation,
        reachable=_reachable(setup),
        is_listed=case.incident.service in setup.services,
        dashboards=_dashboards(case.incident, known, setup, now),
    )


def _reachable(setup: Setup) -> Sequence[str]:
    """Schedules, and the people who named a way to reach them."""
    people = (person.name for person in setup.people.values() if person.contacts)
    return sorted({*people, *setup.schedules})


def _dashboards(
    incident: Incident, known: Mapping[Fingerprint, Alert], setup: Setup, now: datetime
) -> Mapping[str, str]:
    labels = next((known[one].labels for one in incident.alerts if one in known), LabelSet())
    return dashboards.of_incident(setup.services.get(incident.service), incident, labels, now)


def of_run(
    run: RunbookRun,
    journal: Sequence[JournalEntry],
    approvals: Iterable[Approval],
    printed: Mapping[str, str] = MappingProxyType({}),
) -> RunView:
    """One run; `approvals` may hold those of other runs. `printed` is what steps under way have said, by step."""
    whole, turned = whole_run(journal), turned_by(journal)
    ended = whole.get(JournalKind.ENDED)
    steps = [
        StepView(
            step=step,
            story=story_of(step, journal),
            approvals=[each for each in approvals if each.run == run.id and each.step == step.id],
            printed=printed.get(step.id, ""),
        )
        for step in begun_steps(run.runbook, journal)
    ]
    return RunView(
        run=run,
        can_take_back=run.status is not RunStatus.ROLLED_BACK
        and (turned is None or turned.kind is not JournalKind.ROLLBACK)
        and bool(can_take_back(run, journal)),
        can_cancel=run.ended_at is None and (turned is None or turned.kind is not JournalKind.CANCELLED),
        steps=steps,
        checked=whole.get(JournalKind.CHECKED),
        reason=str(ended.data.get("reason", "")) if ended else "",
    )


def of_one_run(
    run: RunbookRun,
    journal: Sequence[JournalEntry],
    approvals: Sequence[Approval],
    printed: Mapping[str, str],
    setup: Setup,
    actor: Actor,
    now: datetime,
) -> RunPageView:
    """One run on its own, with what it prints just now."""
    return RunPageView(
        runs=[of_run(run, journal, approvals, printed)],
        open=of_approvals(approvals, setup, actor, now),
        may_change=not isinstance(may(actor, Act.ROLL_BACK, run.id, now), No),
    )


def of_approvals(approvals: Iterable[Approval], setup: Setup, actor: Actor, now: datetime) -> Sequence[ApprovalView]:
    """Those that wait for an answer, as this actor sees them."""
    views = []
    for approval in approvals:
        if approval.status is not ApprovalStatus.OPEN:
            continue
        could = could_answer(approval, setup.people)
        views.append(ApprovalView(approval=approval, holders=could, why_not=_why_not(approval, could, actor, now)))
    return views


def _why_not(approval: Approval, could: Sequence[str], actor: Actor, now: datetime) -> str:
    answer = may(actor, Act.APPROVE, approval, now)
    if isinstance(answer, No):
        return answer.reason
    is_own = approval.question is Question.MAY_IT_RUN and approval.requested_by.name == actor.name
    return "you began this run, so somebody else must approve it" if is_own and actor.name not in could else ""


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
    return RulesView(groups=shown, counts=counts, blind=blind_of(groups, setup))


def _is_blind(rule: RuleStatus) -> bool:
    return rule.unknown_since is not None


def blind_of(groups: Sequence[GroupStatus], setup: Setup) -> Sequence[BlindView]:
    """The sources that rules cannot see now."""
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
