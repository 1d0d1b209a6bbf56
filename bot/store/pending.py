"""What works only add waits until the end of their transaction, and goes to the database all rows of a kind at once.

Nobody who adds a line to a journal, a timeline or the audit record reads it again in the same transaction, or hardly
ever. A hundred such rows cost the database, and the driver, a fraction of what a hundred statements cost. Whoever does
read or change one of these tables has the rows written first, so that nobody sees the difference. PostgreSQL takes all
new rows of a table as one parameter, and all changes of a kind, which costs a fifth of as many statements.

Works share a transaction, and one that fails is undone alone: the rows it left here are dropped, and what it wrote by
itself goes with its savepoint, which is only set when a work first writes by itself, because most never do.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from json import JSONEncoder
from typing import Any

from sqlalchemy import Connection, event

from bot.store.prepared import Ready

_MOST_KEPT = 10_000
_encode = JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class _Row:
    """What runs once, with the values as the driver takes them; of those with the same `instead_of` only the last."""

    asking: Ready
    given: Sequence[Any] | Mapping[str, Any]  # Any: each column has its own
    instead_of: Hashable = None


class Pending:
    """One connection's. Its user says when transactions and works begin and end; its repositories, what they run."""

    def __init__(self, connection: Connection) -> None:
        self._driver: Any = connection.connection.driver_connection  # sqlite3's or psycopg's; both have `cursor`
        self._is_far = hasattr(self._driver, "pipeline")
        self._rows: list[_Row] = []
        self._tables: set[str] = set()
        self._before = 0
        """How many of the rows are of earlier works."""
        self._again: list[_Row] = []
        """Rows of earlier works that were written after this one's savepoint: to be written again if it fails."""
        self._working = False
        self.is_saved = False
        """Whether the work has a savepoint."""
        self.kept: dict[Hashable, Any] = {}  # Any: each user knows its own
        """What a repository need not ask again as long as nobody else writes; forgotten when anything fails."""
        self._parting: set[Hashable] = set()
        """What of it is kept until the end of this transaction only."""
        self._is_committed = False
        """Whether what is kept is what the last transaction left behind."""
        event.listen(connection, "before_cursor_execute", self._about_to_run)

    @staticmethod
    def of(connection: Connection) -> Pending:
        """The one of this connection."""
        found = connection.info.get("pending")
        if found is None:
            found = connection.info["pending"] = Pending(connection)
        return found if isinstance(found, Pending) else Pending(connection)

    def begin(self, *, alone: bool = False) -> None:
        """A transaction begins; `alone`: nobody else has written since the last one."""
        self._rows, self._again, self._tables = [], [], set()
        self._working = self.is_saved = False
        for key in self._parting:
            self.kept.pop(key, None)
        self._parting.clear()
        if not (alone and self._is_committed) or len(self.kept) > _MOST_KEPT:
            self.kept.clear()
        self._is_committed = False

    def forget_after(self, key: Hashable) -> None:
        """What is kept of this is not needed after the transaction; until then it may be asked for."""
        self._parting.add(key)

    def committed(self) -> None:
        """What the transaction wrote is there."""
        self._is_committed = True

    def begin_work(self, *, alone: bool) -> None:
        """A work begins; `alone`: with a savepoint, and its rows are written at its end, so that errors are its own."""
        self._before, self._working = len(self._rows), True
        if alone:
            self._save()

    def end_work(self, *, alone: bool) -> None:
        """It succeeded."""
        if alone:
            self.write()
        if self.is_saved:
            self._driver.execute("RELEASE SAVEPOINT work")
        self._again, self._working, self.is_saved = [], False, False

    def undo_work(self) -> None:
        """It failed. What is kept may be its own and is forgotten; so what still waits is to be written."""
        del self._rows[self._before :]
        if self.is_saved:
            self._driver.execute("ROLLBACK TO SAVEPOINT work")
            self._driver.execute("RELEASE SAVEPOINT work")
            self._rows[:0] = self._again
        self._tables = {row.asking.target for row in self._rows}
        self._again, self._working, self.is_saved = [], False, False
        self.kept.clear()

    def add(self, asking: Ready, values: Mapping[str, Any], *, instead_of: Hashable = None) -> None:  # Any: as above
        """Has a row written at the end, or before somebody looks; once for all that are `instead_of` the same."""
        self._rows.append(_Row(asking, asking.given(values), instead_of))
        self._tables.add(asking.target)

    def run(self, asking: Ready, values: Mapping[str, Any]) -> Any:  # Any: the driver's cursor
        """Runs a statement now, after the rows it may meet."""
        if self._tables and not self._tables.isdisjoint(asking.meets):
            self.write()
        if asking.target and self._working and not self.is_saved:
            self._save()
        return self._driver.execute(asking.sql, asking.given(values))

    def write(self) -> None:
        """Writes all rows now; raises the driver's own errors."""
        earlier, own = self._rows[: self._before], self._rows[self._before :]
        self._rows, self._tables, self._before = [], set(), 0
        if self.is_saved:
            self._again += earlier
            self._write(earlier + own)
            return
        self._write(earlier)
        if own and self._working:
            self._save()
        self._write(own)

    def _write(self, rows: Sequence[_Row]) -> None:
        by_statement: dict[Ready, dict[Hashable, Any]] = {}  # Any: values as the driver takes them
        for number, row in enumerate(rows):
            key = number if row.instead_of is None else (row.instead_of,)
            by_statement.setdefault(row.asking, {})[key] = row.given
        with self._in_one_go(len(by_statement)):
            for asking in _parents_first(by_statement):
                many, cursor = by_statement[asking].values(), self._driver.cursor()
                if not asking.many:
                    cursor.executemany(asking.sql, list(many))
                    continue
                for wave in asking.waves(many):
                    cursor.execute(asking.many, [_encode(wave)])

    def _in_one_go(self, statements: int) -> AbstractContextManager[Any]:  # Any: psycopg's
        """Without waiting for the answer to one statement before the next is sent, where a server is far away."""
        if statements > 1 and self._is_far:
            going: AbstractContextManager[Any] = self._driver.pipeline()
            return going
        return nullcontext()

    def _save(self) -> None:
        self._driver.execute("SAVEPOINT work")
        self.is_saved = True

    def _about_to_run(self, *_: object) -> None:
        """SQLAlchemy is about to run a statement that nobody prepared: what it reads or changes is not known here."""
        if self._rows:
            self.write()
        if self._working and not self.is_saved:
            self._save()


def _parents_first(statements: Iterable[Ready]) -> Sequence[Ready]:
    """In their order, except that rows come before those that refer to them."""
    ordered: list[Ready] = []
    for one in statements:
        children = (place for place, other in enumerate(ordered) if other.refers_to(one))
        ordered.insert(next(children, len(ordered)), one)
    return ordered
