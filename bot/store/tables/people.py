"""One-time links and open pages."""

from __future__ import annotations

from bot.store.tables.row import Moment, TableRow, Text, TextKey


class CalendarRow(TableRow, table=True):
    """What the address of a schedule's calendar is made of."""

    __tablename__ = "calendar_keys"
    schedule: TextKey
    key: Text
    made_at: Moment


class LinkRow(TableRow, table=True):
    """A link that opens a session once."""

    __tablename__ = "session_links"
    secret_hash: TextKey
    person: Text
    expires_at: Moment
    used: bool


class SessionRow(TableRow, table=True):
    """Somebody's open page."""

    __tablename__ = "sessions"
    secret_hash: TextKey
    person: Text
    csrf: Text
    created_at: Moment
    seen_at: Moment
    expires_at: Moment
