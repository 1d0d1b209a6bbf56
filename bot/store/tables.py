"""The tables. Private to `bot/store`: everyone else speaks the nouns of `bot/model`.

What can be asked for is a column of its own; what is only carried along is JSON. The database is made by
`migrations/`, and a test holds the two equal. How values lie in columns: `columns.py`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, MetaData, Table
from sqlmodel import Field, SQLModel

from bot.store.columns import Instant, Json, Span, Words

_COUNT = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite counts rows up only in a column that is called INTEGER."""

Text = Annotated[str, Field(sa_type=Words)]
TextKey = Annotated[str, Field(sa_type=Words, primary_key=True)]
TextOrNull = Annotated[str | None, Field(sa_type=Words)]
Moment = Annotated[datetime, Field(sa_type=Instant)]
MomentOrNull = Annotated[datetime | None, Field(sa_type=Instant)]
Duration = Annotated[timedelta, Field(sa_type=Span)]
JsonObject = Annotated[dict[str, object], Field(sa_type=Json)]
JsonList = Annotated[list[object], Field(sa_type=Json)]
JsonOrNull = Annotated[object | None, Field(sa_type=Json, nullable=True)]


class _Row(SQLModel):
    """What all tables share: one set of names for keys and indexes."""

    model_config = {"defer_build": True}  # nothing validates a row: a third of what making these classes costs
    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={"pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s"}
    )


metadata = _Row.metadata


def table(row: type[SQLModel]) -> Table:
    """The SQLAlchemy table behind a row class."""
    return _Row.metadata.tables[str(row.__tablename__)]


class CounterRow(_Row, table=True):
    """The last number given to incidents, runs, approvals and evidence; numbers are never reused."""

    __tablename__ = "counters"
    name: TextKey
    last: int = Field(sa_type=BigInteger)


class AlertLogRow(_Row, table=True):
    """One batch of alerts as it was received; append-only."""

    __tablename__ = "alert_log"
    __table_args__ = (Index("ix_alert_log_received_at", "received_at"), {"sqlite_autoincrement": True})
    seq: int | None = Field(default=None, primary_key=True, sa_type=_COUNT)
    received_at: Moment
    body: JsonList


class AlertRow(_Row, table=True):
    """The last known state of one alert; `log_seq` is the batch that said so."""

    __tablename__ = "alerts"
    __table_args__ = (Index("ix_alerts_ends_at", "ends_at"), Index("ix_alerts_log_seq", "log_seq"))
    fingerprint: TextKey
    labels: JsonObject
    annotations: JsonObject
    starts_at: Moment
    ends_at: MomentOrNull
    generator_url: Text
    source: Text
    rule: Text
    value: JsonOrNull
    log_seq: int = Field(sa_type=BigInteger)


class AlertGroupRow(_Row, table=True):
    """One alert group."""

    __tablename__ = "alert_groups"
    key: TextKey
    receiver: Text
    labels: JsonObject
    ready_at: Moment
    alerts: JsonList


class RuleGroupRow(_Row, table=True):
    """A rule group after its last evaluation; `states` holds only rules that are not plainly inactive.

    `memory` is what a saved search knows of its runs.
    """

    __tablename__ = "rule_groups"
    key: TextKey
    slot: Moment
    missed: int = Field(sa_type=BigInteger)
    took: Duration
    rules: JsonList
    states: JsonObject
    evaluated_at: MomentOrNull
    memory: JsonOrNull


class EvaluationRow(_Row, table=True):
    """That a group was evaluated for a slot; `findings` tells only what was not plainly inactive, or late."""

    __tablename__ = "evaluations"
    __table_args__ = ({"sqlite_with_rowid": False},)
    slot: datetime = Field(sa_type=Instant, primary_key=True)
    group_key: TextKey
    took: Duration
    findings: JsonOrNull


class IncidentRow(_Row, table=True):
    """One incident."""

    __tablename__ = "incidents"
    __table_args__ = (
        Index("ix_incidents_status", "status", "opened_at"),
        Index("ix_incidents_opened_at", "opened_at"),
        Index("ix_incidents_group_key", "group_key"),
    )
    id: TextKey
    title: Text
    severity: Text
    status: Text
    opened_at: Moment
    signal: Text
    group_key: Text
    receiver: Text
    service: Text
    commander: Text
    alerts: JsonList
    firing: JsonList
    acknowledged_at: MomentOrNull
    acknowledged_by: Text
    mitigated_at: MomentOrNull
    resolved_at: MomentOrNull
    closed_at: MomentOrNull


class IncidentAlertRow(_Row, table=True):
    """Which open incident holds an alert: an index over `incidents.alerts`."""

    __tablename__ = "incident_alerts"
    __table_args__ = (Index("ix_incident_alerts_incident", "incident"),)
    fingerprint: TextKey
    incident: str = Field(sa_type=Words, primary_key=True, foreign_key="incidents.id")


class TimelineRow(_Row, table=True):
    """One thing that happened in an incident; append-only."""

    __tablename__ = "timeline"
    __table_args__ = (Index("ix_timeline_incident", "incident", "at"),)
    seq: int | None = Field(default=None, primary_key=True, sa_type=_COUNT)
    incident: str = Field(sa_type=Words, foreign_key="incidents.id")
    at: Moment
    recorded_at: Moment
    actor: JsonObject
    kind: Text
    text: Text
    why: Text
    links: JsonObject
    evidence: JsonList


