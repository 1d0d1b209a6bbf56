"""What goes over the wire under /api/v1, and the one place where nouns become it.

Times are RFC 3339 in UTC, durations seconds. Fields are only ever added: clients ignore those they do not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from bot.errors import Gravity
from bot.kit.http_in import Refusal
from bot.model.actor import ActorKind
from bot.model.automation import Autonomy
from bot.model.evidence import EvidenceKind
from bot.model.incident import IncidentKind, IncidentStatus, Severity, SignalState
from bot.model.link import Relation
from bot.model.report import Case
from bot.model.run import (
    Approval,
    ApprovalStatus,
    JournalEntry,
    JournalKind,
    Question,
    RunbookRun,
    RunStatus,
    RunVerdict,
    StepStatus,
)
from bot.model.runbook import InputType, Risk
from bot.model.timeline import EntryKind, Told, as_told
from bot.runbooks.journal import begun_steps, story_of


class Out(BaseModel):
    """The base of every answer; made from a noun by the names of its fields."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class ComplaintOut(Out):
    """One mistake: in a document with its place, in a body with the path of the field."""

    file: str
    line: int
    column: int
    path: str
    message: str
    gravity: Gravity


class Problem(Out):
    """Every answer that is not 2xx: what is wrong, and what to do about it."""

    error: str
    hint: str
    complaints: list[ComplaintOut] = []

    @classmethod
    def of(cls, refusal: Refusal) -> Self:
        """A refusal, in JSON."""
        return cls.model_validate(refusal)


class ActorOut(Out):
    """Who did something, and through which door."""

    kind: ActorKind
    name: str
    via: str


class IncidentOut(Out):
    """What people work on. `alerts` are all it ever held, `firing` those not yet clear; `fields` are the team's own.

    `merged_into`, `duplicate_of` and `parent` name other incidents; `reopened` counts how often it went on.
    """

    id: str
    title: str
    severity: Severity
    status: IncidentStatus
    kind: IncidentKind
    signal: SignalState
    opened_at: datetime
    service: str
    team: str
    declared_by: str
    commander: str
    roles: dict[str, str]
    fields: dict[str, str]
    receiver: str
    group_key: str
    alerts: list[str]
    firing: list[str]
    detected_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    mitigated_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    reopened_at: datetime | None
    reopened: int
    merged_into: str | None
    merged_at: datetime | None
    duplicate_of: str | None
    parent: str | None


class AmendmentOut(Out):
    """What was read from then on instead of a note; with an empty `text` it was struck out. `why` is the reason."""

    seq: int
    recorded_at: datetime
    actor: ActorOut
    text: str
    why: str


class TimelineEntryOut(Out):
    """One thing that happened: who, what, why, when. `links` maps a text to an address.

    `text` is what it says now, empty when it was struck out; of a note that was changed `said_first` is what it said
    first, and `amendments` are who changed it, the latest last. `amends`: this is such a change.
    """

    seq: int
    incident: str
    at: datetime
    recorded_at: datetime
    actor: ActorOut
    kind: EntryKind
    text: str
    why: str
    links: dict[str, str]
    evidence: list[str]
    amends: int
    said_first: str = ""
    amendments: list[AmendmentOut] = []

    @classmethod
    def of(cls, told: Told) -> TimelineEntryOut:
        """An entry with what amends it."""
        entry = cls.model_validate(told.entry)
        if not told.amendments:
            return entry
        amendments = [AmendmentOut.model_validate(each) for each in told.amendments]
        return entry.model_copy(update={"text": told.text, "said_first": told.entry.text, "amendments": amendments})


class WindowOut(Out):
    """From `start` to `end`, both included."""

    start: datetime
    end: datetime


class EvidenceOut(Out):
    """What was seen. `unavailable` says why there is no answer; `attachments` are names for `/evidence/{id}/{name}`."""

    id: str
    kind: EvidenceKind
    question: str
    source: str
    query: str
    window: WindowOut
    collected_at: datetime
    summary: str
    value: dict[str, Any]
    link: str
    alt_text: str
    unavailable: str
    attachments: list[str] = Field(validation_alias="attachment_names")


class PlanOut(Out):
    """Exactly what an action would do. `hash` is what an approval is bound to."""

    action: str
    integration: str
    params: dict[str, Any]
    targets: list[str]
    summary: str
    risk: Risk
    repeatable: bool
    can_probe: bool
    diff: str
    undo: str
    preconditions: dict[str, str]
    places: list[str]
    can_undo: bool
    hash: str


class WantedOut(Out):
    """An answer that a question of a runbook's own wants."""

    name: str
    type: InputType
    values: list[str]
    default: str | None
    required: bool
    help: str


