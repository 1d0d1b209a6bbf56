"""Statements that never change, run past SQLAlchemy: it takes longer to run one than the database does.

SQLAlchemy still writes them, and says how each column keeps its values; what is left out is what it does anew each
time. The row they answer with is a tuple with names.
"""

from __future__ import annotations

from collections import Counter, namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Table, Update
from sqlalchemy.sql import visitors
from sqlalchemy.types import TypeEngine

from bot.store.columns import Alike

_row = partial(namedtuple, "Row", rename=True)
Keep = Callable[[Any], Any] | None  # Any: a value of any column
"""To a column or from it; None: as it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A statement as a driver takes it: what it asks for, in the driver's order where parameters have no names.

    `target` is the table that it changes; empty: none. `meets` are all tables that it reads, changes, or refers to.
    """

    sql: str
    asked: Sequence[tuple[str, Keep]]
    constants: Mapping[str, Any]  # Any: as above
    named: bool
    row: Callable[..., Any]  # Any: a named tuple, made for this statement
    cells: Sequence[Keep]
    target: str
    meets: frozenset[str]
    many: str = ""
    """The same for many rows at once, as PostgreSQL takes them: one text, a JSON list of lists; empty: one by one."""
    apart: int | None = None
    """Of rows that are alike in this value only one may be among the many: they change the same row."""

    def refers_to(self, other: Ready) -> bool:
        """Whether this changes rows that refer to rows that the other one changes."""
        return other.target in self.meets and other.target != self.target

    def given(self, values: Mapping[str, Any]) -> Sequence[Any] | Mapping[str, Any]:  # Any: as above
        """Values as the driver takes them."""
        if self.constants:
            values = {**values, **self.constants}
        if self.named:
            return {name: values[name] if keep is None else keep(values[name]) for name, keep in self.asked}
        return [values[name] if keep is None else keep(values[name]) for name, keep in self.asked]

    def waves(self, given: Iterable[Sequence[Any]]) -> Iterable[Sequence[Sequence[Any]]]:  # Any: as above
        """The many, in portions that go one after the other."""
        if self.apart is None:
            return [list(given)]
        waves, seen = list[list[Sequence[Any]]](), Counter[Any]()
        for row in given:
            key = row[self.apart]
            if seen[key] == len(waves):
                waves.append([])
            waves[seen[key]].append(row)
            seen[key] += 1
        return waves

    def rows(self, found: Iterable[Sequence[Any]]) -> list[Any]:  # Any: named tuples
        """What a cursor gives, as their columns give it back."""
        return [
            self.row(*[cell if read is None else read(cell) for cell, read in zip(one, self.cells, strict=True)])
            for one in found
        ]


def ready(
    statement: Select[Any] | Insert | Update | Delete,
    dialect: Dialect,
    columns: Sequence[str] | None = None,
    by: str = "",
) -> Ready:
    """The statement for one kind of database; `columns` are those that an insert or an update sets by parameter.

    `by`: the parameter that says which row an update changes, where it changes one, and only ever runs with others of
    its kind (see `pending.py`).
    """
    compiled = statement.compile(dialect=dialect, column_keys=None if columns is None else list(columns))
    sql = str(compiled.string)
    if "POSTCOMPILE" in sql:
        raise ValueError(f"a list of changing length cannot be prepared: {sql}")
    asked, constants = dict[str, Keep](), dict[str, Any]()
    for bound, name in compiled.bind_names.items():
        keep = _keeping(bound.type, dialect)
        asked[name] = keep if bound.required else None
        if not bound.required:
            constants[name] = bound.value if keep is None else keep(bound.value)
    many = ""
    if by and dialect.name == "postgresql":
        many = _changing_many(sql, asked)
    elif columns is None and not constants:
        many = _many(statement, asked, dialect)
    in_order = list(asked) if many else compiled.positiontup
    answered = list(statement.exported_columns)
    return Ready(
        sql=sql,
        asked=[(name, asked[name]) for name in (asked if in_order is None else in_order)],
        constants=constants,
        named=in_order is None,
        row=_row([column.key or "" for column in answered]),
        cells=[_giving(column.type, dialect) for column in answered],
        target="" if isinstance(statement, Select) else str(statement.table.description),
        meets=_meets(statement),
        many=many,
        apart=list(asked).index(by) if by and many else None,
    )


def _many(statement: Select[Any] | Insert | Update | Delete, names: Iterable[str], dialect: Dialect) -> str:
    if not isinstance(statement, Insert) or statement.exported_columns or dialect.name != "postgresql":
        return ""
    quoted, columns = dialect.identifier_preparer.quote, [statement.table.columns[name] for name in names]
    cells = (f"(v->>{place})::{column.type.compile(dialect)}" for place, column in enumerate(columns))
    into = f"{quoted(str(statement.table.description))} ({', '.join(quoted(column.name) for column in columns)})"
    return f"INSERT INTO {into} SELECT {', '.join(cells)} FROM jsonb_array_elements(%s::jsonb) AS v"  # noqa: S608 - our tables


def _changing_many(sql: str, names: Iterable[str]) -> str:
    """An update of one row, for many. What is asked of `v` is always so: it has the planner expect few rows.

    It would expect a hundred, and for so many it reads all of a table that is not large.
    """
    cells = {name: f"(v->>{place})" for place, name in enumerate(names)}
    change, _, condition = (sql % cells).partition(" WHERE ")
    return f"{change} FROM jsonb_array_elements(%s::jsonb) AS v WHERE jsonb_typeof(v) = 'array' AND ({condition})"


def _keeping(kind: TypeEngine[Any], dialect: Dialect) -> Keep:
    return kind.keep if isinstance(kind, Alike) else kind.dialect_impl(dialect).bind_processor(dialect)


def _giving(kind: TypeEngine[Any], dialect: Dialect) -> Keep:
    return kind.give if isinstance(kind, Alike) else kind.dialect_impl(dialect).result_processor(dialect, None)


def _meets(statement: Select[Any] | Insert | Update | Delete) -> frozenset[str]:
    parts = visitors.iterate(statement)
    within = parts if isinstance(statement, Select) else (*parts, statement.table)
    tables = {part for part in within if isinstance(part, Table)}
    referred = () if isinstance(statement, Select) else (key.column.table for one in tables for key in one.foreign_keys)
    return frozenset(one.name for one in (*tables, *referred))


class Prepared:
    """A statement that is built once, when its module is read, and made ready once for each kind of database."""

    __slots__ = ("_by", "_columns", "_ready", "_statement")

    def __init__(
        self, statement: Select[Any] | Insert | Update | Delete, columns: Sequence[str] | None = None, by: str = ""
    ) -> None:
        self._statement = statement
        self._columns = columns
        self._by = by
        self._ready: dict[str, Ready] = {}

    def on(self, connection: Connection) -> Ready:
        """As this connection's database takes it."""
        dialect = connection.dialect
        found = self._ready.get(dialect.name)
        if found is None:
            found = self._ready[dialect.name] = ready(self._statement, dialect, self._columns, self._by)
        return found