class RunRow(_Row, table=True):
    """One run and who carries it. `woken_at`: somebody woke it while it was carried."""

    __tablename__ = "runs"
    __table_args__ = (
        Index("ix_runs_wake_at", "wake_at"),
        Index("ix_runs_started_at", "started_at"),
        Index("ix_runs_incident", "incident"),
        Index("ix_runs_ended_at", "ended_at"),
    )
    id: TextKey
    runbook: JsonObject
    incident: TextOrNull
    inputs: JsonObject
    started_at: Moment
    started_by: JsonObject
    status: Text
    source: Text
    rule: Text
    signal_expr: Text
    signal_labels: JsonObject
    wake_at: MomentOrNull
    epoch: int = Field(sa_type=BigInteger)
    ended_at: MomentOrNull
    owner: TextOrNull
    lease_until: int | None = Field(default=None, sa_type=BigInteger)
    woken_at: MomentOrNull


class JournalRow(_Row, table=True):
    """One line of a run's journal; append-only."""

    __tablename__ = "journal"
    __table_args__ = (Index("ix_journal_run", "run", "seq"),)
    seq: int | None = Field(default=None, primary_key=True, sa_type=_COUNT)
    run: str = Field(sa_type=Words, foreign_key="runs.id")
    at: Moment
    kind: Text
    actor: JsonObject
    step: Text
    attempt: int = Field(sa_type=BigInteger)
    data: JsonObject


class OutputRow(_Row, table=True):
    """What a step printed and returned: the part of a FINISHED line that retention takes away."""

    __tablename__ = "step_outputs"
    __table_args__ = (Index("ix_step_outputs_run", "run"),)
    line: int = Field(sa_type=BigInteger, primary_key=True, foreign_key="journal.seq")
    run: str = Field(sa_type=Words, foreign_key="runs.id")
    output: JsonObject


class ApprovalRow(_Row, table=True):
    """A question to people about one exact plan."""

    __tablename__ = "approvals"
    __table_args__ = (
        Index("ix_approvals_status", "status", "asked_at"),
        Index("ix_approvals_run", "run"),
        Index("ix_approvals_incident", "incident"),
    )
    id: TextKey
    run: str = Field(sa_type=Words, foreign_key="runs.id")
    step: Text
    incident: TextOrNull
    question: Text
    ask: Text
    plan: JsonObject
    by: Text
    count: int = Field(sa_type=BigInteger)
    asked_at: Moment
    expires_at: Moment
    requested_by: JsonObject
    status: Text
    given_by: JsonList
    answered_at: MomentOrNull
    answered_by: Text
    reason: Text


class EvidenceRow(_Row, table=True):
    """One answer, frozen."""

    __tablename__ = "evidence"
    __table_args__ = (Index("ix_evidence_incident", "incident", "collected_at"),)
    id: TextKey
    incident: str = Field(sa_type=Words, foreign_key="incidents.id")
    kind: Text
    question: Text
    source: Text
    query: Text
    window_start: Moment
    window_end: Moment
    collected_at: Moment
    summary: Text
    value: JsonObject
    link: Text
    alt_text: Text
    unavailable: Text
    attachment_names: JsonList


class AttachmentRow(_Row, table=True):
    """A file frozen with its evidence."""

    __tablename__ = "attachments"
    evidence: str = Field(sa_type=Words, primary_key=True, foreign_key="evidence.id")
    name: TextKey
    media_type: Text
    content: bytes = Field(sa_type=LargeBinary)
    sha256: Text


class AuditRow(_Row, table=True):
    """The audit record. Triggers refuse every change and removal; `seq` has no gaps."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_object", "object", "seq"),)
    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at: Moment
    actor: JsonObject
    act: Text
    object: Text
    decision: Text
    details: JsonObject
    previous: Text
    hash: Text


class ErrandRow(_Row, table=True):
    """One errand. Once done it is due no more (NULL), and stays, so that its `dedup_key` is known for ever."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_dedup_key", "dedup_key", unique=True), Index("ix_outbox_due_at", "due_at"))
    seq: int | None = Field(default=None, primary_key=True, sa_type=_COUNT)
    kind: Text
    dedup_key: Text
    due_at: MomentOrNull
    payload: JsonObject
    attempts: int = Field(sa_type=BigInteger)
    error: Text
    owner: TextOrNull
    lease_until: int | None = Field(default=None, sa_type=BigInteger)


class ToldRow(_Row, table=True):
    """How far a sink knows a record: the number of the last entry it took."""

    __tablename__ = "told_records"
    sink: TextKey
    record: TextKey
    seq: int = Field(sa_type=BigInteger)


class LeaseRow(_Row, table=True):
    """Which process holds a name, and until when by the database's clock."""

    __tablename__ = "leases"
    name: TextKey
    owner: Text
    epoch: int = Field(sa_type=BigInteger)
    until: int = Field(sa_type=BigInteger)


class LinkRow(_Row, table=True):
    """A link that opens a session once."""

    __tablename__ = "session_links"
    secret_hash: TextKey
    person: Text
    expires_at: Moment
    used: bool


class SessionRow(_Row, table=True):
    """Somebody's open page."""

    __tablename__ = "sessions"
    secret_hash: TextKey
    person: Text
    csrf: Text
    created_at: Moment
    seen_at: Moment
    expires_at: Moment
