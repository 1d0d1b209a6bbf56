"""What is kept, and how it is changed.

One event is one transaction. A change is a plain function of a `Tx`: load, decide, write, return. The store runs it on
its writer thread, possibly committing several together; on PostgreSQL it may run it again after a serialization
failure. So the function does no I/O of its own and has no effect but through the `Tx`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, TypeVar

from bot.errors import Fenced, StoreError
from bot.model.audit import AuditEntry
from bot.model.evaluation import EvaluationRecord
from bot.model.event import Record
from bot.model.evidence import Attachment, Evidence
from bot.model.ids import ApprovalId, EvidenceId, IncidentId, RunId
from bot.model.retention import Retention
from bot.model.rule import GroupStatus
from bot.model.run import Approval, JournalEntry, RunbookRun
from bot.model.timeline import TimelineEntry
from bot.ports.alert_store import AlertLog, Alerts, Decisions, Heartbeats, PostedBodies, Silences, Tellings
from bot.ports.automation_store import Automations, Outputs
from bot.ports.board import Cards
from bot.ports.chat_store import ChatLinks
from bot.ports.incident_store import Incidents, Merges
from bot.ports.outbox_store import Outbox
from bot.ports.response_store import Escalations, Marks, Overrides, Pages, Refs, Reminders, Tasks, Updates
from bot.ports.statistics_store import Statistics

T = TypeVar("T")


class Rules(Protocol):
    """The state of rule groups between evaluations."""

    def status(self, key: str) -> GroupStatus | None:
        """The group's state after its last evaluation."""
        ...

    def statuses(self) -> Sequence[GroupStatus]:
        """All groups' states, by key."""
        ...

    def save(self, status: GroupStatus) -> None:
        """Keeps the state, and the evaluation for the record. Conflict when this slot or a later one was saved."""
        ...

    def evaluations(self, group_key: str, since: datetime, limit: int) -> Sequence[EvaluationRecord]:
        """The record of one group's evaluations from `since` on: the newest first, `limit` of them at most."""
        ...

    def forget(self, keys: Sequence[str]) -> None:
        """Drops groups that no longer exist."""
        ...


class ClaimedRuns(NamedTuple):
    """Runs that somebody carries now; and those they cannot, by what was met as they were read."""

    runs: Sequence[RunbookRun]
    unread: Mapping[RunId, Exception]


class Runs(Protocol):
    """Runs, their journals, and who carries them. Leases compare with the database's clock."""

    def next_id(self) -> RunId:
        """The next free id."""
        ...

    def create(self, run: RunbookRun) -> None:
        """Adds a run nobody carries yet."""
        ...

    def get(self, run: RunId) -> RunbookRun:
        """One run; NotFound."""
        ...

    def list(self, *, incident: IncidentId | None = None, runbook: str = "", limit: int = 100) -> Sequence[RunbookRun]:
        """The newest first, of all or of those for an incident, or of a runbook."""
        ...

    def journal(self, run: RunId, known: Sequence[JournalEntry] = ()) -> Sequence[JournalEntry]:
        """What happened in a run, in order. `known` is its beginning, which is not read again."""
        ...

    def append(self, entry: JournalEntry, *, epoch: int | None) -> JournalEntry:
        """Adds to the journal. With an epoch, Fenced unless it is the run's newest; None: a person wrote it."""
        ...

    def claim(self, owner: str, now: datetime, lease: timedelta, most: int) -> ClaimedRuns:
        """Takes runs that are due (`wake_at` <= now) and that nobody holds, and raises their epochs.

        At most so many; those that have been due for longest, and these first. What cannot be read is taken, too: it
        holds up no other for as long as the lease lasts.
        """
        ...

    def next_at(self) -> datetime | None:
        """When the next run is due that nobody holds."""
        ...

    def renew(self, run: RunId, *, epoch: int, lease: timedelta) -> None:
        """Lengthens the lease; Fenced when the run was taken over."""
        ...

    def release(self, run: RunbookRun, *, epoch: int) -> None:
        """Puts a run down with its new status and `wake_at` (None: until woken); Fenced when it was taken over."""
        ...

    def wake(self, run: RunId, at: datetime) -> None:
        """Something happened that the run waits for. One that is carried just now is due again when it is put down."""
        ...

    def bring_forward(self, by: timedelta) -> None:
        """All runs that sleep wake earlier by this much."""
        ...

    def mark_changed(self, run: RunId, at: datetime, *, epoch: int) -> None:
        """Its first change is about to begin; Fenced when it was taken over. Later calls change nothing."""
        ...

    def reopen(self, run: RunId, at: datetime) -> None:
        """An ended run has something to do again: it is due at this time."""
        ...

    def under_way(self, *, lock: str = "", service: str = "") -> Sequence[RunbookRun]:
        """Runs that have not ended: with this lock, or those for a service that began a change; the oldest first."""
        ...

    def changed_since(self, at: datetime) -> int:
        """How many runs have begun a change since then."""
        ...

    def children(self, parent: RunId, step: str) -> Sequence[RunbookRun]:
        """The runs that a step of a run began, the oldest first."""
        ...

    def release_all(self) -> None:
        """Ends every lease: for a store that only one process can open, after a crash."""
        ...


