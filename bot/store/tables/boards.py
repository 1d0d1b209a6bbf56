"""What chats show."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlmodel import Field

from bot.store.tables.row import JsonObject, Moment, MomentOrNull, TableRow, TextKey, TextOrNull


class CardRow(TableRow, table=True):
    """One message, or channel, of a chat. `due_at` is NULL while it shows what is so."""

    __tablename__ = "cards"
    __table_args__ = (
        Index("ix_cards_due_at", "due_at"),
        Index("ix_cards_incident", "incident"),
        Index("ix_cards_made_at", "made_at"),
    )
    integration: TextKey
    key: TextKey
    incident: TextOrNull
    rank: int = Field(sa_type=BigInteger)
    made_at: Moment
    wanted_at: MomentOrNull
    due_at: MomentOrNull
    card: JsonObject
