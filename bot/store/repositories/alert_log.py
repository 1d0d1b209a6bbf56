"""The append-only log that the table of active alerts is rebuilt from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, bindparam, func, or_, select

from bot.ports.alert_store import LogKind, LogRow
from bot.store.columns import Words
from bot.store.prepared import Prepared
from bot.store.repositories.repository import Repository
from bot.store.tables import AlertLogRow, table

_log = table(AlertLogRow)
_BEGINS = select(_log.c.since).where(_log.c.kind == str(LogKind.MARK)).order_by(_log.c.seq.desc()).limit(1)
_own = bindparam("not_by", type_=Words)
_AFTER = Prepared(
    select(_log)
    .where(_log.c.seq > bindparam("after", type_=BigInteger))
    .where(or_(_own == "", _log.c.writer != _own))
    .order_by(_log.c.seq)
    .limit(bindparam("most", type_=BigInteger))
)
_NEWEST = Prepared(select(func.max(_log.c.seq).label("seq")))


class AlertLog(Repository):
    """See `bot.ports.alert_store.AlertLog`."""

    def append(self, kind: LogKind, body: bytes, received_at: datetime, writer: str, since: int = 0) -> int:
        """Adds a row; its sequence."""
        row = {"received_at": received_at, "kind": str(kind), "writer": writer, "since": since, "body": body}
        return self._insert(_log, row)

    def begins(self) -> int:
        """The sequence from which on the rows make the table."""
        row = self._first(_BEGINS)
        return int(row.since) if row is not None else 0

    def newest(self) -> int:
        """The highest sequence; 0 for an empty log."""
        row = self._first(_NEWEST)
        return int(row.seq or 0) if row is not None else 0

    def after(self, seq: int, limit: int, *, not_by: str = "") -> Sequence[LogRow]:
        """Rows with a higher sequence, the lowest first; without those of this writer, if one is named."""
        return [
            LogRow(
                seq=row.seq,
                received_at=row.received_at,
                kind=LogKind(row.kind),
                writer=row.writer,
                since=row.since,
                body=row.body,
            )
            for row in self._all(_AFTER, {"after": seq, "most": limit, "not_by": not_by})
        ]