class ApprovalOut(Out):
    """A question to people about one exact plan. The same yes is for the plans it `covers`, as long as none differs."""

    id: str
    run: str
    step: str
    incident: str | None
    question: Question
    ask: str
    plan: PlanOut
    covers: list[PlanOut]
    wants: list[WantedOut]
    by: str
    count: int
    asked_at: datetime
    expires_at: datetime
    requested_by: ActorOut
    status: ApprovalStatus
    given_by: list[str]
    answered_at: datetime | None
    answered_by: str
    reason: str


class Approvals(Out):
    """Those nobody has answered, the oldest first."""

    approvals: list[ApprovalOut]


class StepOut(Out):
    """One step of a run, as its journal tells it. `reason` is what it printed of its end, or why it was not run."""

    id: str
    title: str
    uses: str
    status: StepStatus
    attempts: int
    reason: str
    text: str
    link: str
    plan: PlanOut | None


class RunOut(Out):
    """One execution of a runbook."""

    id: str
    runbook: str
    title: str
    incident: str | None
    inputs: dict[str, str]
    status: RunStatus
    started_at: datetime
    started_by: ActorOut
    ended_at: datetime | None
    trigger: str
    service: str
    environment: str
    autonomy: Autonomy
    lock: str
    verdict: RunVerdict
    verdict_after: float | None
    """Seconds from the last change to the verdict."""
    steps: list[StepOut]

    @classmethod
    def of(cls, run: RunbookRun, journal: Sequence[JournalEntry]) -> RunOut:
        """A run with its steps, read from its journal."""
        return cls(
            id=run.id,
            runbook=run.runbook.name,
            title=run.runbook.title,
            incident=run.incident,
            inputs=dict(run.inputs),
            status=run.status,
            started_at=run.started_at,
            started_by=ActorOut.model_validate(run.started_by),
            ended_at=run.ended_at,
            trigger=run.trigger,
            service=run.service,
            environment=run.environment,
            autonomy=run.autonomy,
            lock=run.lock,
            verdict=run.verdict,
            verdict_after=run.verdict_after.total_seconds() if run.verdict_after is not None else None,
            steps=_steps(run, journal),
        )


class JournalEntryOut(Out):
    """One line of a run's journal. The keys of `data` depend on `kind`."""

    seq: int
    at: datetime
    kind: JournalKind
    actor: ActorOut
    step: str
    attempt: int
    data: dict[str, Any]


class RunDetail(Out):
    """One run with everything that was written down about it."""

    run: RunOut
    journal: list[JournalEntryOut]
    approvals: list[ApprovalOut]

    @classmethod
    def of(cls, run: RunbookRun, journal: Sequence[JournalEntry], approvals: Sequence[Approval]) -> RunDetail:
        """A run, its journal and its approvals."""
        return cls(
            run=RunOut.of(run, journal),
            journal=[JournalEntryOut.model_validate(entry) for entry in journal],
            approvals=[ApprovalOut.model_validate(approval) for approval in approvals],
        )


class OutputOut(Out):
    """A piece of what a step prints while it runs, redacted."""

    seq: int
    step: str
    attempt: int
    at: datetime
    text: str


class RunOutput(Out):
    """Pieces in order, at most a thousand of them."""

    pieces: list[OutputOut]


class RelatedOut(Out):
    """Another incident, and what it is to this one."""

    relation: Relation
    incident: IncidentOut


class IncidentDetail(Out):
    """All that is known of one incident, and of those that were merged into it."""

    incident: IncidentOut
    related: list[RelatedOut]
    timeline: list[TimelineEntryOut]
    evidence: list[EvidenceOut]
    runs: list[RunOut]
    approvals: list[ApprovalOut]

    @classmethod
    def of(cls, case: Case) -> IncidentDetail:
        """A case, without the bytes of its evidence."""
        return cls(
            incident=IncidentOut.model_validate(case.incident),
            related=[RelatedOut.model_validate(one) for one in case.related],
            timeline=[TimelineEntryOut.of(told) for told in as_told(case.timeline)],
            evidence=[EvidenceOut.model_validate(evidence) for evidence in case.evidence],
            runs=[RunOut.of(run, journal) for run, journal in case.runs],
            approvals=[ApprovalOut.model_validate(approval) for approval in case.approvals],
        )


def _steps(run: RunbookRun, journal: Sequence[JournalEntry]) -> list[StepOut]:
    steps = []
    for step in begun_steps(run.runbook, journal):
        story = story_of(step, journal)
        ended = story.last_finished.data if story.last_finished else {}
        steps.append(
            StepOut(
                id=step.id,
                title=step.title,
                uses=step.uses,
                status=story.status,
                attempts=story.attempts,
                reason=story.reason,
                text=str(ended.get("text", "")),
                link=str(ended.get("link", "")),
                plan=PlanOut.model_validate(story.plan) if story.plan else None,
            )
        )
    return steps
