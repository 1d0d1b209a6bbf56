"""A run of a runbook: it *is* its journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.model.actor import Actor
from bot.model.automation import Autonomy
from bot.model.ids import ApprovalId, IncidentId, RunId
from bot.model.labels import LabelSet
from bot.model.plan import Plan
from bot.model.runbook import Input, Runbook


class RunStatus(StrEnum):
    """Where a run stands. RECOVERED is not a status: see the CHECKED entry of its journal."""

    RUNNING = "running"
    WAITING = "waiting"
    """For a person, or for a time."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REJECTED = "rejected"
    """A person said no, or nobody answered in time."""
    CANCELLED = "cancelled"
    ROLLED_BACK = "rolled_back"
    """It failed, or a person asked for it, and what it had changed was taken back."""


ENDED = (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.REJECTED, RunStatus.CANCELLED, RunStatus.ROLLED_BACK)


class RunVerdict(StrEnum):
    """What became of the original signal after a run that changed something."""

    NONE = ""
    """It changed nothing and watched nothing, or there was no signal to look at."""
    RECOVERED = "recovered"
    NOT_RECOVERED = "not_recovered"
    NOT_SEEN = "not_seen"
    """Nobody could see: never counted as a recovery."""


class StepStatus(StrEnum):
    """Where a step stands, derived from the journal."""

    WAITING = "waiting"
    ASKING = "asking"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class JournalKind(StrEnum):
    """What a journal entry says. Every entry is committed before what it announces is done."""

    PLANNED = "planned"
    """data: plan (see `Plan`), inputs resolved."""
    SKIPPED = "skipped"
    """data: reason."""
    REFUSED = "refused"
    """The step cannot be prepared: data: error."""
    ASKED = "asked"
    """data: approval (id), plan_hash, expires_at, count, by, ask, covers (step to the hash of its plan)."""
    ANSWERED = "answered"
    """data: answer approve | reject | expired | void, plan_hash, reason."""
    INTENDED = "intended"
    """About to act; data: plan_hash, summary."""
    FINISHED = "finished"
    """data: outcome, summary, value, text, link, temporary, untouched; unmet: its `expect` is false."""
    ASKED_IF_RAN = "asked_if_ran"
    """We died in mid-action and cannot tell: a person is asked. data: approval (id)."""
    ANSWERED_IF_RAN = "answered_if_ran"
    """data: did (did | did_not)."""
    CHECKED = "checked"
    """The original signal after the run's changes; data: signal clear | firing | unknown, text."""
    CANCELLED = "cancelled"
    """A person wants nothing more of it to begin. data: reason."""
    HELD = "held"
    """Something outside the run keeps the step from beginning (a freeze, the switch, a lock). data: reason, until."""
    OBSERVED = "observed"
    """The run's autonomy is to observe: the change was not made. data: plan_hash, summary."""
    LOWERED = "lowered"
    """The run may go less far by itself than when it began. data: autonomy, reason."""
    ROLLBACK = "rollback"
    """What was changed is to be taken back, in reverse order. data: reason, by (the person who asked for it)."""
    ENDED = "ended"
    """data: status, reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One line of a run's journal. `step` is empty for entries about the whole run."""

    run: RunId
    at: datetime
    kind: JournalKind
    actor: Actor
    step: str = ""
    attempt: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)
    """Plain JSON; its keys are listed at each `JournalKind`."""
    seq: int = 0
    """Counted by the store when appended; 0 before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunbookRun:
    """One execution. `runbook` is the version it began with; `wake_at` is when it is next worth looking at."""

    id: RunId
    runbook: Runbook
    incident: IncidentId | None
    inputs: Mapping[str, str]
    started_at: datetime
    started_by: Actor
    status: RunStatus = RunStatus.RUNNING
    source: str = ""
    """The metric source of the alert that began it, where there is one."""
    rule: str = ""
    """`file;group;name` of the rule whose signal must recover, where there is one."""
    signal_expr: str = ""
    """That rule's expression as it was at the start."""
    signal_labels: LabelSet = field(default_factory=LabelSet)
    """The labels its series has: those of the alert that the rule did not add; all of them where others sent it."""
    wake_at: datetime | None = None
    epoch: int = 0
    """The fencing token: raised by each claim; writes under an older one are refused."""
    ended_at: datetime | None = None
    trigger: str = ""
    """What began it: alert, incident, schedule, chat, api, cli, page, webhook or runbook."""
    service: str = ""
    environment: str = ""
    autonomy: Autonomy = Autonomy.SUGGEST
    does: str = ""
    """What its runbook does: see `bot.runbooks.autonomy.doing`. Empty: it began before that was kept."""
    lock: str = ""
    """Of runs with the same, only one is under way; empty: nothing is locked."""
    parent: RunId | None = None
    """The run whose step began this one."""
    parent_step: str = ""
    depth: int = 0
    """How many runs stand above it."""
    changed_at: datetime | None = None
    """When its first change was begun."""
    verdict: RunVerdict = RunVerdict.NONE
    verdict_after: timedelta | None = None
    """From its last change to the verdict; of one that changed nothing, from its last look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputChunk:
    """A piece of what a step printed, redacted, as it came. Kept until the step's end is, which holds all of it."""

    run: RunId
    step: str
    attempt: int
    at: datetime
    text: str
    seq: int = 0


class ApprovalStatus(StrEnum):
    """Where an approval stands."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOID = "void"
    """What it was bound to has changed."""


class Question(StrEnum):
    """What a person is asked."""

    MAY_IT_RUN = "may_it_run"
    DID_IT_RUN = "did_it_run"
    WHAT = "what"
    """A question of the runbook's own (`uses: ask`); the answers it wants are `Approval.wants`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A question to people about one exact plan. `given_by` are those who said yes so far."""

    id: ApprovalId
    run: RunId
    step: str
    incident: IncidentId | None
    question: Question
    ask: str
    plan: Plan
    by: str
    count: int
    asked_at: datetime
    expires_at: datetime
    requested_by: Actor
    status: ApprovalStatus = ApprovalStatus.OPEN
    given_by: tuple[str, ...] = ()
    wants: tuple[Input, ...] = ()
    covers: tuple[Plan, ...] = ()
    """Later changes of the run that the same yes is for, as long as they are exactly these."""
    answered_at: datetime | None = None
    answered_by: str = ""
    reason: str = ""
