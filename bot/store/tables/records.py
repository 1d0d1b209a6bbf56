"""The audit record, errands, leases, and how far others know our records."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from bot.store.columns import Words
from bot.store.tables.row import Count, JsonObject, Moment, MomentOrNull, TableRow, Text, TextKey, TextOrNull


class AuditRow(TableRow, table=True):
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


class ErrandRow(TableRow, table=True):
    """One errand. Once done it is due no more (NULL), and stays, so that its `dedup_key` is known for ever.

    Of those in one `lane` only the first is ever taken, and goes once it is done: no other is like it. The others
    `waits` (1) until then. Without a lane (""): it waits for no other.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_dedup_key", "dedup_key", unique=True),
        Index("ix_outbox_due_at", "due_at"),
        Index("ix_outbox_lane", "lane", "seq"),
        Index("ix_outbox_waits", "waits", "due_at"),
    )
    seq: int | None = Field(default=None, primary_key=True, sa_type=Count)
    kind: Text
    dedup_key: Text
    due_at: MomentOrNull
    payload: JsonObject
    attempts: int = Field(sa_type=BigInteger)
    error: Text
    owner: TextOrNull
    lease_until: int | None = Field(default=None, sa_type=BigInteger)
    lane: str = Field(sa_type=Words, sa_column_kwargs={"server_default": ""})
    waits: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})


class ToldRow(TableRow, table=True):
    """How far a sink knows a record: the number of the last entry it took."""

    __tablename__ = "told_records"
    sink: TextKey
    record: TextKey
    seq: int = Field(sa_type=BigInteger)


class LeaseRow(TableRow, table=True):
    """Which process holds a name, and until when by the database's clock."""

    __tablename__ = "leases"
    name: TextKey
    owner: Text
    epoch: int = Field(sa_type=BigInteger)
    until: int = Field(sa_type=BigInteger)
