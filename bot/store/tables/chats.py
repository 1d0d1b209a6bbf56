"""Who our people are in chats."""

from __future__ import annotations

from bot.store.tables.row import Moment, TableRow, Text, TextKey


class ChatLinkRow(TableRow, table=True):
    """Somebody in a chat is one of our people."""

    __tablename__ = "chat_links"
    integration: TextKey
    user_id: TextKey
    person: Text
    linked_at: Moment
    linked_by: Text


class ChatCodeRow(TableRow, table=True):
    """A code that makes such a link once."""

    __tablename__ = "chat_codes"
    secret_hash: TextKey
    person: Text
    expires_at: Moment
