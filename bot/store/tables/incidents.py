"""Incidents, their timelines and their evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlmodel import Field

from bot.store.columns import Instant, Json, WordList, Words
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

ObjectOrEmpty = Annotated[dict[str, object], Field(sa_type=Json, sa_column_kwargs={"server_default": "{}"})]


class IncidentRow(TableRow, table=True):
    """One incident."""

    __tablename__ = "incidents"
    __table_args__ = (
        Index("ix_incidents_status", "status", "opened_at"),
        Index("ix_incidents_opened_at", "opened_at", "status", "severity", "kind", "service", "team"),
        Index("ix_incidents_service", "service", "status", "opened_at"),
        Index("ix_incidents_merged_into", "merged_into"),
        Index("ix_incidents_duplicate_of", "duplicate_of"),
        Index("ix_incidents_parent", "parent"),
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
    alerts: JsonList
    firing: JsonList
    acknowledged_at: MomentOrNull
    acknowledged_by: Text
    mitigated_at: MomentOrNull
    resolved_at: MomentOrNull
    closed_at: MomentOrNull
    kind: str = Field(sa_type=Words, sa_column_kwargs={"server_default": "normal"})
    team: TextOrEmpty
    declared_by: TextOrEmpty
    roles: ObjectOrEmpty
    custom: ObjectOrEmpty
    reopened: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    detected_at: MomentOrNull
    updated_at: MomentOrNull
    reopened_at: MomentOrNull
    merged_at: MomentOrNull
    merged_into: TextOrNull
    duplicate_of: TextOrNull
    parent: TextOrNull


class IncidentGroupRow(TableRow, table=True):
    """Which incident an alert group is part of, or was last, and what others are compared with."""

    __tablename__ = "incident_groups"
    __table_args__ = (
        Index("ix_incident_groups_incident", "incident"),
        Index("ix_incident_groups_service", "service", "began_at"),
        Index("ix_incident_groups_shares", "shares", "began_at"),
    )
    group_key: TextKey
    incident: str = Field(sa_type=Words, foreign_key="incidents.id")
    began_at: datetime = Field(sa_type=Instant, sa_column_kwargs={"server_default": "0"})
    service: TextOrEmpty
    shares: TextOrEmpty
    apart: TextOrEmpty


class IncidentAlertRow(TableRow, table=True):
    """Which open incident holds an alert: an index over `incidents.alerts`."""

    __tablename__ = "incident_alerts"
    __table_args__ = (Index("ix_incident_alerts_incident", "incident"),)
    fingerprint: TextKey
    incident: str = Field(sa_type=Words, primary_key=True, foreign_key="incidents.id")


class IncidentWordsRow(TableRow, table=True):
    """The words of an incident's head and of its story: what a search looks into. Newer incidents count higher.

    `schema.py` keeps the index over it in step. `size` counts the letters of the story.
    """

    __tablename__ = "incident_words"
    __table_args__ = (Index("ix_incident_words_incident", "incident", unique=True),)
    number: int | None = Field(default=None, primary_key=True, sa_type=Count)
    incident: str = Field(sa_type=Words, foreign_key="incidents.id")
    head: list[str] = Field(sa_type=WordList)
    story: list[str] = Field(sa_type=WordList)
    size: int = Field(sa_type=BigInteger)


class MergeRow(TableRow, table=True):
    """An incident became part of another; what undoing that needs."""

    __tablename__ = "merges"
    other: str = Field(sa_type=Words, primary_key=True, foreign_key="incidents.id")
    into: str = Field(sa_type=Words, foreign_key="incidents.id")
    at: Moment
    by: Text
    severity: Text
    signal: Text
    detected_at: MomentOrNull
    alerts: JsonList
    firing: JsonList
    groups: JsonList


class TimelineRow(TableRow, table=True):
    """One thing that happened in an incident; append-only."""

    __tablename__ = "timeline"
    __table_args__ = (Index("ix_timeline_incident", "incident", "at"),)
    seq: int | None = Field(default=None, primary_key=True, sa_type=Count)
    incident: str = Field(sa_type=Words, foreign_key="incidents.id")
    at: Moment
    recorded_at: Moment
    actor: JsonObject
    kind: Text
    text: Text
    why: Text
    links: JsonObject
    evidence: JsonList
    amends: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})


class EvidenceRow(TableRow, table=True):
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


class AttachmentRow(TableRow, table=True):
    """A file frozen with its evidence."""

    __tablename__ = "attachments"
    evidence: str = Field(sa_type=Words, primary_key=True, foreign_key="evidence.id")
    name: TextKey
    media_type: Text
    content: bytes = Field(sa_type=LargeBinary)
    sha256: Text
