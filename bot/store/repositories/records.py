"""The records that are told to others: their entries in the order they were written, and how far each sink knows them.

Writers are serial, so an entry with a higher number was never committed before one with a lower.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, null, select

from bot.model.audit import AuditEntry
from bot.model.event import Record
from bot.model.run import JournalEntry
from bot.model.timeline import TimelineEntry
from bot.store.repositories.audit import audit_noun
from bot.store.repositories.incidents import entry_noun
from bot.store.repositories.repository import Repository
from bot.store.repositories.runs import line_noun
from bot.store.tables import AuditRow, JournalRow, TimelineRow, ToldRow, table

_audit, _timeline, _journal = table(AuditRow), table(TimelineRow), table(JournalRow)
_told = table(ToldRow)
_LINES = select(_journal, null().label("output"))


class Records(Repository):
    """See `bot.ports.store.Records`."""

    def audit_after(self, seq: int, limit: int) -> Sequence[AuditEntry]:
        """Entries of the audit record."""
        return [audit_noun(row) for row in self._all(_after(select(_audit), _audit.c.seq, seq, limit))]

    def timeline_after(self, seq: int, limit: int) -> Sequence[TimelineEntry]:
        """Entries of all timelines."""
        return [entry_noun(row) for row in self._all(_after(select(_timeline), _timeline.c.seq, seq, limit))]

    def journal_after(self, seq: int, limit: int) -> Sequence[JournalEntry]:
        """Lines of all journals, without what steps printed."""
        return [line_noun(row) for row in self._all(_after(_LINES, _journal.c.seq, seq, limit))]

    def told(self, sink: str, record: Record) -> int:
        """The number of the last entry that this sink has; 0: none."""
        known = select(_told.c.seq).where(_told.c.sink == sink, _told.c.record == str(record))
        row = self._first(known)
        return int(row.seq) if row is not None else 0

    def tell(self, sink: str, record: Record, seq: int) -> None:
        """This sink has all entries up to this one."""
        self._put(_told, {"sink": sink, "record": str(record), "seq": seq})


# Any: the columns differ from record to record.
def _after(entries: Select[Any], number: ColumnElement[Any], seq: int, limit: int) -> Select[Any]:
    return entries.where(number > seq).order_by(number).limit(limit)
