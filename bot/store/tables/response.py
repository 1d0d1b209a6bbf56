"""The response to incidents: tasks, reminders, updates, escalations, pages, overrides, and by what others know them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Index
from sqlmodel import Field

from bot.store.columns import Words
from bot.store.tables.row import Count, Moment, MomentOrNull, TableRow, Text, TextKey, TextOrEmpty, TextOrNull


class TaskRow(TableRow, table=True):
    """One task or follow-up. `due` is the day, as ISO 8601 writes it."""

    __tablename__ = "tasks"
    __table_args__ = (Index("ix_tasks_incident", "incident"), Index("ix_tasks_done_at_due", "done_at", "due"))
    id: TextKey
    incident: str = Field(sa_type=Words, foreign_key="incidents.id")
    kind: Text
    text: Text
    created_at: Moment
    created_by: Text
    owner: Text
    due: TextOrNull
    aim: TextOrNull
    link: Text
    done_at: MomentOrNull
    done_by: Text
    dropped: bool = Field(sa_type=Boolean)


class ReminderRow(TableRow, table=True):
    """When an incident is reminded of what it lacks."""

    __tablename__ = "reminders"
    __table_args__ = (Index("ix_reminders_due_at", "due_at"),)
    incident: str = Field(sa_type=Words, primary_key=True, foreign_key="incidents.id")
    kind: TextKey
    due_at: MomentOrNull
    told: int = Field(sa_type=BigInteger)
    told_at: MomentOrNull
    snoozed_until: MomentOrNull
    stopped_by: Text


class UpdateRow(TableRow, table=True):
    """One status update; append-only."""

    __tablename__ = "updates"
    __table_args__ = (Index("ix_updates_incident", "incident", "seq"),)
    seq: int | None = Field(default=None, primary_key=True, sa_type=Count)
    incident: str = Field(sa_type=Words, foreign_key="incidents.id")
    audience: Text
    text: Text
    at: Moment
    by: Text
    next_at: MomentOrNull


class EscalationRow(TableRow, table=True):
    """Where an incident's escalation stands."""

    __tablename__ = "escalations"
    __table_args__ = (Index("ix_escalations_due_at", "due_at"),)
    incident: str = Field(sa_type=Words, primary_key=True, foreign_key="incidents.id")
    policy: Text
    started_at: Moment
    due_at: MomentOrNull
    level: int = Field(sa_type=BigInteger)
    round: int = Field(sa_type=BigInteger)
    why: Text
    instead_of: TextOrEmpty


class PageRow(TableRow, table=True):
    """One attempt to reach one person."""

    __tablename__ = "pages"
    __table_args__ = (
        Index("ix_pages_incident", "incident"),
        Index("ix_pages_created_at", "created_at"),
        Index("ix_pages_person", "person", "status", "left_at"),
    )
    id: TextKey
    incident: str = Field(sa_type=Words, foreign_key="incidents.id")
    person: Text
    integration: Text
    address: Text
    created_at: Moment
    contact: int = Field(sa_type=BigInteger)
    level: int = Field(sa_type=BigInteger)
    round: int = Field(sa_type=BigInteger)
    status: Text
    ended_at: MomentOrNull
    ref: Text
    error: Text
    left_at: MomentOrNull
    bundle: TextOrEmpty


class OverrideRow(TableRow, table=True):
    """Who covers for whom."""

    __tablename__ = "overrides"
    __table_args__ = (Index("ix_overrides_ends_at", "ends_at"),)
    id: TextKey
    schedule: Text
    person: Text
    starts_at: Moment
    ends_at: Moment
    instead: Text
    reason: Text
    created_by: Text
    calendar: Text


class RefRow(TableRow, table=True):
    """By which of their ids others know an incident."""

    __tablename__ = "refs"
    __table_args__ = (Index("ix_refs_incident", "incident"),)
    integration: TextKey
    ref: TextKey
    incident: str = Field(sa_type=Words, foreign_key="incidents.id")


class MarkRow(TableRow, table=True):
    """Up to when something that goes by the clock was looked at."""

    __tablename__ = "marks"
    name: TextKey
    at: Moment
