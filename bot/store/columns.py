"""How values lie in columns, alike on SQLite and PostgreSQL.

Instant    a moment      whole microseconds since 1970, UTC
Span       a duration    whole microseconds
Words      text          NUL and lone surrogates, which no database takes, become U+FFFD
Json       plain JSON    ASCII text, so that every string and every float (NaN too) comes back as it was
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_encode = json.JSONEncoder(separators=(",", ":")).encode
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def micros(at: datetime) -> int:
    """Whole microseconds since 1970; `at` must be aware."""
    return (at - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """The moment in UTC that many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=value)


def span_micros(span: timedelta) -> int:
    """A duration in whole microseconds."""
    return span // _MICROSECOND


def clean(text: str) -> str:
    """The text as a `Words` column gives it back."""
    return _UNSTORABLE.sub("\ufffd", text)


class Instant(TypeDecorator[datetime]):
    """A moment, in whole microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To the column."""
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """From the column."""
        return None if value is None else moment(value)


class Span(TypeDecorator[timedelta]):
    """A duration, in whole microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        """To the column."""
        return None if value is None else span_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        """From the column."""
        return None if value is None else timedelta(microseconds=value)


class Words(TypeDecorator[str]):
    """Text from anywhere, hostile alerts included."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """To the column."""
        return None if value is None else clean(value)


class Json(TypeDecorator[object]):
    """Plain JSON. None is NULL. Text, not JSONB: that refuses NUL and NaN, and nobody asks inside."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        """To the column."""
        return None if value is None else _encode(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> object:
        """From the column."""
        return None if value is None else json.loads(value)


class DatabaseNow(FunctionElement[int]):
    """The database's own clock, in microseconds since 1970: what leases compare with."""

    name = "database_now"
    inherit_cache = True
    type = BigInteger()


@compiles(DatabaseNow, "sqlite")
def _sqlite_now(element: DatabaseNow, compiler: SQLCompiler, **_: object) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"


@compiles(DatabaseNow, "postgresql")
def _postgresql_now(element: DatabaseNow, compiler: SQLCompiler, **_: object) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"
