"""Alerts: the log, those that were told, and what was decided on their way."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlmodel import Field

from bot.store.tables.row import Count, JsonList, JsonObject, JsonOrNull, Moment, MomentOrNull, TableRow, Text, TextKey


class AlertLogRow(TableRow, table=True):
    """Alerts as one request brought them, or `carried` on from earlier; append-only. `body`: see `alert_log.py`.

    A row of kind `mark` says that every active alert is found in rows from `since` on.
    """

    __tablename__ = "alert_log"
    __table_args__ = (Index("ix_alert_log_received_at", "received_at"), {"sqlite_autoincrement": True})
    seq: int | None = Field(default=None, primary_key=True, sa_type=Count)
    received_at: Moment
    kind: Text
    writer: Text
    since: int = Field(sa_type=BigInteger)
    body: bytes = Field(sa_type=LargeBinary)


class AlertRow(TableRow, table=True):
    """The last known state of an alert that somebody was told of."""

    __tablename__ = "alerts"
    __table_args__ = (Index("ix_alerts_ends_at", "ends_at"),)
    fingerprint: TextKey
    labels: JsonObject
    annotations: JsonObject
    starts_at: Moment
    ends_at: MomentOrNull
    generator_url: Text
    source: Text
    rule: Text
    value: JsonOrNull


class SilenceRow(TableRow, table=True):
    """One silence. `seq` rises with every change, so that another process sees what is new."""

    __tablename__ = "silences"
    __table_args__ = (Index("ix_silences_seq", "seq"), Index("ix_silences_ends_at", "ends_at"))
    id: TextKey
    matchers: JsonList
    starts_at: Moment
    ends_at: Moment
    updated_at: Moment
    created_by: Text
    comment: Text
    annotations: JsonObject
    seq: int = Field(sa_type=BigInteger)


class TellingRow(TableRow, table=True):
    """What one way of one receiver was last told of a group: Alertmanager's notification log."""

    __tablename__ = "tellings"
    __table_args__ = (Index("ix_tellings_at", "at"),)
    group_key: TextKey
    way: TextKey
    firing: JsonList
    resolved: JsonList
    at: Moment


class DecisionRow(TableRow, table=True):
    """One decision on a group or on one alert, for `tocsin why`."""

    __tablename__ = "decisions"
    __table_args__ = (
        Index("ix_decisions_about_seq", "about", "seq"),
        Index("ix_decisions_at", "at"),
        {"sqlite_autoincrement": True},
    )
    seq: int | None = Field(default=None, primary_key=True, sa_type=Count)
    about: Text
    at: Moment
    verdict: Text
    text: Text
    rule: Text
