"""How values lie in columns, alike on SQLite and PostgreSQL.

Instant    a moment      whole microseconds since 1970, UTC
Span       a duration    whole microseconds
Words      text          NUL and lone surrogates, which no database takes, become U+FFFD
Json       plain JSON    ASCII text, so that every string and every float (NaN too) comes back as it was
WordList   words to find their text on SQLite, a tsvector on PostgreSQL; never read back
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Text, type_coerce
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
encode = json.JSONEncoder(separators=(",", ":")).encode
"""Plain JSON as text."""
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
    return str(text) if text.isascii() and "\0" not in text else _UNSTORABLE.sub("\ufffd", text)


_NOTHING: Mapping[type, str] = {dict: "{}", list: "[]"}


class Encoded(str):
    """JSON that is text already: a `Json` column takes it as it is."""

    __slots__ = ()


class Alike(TypeDecorator[T]):
    """A kind of column whose values lie alike in every database: `keep` and `give` take them there and back."""

    cache_ok = True

    @staticmethod
    def keep(value: Any) -> Any:  # Any: each kind has its own
        """To the column."""
        return value

    @staticmethod
    def give(value: Any) -> Any:  # Any: as above
        """From the column."""
        return value

    def process_bind_param(self, value: T | None, dialect: Dialect) -> Any:  # Any: as above
        """To the column."""
        return self.keep(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> T | None:  # Any: as above
        """From the column."""
        given: T | None = self.give(value)
        return given


class Instant(Alike[datetime]):
    """A moment, in whole microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    @staticmethod
    def keep(value: datetime | None) -> int | None:
        """To the column."""
        return None if value is None else micros(value)

    @staticmethod
    def give(value: int | None) -> datetime | None:
        """From the column."""
        return None if value is None else moment(value)


def earlier(column: ColumnElement[Any], by: timedelta) -> ColumnElement[int]:  # Any: a moment, or none
    """The moment in a column, less a duration; as what lies there."""
    return type_coerce(column, BigInteger()) - span_micros(by)


class Span(Alike[timedelta]):
    """A duration, in whole microseconds."""

    impl = BigInteger
    cache_ok = True

    @staticmethod
    def keep(value: timedelta | None) -> int | None:
        """To the column."""
        return None if value is None else span_micros(value)

    @staticmethod
    def give(value: int | None) -> timedelta | None:
        """From the column."""
        return None if value is None else timedelta(microseconds=value)


class Words(Alike[str]):
    """Text from anywhere, hostile alerts included."""

    impl = Text
    cache_ok = True

    @staticmethod
    def keep(value: str | None) -> str | None:
        """To the column."""
        if value is None or (value.__class__ is str and value.isascii() and "\0" not in value):
            return value
        return clean(value)


class Json(Alike[object]):
    """Plain JSON. None is NULL. Text, not JSONB: that refuses NUL and NaN, and nobody asks inside."""

    impl = Text
    cache_ok = True

    @staticmethod
    def keep(value: object) -> str | None:
        """To the column."""
        if not value:
            return None if value is None else _NOTHING.get(value.__class__) or encode(value)
        return str(value) if value.__class__ is Encoded else encode(value)

    @staticmethod
    def give(value: str | None) -> object:
        """From the column."""
        return None if value is None else json.loads(value)


class WordList(TypeDecorator[Sequence[str]]):
    """Words of letters and digits only, in order (see `bot.model.words`). Two of them can be joined with `||`."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """PostgreSQL has a type for it."""
        if dialect.name != "postgresql":
            return dialect.type_descriptor(Text())
        from sqlalchemy.dialects.postgresql import TSVECTOR  # noqa: PLC0415 - a SQLite does not need the dialect

        return dialect.type_descriptor(TSVECTOR())

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> str | None:
        """To the column."""
        if value is None or dialect.name != "postgresql":
            return None if value is None else "".join(f"{word} " for word in value)
        return " ".join(f"'{word}':{place}" for place, word in enumerate(value, 1))


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
