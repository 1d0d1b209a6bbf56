"""What others post to us: bodies as they came, and signs of life."""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary
from sqlmodel import Field

from bot.store.tables.row import Count, JsonList, JsonObject, Moment, MomentOrNull, TableRow, Text, TextKey


class PostedRow(TableRow, table=True):
    """One body that a source posted, secrets taken out; `delivery` is the vendor's id of it."""

    __tablename__ = "posted"
    __table_args__ = (
        Index("ix_posted_source_delivery", "source", "delivery", unique=True),
        Index("ix_posted_received_at", "received_at"),
        {"sqlite_autoincrement": True},
    )
    seq: int | None = Field(default=None, primary_key=True, sa_type=Count)
    source: Text
    delivery: Text
    received_at: Moment
    headers: JsonObject
    body: bytes = Field(sa_type=LargeBinary)
    outcome: Text
    error: Text
    alerts: int
    became: JsonList


class DeadmanRow(TableRow, table=True):
    """When a heartbeat was last heard, and since when it has been missed."""

    __tablename__ = "deadmen"
    name: TextKey
    seen_at: Moment
    missing_since: MomentOrNull
