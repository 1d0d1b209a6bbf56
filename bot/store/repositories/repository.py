"""What all repositories share: one connection, inside a transaction that somebody else begins and ends.

Writers are serial, across processes too (see `backend.py`). So "update, and insert when there was nothing to update"
has no race, and one SQL serves both databases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Insert, Row, Table, Update, and_, bindparam, select, update

from bot.store.columns import Words
from bot.store.tables import CounterRow, table

Found = Row[Any]  # columns are typed by the tables at run time only; the round-trip property tests hold each mapping
Values = Mapping[str, object]
T = TypeVar("T")

_CHUNK = 500
_counters = table(CounterRow)
_NEXT = (
    update(_counters)
    .where(_counters.c.name == bindparam("counter", type_=Words))
    .values(last=_counters.c.last + 1)
    .returning(_counters.c.last)
)


class Repository:
    """Reads and writes rows over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _number(self, counter: str) -> int:
        """The next number of a counter."""
        number: int | None = self._connection.execute(_NEXT, {"counter": counter}).scalar()
        if number is None:
            self._connection.execute(_counters.insert(), {"name": counter, "last": 1})
        return number or 1

    def _insert(self, into: Table, values: Values) -> int:
        """Adds a row; the number the database gave it, where its key is a number."""
        key = self._connection.execute(inserting(into), values).inserted_primary_key
        return int(key[0]) if key and isinstance(key[0], int) else 0

    def _put(self, into: Table, values: Values) -> None:
        """Replaces the row with this primary key, or adds it."""
        keys = {f"key_{column.name}": values[column.name] for column in into.primary_key}
        if not self._change(replacing(into), {**values, **keys}):
            self._connection.execute(inserting(into), values)

    def _change(self, statement: Executable, values: Values | None = None) -> int:
        """Runs an update or delete; how many rows it met."""
        return self._connection.execute(statement, values).rowcount

    def _first(self, statement: Executable, values: Values | None = None) -> Found | None:
        """The first row, or None."""
        return self._connection.execute(statement, values).first()

    def _all(self, statement: Executable, values: Values | None = None) -> Sequence[Found]:
        """All rows."""
        return self._connection.execute(statement, values).all()

    def _where_in(self, source: Table, column: str, among: Iterable[str]) -> Iterator[Found]:
        """The rows whose column holds one of these, asked for in portions every database takes."""
        for portion in _portions(among):
            yield from self._connection.execute(select(source).where(source.c[column].in_(portion)))


@cache
def inserting(into: Table) -> Insert:
    """Adds the row given as parameters. Made once per table: SQLAlchemy takes longer to make it than to run it."""
    return into.insert()


@cache
def replacing(into: Table) -> Update:
    """Replaces the row whose primary key is given as `key_COLUMN`; the other parameters are the new values."""
    keys = [column == bindparam(f"key_{column.name}", type_=column.type) for column in into.primary_key]
    return update(into).where(and_(*keys))


def _portions(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while portion := list(islice(rest, _CHUNK)):
        yield portion
