"""What statistics need beside incidents themselves."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean
from sqlmodel import Field

from bot.store.columns import Words
from bot.store.tables.row import TableRow, TextKey


class FiringRow(TableRow, table=True):
    """How often alerts of a rule began in an incident; `again`: of alerts that it had held before."""

    __tablename__ = "firings"
    incident: str = Field(sa_type=Words, primary_key=True, foreign_key="incidents.id")
    rule: TextKey
    fires: int = Field(sa_type=BigInteger)
    again: int = Field(sa_type=BigInteger)
    first: bool = Field(sa_type=Boolean)