class Approvals(Protocol):
    """Questions to people."""

    def next_id(self) -> ApprovalId:
        """The next free id."""
        ...

    def put(self, approval: Approval) -> None:
        """Creates or replaces."""
        ...

    def get(self, approval: ApprovalId) -> Approval:
        """One approval; NotFound."""
        ...

    def open(self) -> Sequence[Approval]:
        """Those nobody has answered, the oldest first."""
        ...

    def of_run(self, run: RunId) -> Sequence[Approval]:
        """All of one run, the oldest first."""
        ...

    def of_incident(self, incident: IncidentId) -> Sequence[Approval]:
        """All of one incident, the oldest first."""
        ...

    def bring_forward(self, by: timedelta) -> None:
        """Those that are open, and those that were given, expire earlier by this much."""
        ...


class Evidences(Protocol):
    """Evidence, frozen when collected."""

    def next_id(self) -> EvidenceId:
        """The next free id."""
        ...

    def put(self, evidence: Evidence) -> None:
        """Keeps it with its attachments; evidence is never replaced (Conflict)."""
        ...

    def of_incident(self, incident: IncidentId) -> Sequence[Evidence]:
        """All of one incident, the oldest first, without the bytes of attachments."""
        ...

    def attachment(self, evidence: EvidenceId, name: str) -> Attachment:
        """One attachment with its bytes; NotFound."""
        ...


class Audit(Protocol):
    """The audit record. Written in the same transaction as what it speaks of, or nothing is."""

    def append(self, entry: AuditEntry) -> AuditEntry:
        """Adds to the chain; the entry with `seq`, `previous` and `hash`."""
        ...

    def list(self, *, object: str = "", limit: int = 100) -> Sequence[AuditEntry]:
        """The newest first; of one object when it is named."""
        ...

    def broken_at(self) -> int | None:
        """The first `seq` whose hash does not follow, or None when the chain holds."""
        ...


class Records(Protocol):
    """Records that are told to others, each in the order it was written, and how far each sink knows them."""

    def audit_after(self, seq: int, limit: int) -> Sequence[AuditEntry]:
        """Entries of the audit record with a higher number, the lowest first."""
        ...

    def timeline_after(self, seq: int, limit: int) -> Sequence[TimelineEntry]:
        """The same, of all timelines."""
        ...

    def journal_after(self, seq: int, limit: int) -> Sequence[JournalEntry]:
        """The same, of all journals; without what steps printed and returned."""
        ...

    def told(self, sink: str, record: Record) -> int:
        """The number of the last entry that this sink has; 0: none."""
        ...

    def tell(self, sink: str, record: Record, seq: int) -> None:
        """This sink has all entries up to this one."""
        ...


