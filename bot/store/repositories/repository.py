"""What all repositories share: one connection, inside a transaction that somebody else begins and ends.

Writers are serial, across processes too (see `backend.py`). So "update, and insert when there was nothing to update"
has no race, and one SQL serves both databases.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    Executable,
    Insert,
    Row,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    func,
    select,
    update,
)

from bot.store.columns import Words
from bot.store.pending import Pending
from bot.store.prepared import Prepared, Ready, ready
from bot.store.tables import CounterRow, table

Found = Row[Any]  # columns are typed by the tables at run time only; the round-trip property tests hold each mapping
Values = Mapping[str, object]
T = TypeVar("T")

_CHUNK = 500
_counters = table(CounterRow)
_counter = _counters.c.name == bindparam("counter", type_=Words)
_LAST = Prepared(select(_counters.c.last).where(_counter))
_COUNT = Prepared(update(_counters).where(_counter).values(last=bindparam("now", type_=BigInteger)))


class Repository:
    """Reads and writes rows over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pending = Pending.of(connection)

    def _kept(self, key: Hashable, ask: Callable[[], T]) -> T:
        """What `ask` says, asked again only when somebody else may have changed it, or we have: see `_forget`."""
        kept = self._pending.kept
        if key not in kept:
            kept[key] = ask()
        found: T = kept[key]
        return found

    def _forget(self, key: Hashable) -> None:
        self._pending.kept.pop(key, None)

    def _number(self, counter: str) -> int:
        """The next number of a counter."""
        last = self._pending.kept.get(("counter", counter))
        if last is None:
            row = self._first(_LAST, {"counter": counter})
            if row is None:
                self._insert(_counters, {"name": counter, "last": 0})
            last = row.last if row is not None else 0
        number = int(last) + 1
        self._pending.kept["counter", counter] = number
        self._later(_COUNT, {"counter": counter, "now": number}, instead_of=counter)
        return number

    def _add(self, to: Table, values: Values) -> int:
        """Adds a row to a table that only grows, and numbers it: by the end of the transaction, see `pending.py`.

        The values are of all its columns but that of the number.
        """
        adding, numbered = _growing(to)
        if not numbered:
            self._pending.add(adding.on(self._connection), values)
            return 0
        last = self._pending.kept.get(to)
        if last is None:
            (row,) = self._run(_newest(to), None)
            last = row[0] or 0
        number = int(last) + 1
        self._pending.kept[to] = number
        self._pending.add(adding.on(self._connection), {numbered: number, **values})
        return number

    def _later(self, statement: Prepared, values: Values, *, instead_of: Hashable = None) -> None:
        """Runs a change by the end of the transaction, together with others of its kind, and in their order.

        Of those that are `instead_of` the same only the last one runs.
        """
        self._pending.add(statement.on(self._connection), values, instead_of=instead_of)

    def _insert(self, into: Table, values: Values) -> int:
        """Adds a row; the number the database gave it, where it gives one."""
        adding, numbered = _adding(into, tuple(values), self._connection.dialect)
        cursor = self._pending.run(adding, values)
        if adding.cells:
            return int(cursor.fetchone()[0])
        return int(cursor.lastrowid) if numbered else 0

    def _put(self, into: Table, values: Values) -> None:
        """Replaces the row with this primary key, or adds it."""
        keys = {f"key_{column.name}": values[column.name] for column in into.primary_key}
        replacing_it = _replacing(into, tuple(values), self._connection.dialect)
        if not self._pending.run(replacing_it, {**values, **keys}).rowcount:
            self._insert(into, values)

    def _change(self, statement: Executable | Prepared, values: Values | None = None) -> int:
        """Runs an update or delete; how many rows it met."""
        if isinstance(statement, Prepared):
            return int(self._pending.run(statement.on(self._connection), values or {}).rowcount)
        return self._connection.execute(statement, values).rowcount

    def _first(self, statement: Executable | Prepared, values: Values | None = None) -> Found | None:
        """The first row, or None."""
        if isinstance(statement, Prepared):
            found = self._run(statement, values, most=1)
            return found[0] if found else None
        return self._connection.execute(statement, values).first()

    def _all(self, statement: Executable | Prepared, values: Values | None = None) -> Sequence[Found]:
        """All rows."""
        if isinstance(statement, Prepared):
            return self._run(statement, values)
        return self._connection.execute(statement, values).all()

    def _run(self, statement: Prepared, values: Values | None, most: int | None = None) -> list[Any]:
        asking = statement.on(self._connection)
        cursor = self._pending.run(asking, values or {})
        return asking.rows(cursor.fetchall() if most is None else cursor.fetchmany(most))

    def _where_in(self, source: Table, column: str, among: Iterable[str]) -> Iterator[Found]:
        """The rows whose column holds one of these, asked for in portions every database takes."""
        for portion in _portions(among):
            yield from self._connection.execute(_among(source, column), {"these": portion})


@cache
def inserting(into: Table) -> Insert:
    """Adds the rows given as parameters. Made once per table: SQLAlchemy takes longer to make it than to run it."""
    return into.insert()


@lru_cache(maxsize=256)
def _adding(into: Table, names: tuple[str, ...], dialect: Dialect) -> tuple[Ready, bool]:
    """An insert of these columns, and whether the database gives the row a number."""
    counted = into.autoincrement_column
    if counted is None or counted.name in names:
        return ready(into.insert(), dialect, names), False
    adding = into.insert() if dialect.name == "sqlite" else into.insert().returning(counted)
    return ready(adding, dialect, names), True


@cache
def _growing(table: Table) -> tuple[Prepared, str]:
    """How to add a row, and the column that has its number; empty: none has."""
    numbered = table.autoincrement_column
    return Prepared(table.insert()), "" if numbered is None else numbered.name


@cache
def _newest(of: Table) -> Prepared:
    """The highest number of its rows; writers are serial, so the next one is one more."""
    return Prepared(select(func.max(of.autoincrement_column)))


@lru_cache(maxsize=256)
def _replacing(into: Table, names: tuple[str, ...], dialect: Dialect) -> Ready:
    return ready(replacing(into), dialect, names)


@cache
def replacing(into: Table) -> Update:
    """Replaces the row whose primary key is given as `key_COLUMN`; the other parameters are the new values."""
    keys = [column == bindparam(f"key_{column.name}", type_=column.type) for column in into.primary_key]
    return update(into).where(and_(*keys))


@cache
def _among(source: Table, column: str) -> Select[Any]:
    return select(source).where(source.c[column].in_(bindparam("these", expanding=True)))


def _portions(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while portion := list(islice(rest, _CHUNK)):
        yield portion
