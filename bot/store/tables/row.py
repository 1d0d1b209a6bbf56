"""What all tables share: the kinds of columns, and one set of names for keys and indexes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from sqlalchemy import BigInteger, Integer, MetaData, Table
from sqlmodel import Field, SQLModel

from bot.store.columns import Instant, Json, Span, Words

Count = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite counts rows up only in a column that is called INTEGER."""

Text = Annotated[str, Field(sa_type=Words)]
TextOrEmpty = Annotated[str, Field(sa_type=Words, sa_column_kwargs={"server_default": ""})]
TextKey = Annotated[str, Field(sa_type=Words, primary_key=True)]
TextOrNull = Annotated[str | None, Field(sa_type=Words)]
Moment = Annotated[datetime, Field(sa_type=Instant)]
MomentOrNull = Annotated[datetime | None, Field(sa_type=Instant)]
Duration = Annotated[timedelta, Field(sa_type=Span)]
JsonObject = Annotated[dict[str, object], Field(sa_type=Json)]
JsonList = Annotated[list[object], Field(sa_type=Json)]
JsonOrNull = Annotated[object | None, Field(sa_type=Json, nullable=True)]


class TableRow(SQLModel):
    """What all tables share: one set of names for keys and indexes."""

    model_config = {"defer_build": True}  # nothing validates a row: a third of what making these classes costs
    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={"pk": "pk_%(table_name)s", "fk": "fk_%(table_name)s_%(column_0_name)s"}
    )


metadata = TableRow.metadata


def table(row: type[SQLModel]) -> Table:
    """The SQLAlchemy table behind a row class."""
    return TableRow.metadata.tables[str(row.__tablename__)]


class CounterRow(TableRow, table=True):
    """The last number given to incidents, runs, approvals and evidence; numbers are never reused."""

    __tablename__ = "counters"
    name: TextKey
    last: int = Field(sa_type=BigInteger)