class Leases(Protocol):
    """Which process is the active one. Leases compare with the database's clock."""

    def acquire(self, name: str, owner: str, lease: timedelta) -> int | None:
        """Takes or keeps the lease: its epoch, raised when it changes hands; None while another owner holds it."""
        ...

    def check(self, name: str, epoch: int) -> None:
        """Fenced unless this is the newest epoch."""
        ...

    def release(self, name: str, owner: str) -> None:
        """Gives it back, so that another need not wait for its end."""
        ...

    def release_all(self) -> None:
        """Ends every lease: for a store that only one process can open, after a crash."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody's open page. Only hashes of secrets are kept; `csrf` guards every change."""

    secret_hash: str
    person: str
    csrf: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


class Sessions(Protocol):
    """One-time links and the sessions they open."""

    def add_link(self, secret_hash: str, person: str, expires_at: datetime) -> None:
        """Keeps a link that can be used once."""
        ...

    def use_link(self, secret_hash: str, now: datetime) -> str | None:
        """Whose link it is; it is used up. None: unknown, used or expired."""
        ...

    def put(self, session: Session) -> None:
        """Creates or replaces."""
        ...

    def get(self, secret_hash: str) -> Session | None:
        """The session, expired or not."""
        ...

    def drop(self, secret_hash: str) -> None:
        """Ends it."""
        ...

    def calendar_key(self, schedule: str) -> str | None:
        """What the address of a schedule's calendar is made of; None: it has no address yet."""
        ...

    def put_calendar_key(self, schedule: str, key: str, now: datetime) -> None:
        """From now on its address is made of this."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tx:
    """All that is kept, inside one transaction. `errors` are what the database itself raises: they end the work."""

    errors: tuple[type[Exception], ...]
    log: AlertLog
    alerts: Alerts
    silences: Silences
    tellings: Tellings
    decisions: Decisions
    posted: PostedBodies
    heartbeats: Heartbeats
    rules: Rules
    incidents: Incidents
    merges: Merges
    tasks: Tasks
    reminders: Reminders
    updates: Updates
    escalations: Escalations
    pages: Pages
    overrides: Overrides
    refs: Refs
    cards: Cards
    marks: Marks
    statistics: Statistics
    runs: Runs
    automation: Automations
    outputs: Outputs
    approvals: Approvals
    evidence: Evidences
    audit: Audit
    outbox: Outbox
    records: Records
    leases: Leases
    sessions: Sessions
    chat_links: ChatLinks

    def mistake_in(self, work: Callable[[], object]) -> Exception | None:
        """The mistake of ours that it met, if any; what it had written stays. What ends the transaction is raised."""
        try:
            work()
        except Exception as mistake:
            if isinstance(mistake, (*self.errors, Fenced, StoreError)):
                raise
            return mistake
        return None


class Store(Protocol):
    """The database. Both raise StoreUnavailable when it is full, locked or away; then nothing was committed.

    One exception: when PostgreSQL goes away during a commit and does not come back within seconds, nobody knows, and
    the message says so.
    """

    async def write(self, work: Callable[[Tx], T], *, first: bool = False) -> T:
        """Runs the work in one transaction and commits it before it answers; an exception undoes all of it.

        `first`: somebody outside waits for the answer, so that it does not stand in line behind work of our own.
        """
        ...

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Runs the work on one consistent snapshot; it must not write."""
        ...

    def watch(self, changed: Callable[[], None]) -> bool:
        """From now on `changed` is called, on the event loop, after each commit of this process that changed something.

        False: other processes may write too, and nobody is told of what they do.
        """
        ...

    async def prune(self, now: datetime, retention: Retention) -> Mapping[str, int]:
        """Takes away what has been kept long enough, in small batches; how many rows of each kind went."""
        ...
