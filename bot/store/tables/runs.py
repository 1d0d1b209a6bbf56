"""Runs, their journals, and questions to people."""

from __future__ import annotations

from typing import Annotated

from sqlalchemy import BigInteger, Boolean, Index
from sqlmodel import Field

from bot.store.columns import Json, Words
from bot.store.tables.row import (
    Count,
    JsonList,
    JsonObject,
    Moment,
    MomentOrNull,
    TableRow,
    Text,
    TextKey,
    TextOrEmpty,
    TextOrNull,
)

ListOrEmpty = Annotated[list[object], Field(sa_type=Json, sa_column_kwargs={"server_default": "[]"})]


class RunRow(TableRow, table=True):
    """One run and who carries it. `woken_at`: somebody woke it while it was carried."""

    __tablename__ = "runs"
    __table_args__ = (
        Index("ix_runs_wake_at", "wake_at"),
        Index("ix_runs_started_at", "started_at"),
        Index("ix_runs_incident", "incident"),
        Index("ix_runs_ended_at", "ended_at"),
        Index("ix_runs_lock", "lock", "ended_at"),
        Index("ix_runs_service", "service", "ended_at"),
        Index("ix_runs_changed_at", "changed_at"),
        Index("ix_runs_parent", "parent"),
        Index("ix_runs_runbook_name", "runbook_name", "environment", "ended_at"),
    )
    id: TextKey
    runbook: Text
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
    runbook_name: TextOrEmpty
    began_by: TextOrEmpty
    service: TextOrEmpty
    environment: TextOrEmpty
    lock: TextOrEmpty
    parent_step: TextOrEmpty
    verdict: TextOrEmpty
    autonomy: str = Field(sa_type=Words, sa_column_kwargs={"server_default": "suggest"})
    parent: TextOrNull
    depth: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    changed_at: MomentOrNull
    verdict_after: int | None = Field(default=None, sa_type=BigInteger)
    does: TextOrEmpty


class ChunkRow(TableRow, table=True):
    """A piece of what a step prints while it runs."""

    __tablename__ = "output_chunks"
    __table_args__ = (Index("ix_output_chunks_run", "run", "seq"),)
    seq: int | None = Field(default=None, primary_key=True, sa_type=Count)
    run: str = Field(sa_type=Words, foreign_key="runs.id")
    step: Text
    attempt: int = Field(sa_type=BigInteger)
    at: Moment
    text: Text


class PauseRow(TableRow, table=True):
    """The switch that stops everything: one row, or none as long as nobody ever pulled it."""

    __tablename__ = "automation_pause"
    id: TextKey
    paused: bool = Field(sa_type=Boolean)
    by: Text
    at: MomentOrNull
    reason: Text


class TrustRow(TableRow, table=True):
    """The autonomy of a runbook in an environment."""

    __tablename__ = "trusts"
    runbook: TextKey
    environment: TextKey
    autonomy: Text
    since: Moment
    by: Text
    reason: Text
    does: Text


class JournalRow(TableRow, table=True):
    """One line of a run's journal; append-only."""

    __tablename__ = "journal"
    __table_args__ = (Index("ix_journal_run", "run", "seq"),)
    seq: int | None = Field(default=None, primary_key=True, sa_type=Count)
    run: str = Field(sa_type=Words, foreign_key="runs.id")
    at: Moment
    kind: Text
    actor: JsonObject
    step: Text
    attempt: int = Field(sa_type=BigInteger)
    data: JsonObject


class OutputRow(TableRow, table=True):
    """What a step printed and returned: the part of a FINISHED line that retention takes away."""

    __tablename__ = "step_outputs"
    __table_args__ = (Index("ix_step_outputs_run", "run"),)
    line: int = Field(sa_type=BigInteger, primary_key=True, foreign_key="journal.seq")
    run: str = Field(sa_type=Words, foreign_key="runs.id")
    output: JsonObject


class ApprovalRow(TableRow, table=True):
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
    wants: ListOrEmpty
    covers: ListOrEmpty
