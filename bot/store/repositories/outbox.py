"""Errands, kept until done. The number of an attempt is its fencing token."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, bindparam, func, or_, select, update

from bot.errors import Fenced
from bot.model.errand import Errand, ErrandKind
from bot.store.columns import DatabaseNow, Instant, Words, span_micros
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import ErrandRow, table

_outbox = table(ErrandRow)
_now = bindparam("now", type_=Instant)
_due = (
    select(_outbox.c.seq)
    .where(_outbox.c.due_at <= _now, or_(_outbox.c.lease_until.is_(None), _outbox.c.lease_until <= DatabaseNow()))
    .order_by(_outbox.c.due_at, _outbox.c.seq)
    .limit(1)
)
_CLAIM = (
    update(_outbox)
    .where(_outbox.c.seq == _due.scalar_subquery())
    .values(
        owner=bindparam("claimant", type_=Words),
        lease_until=DatabaseNow() + bindparam("span", type_=BigInteger),
        attempts=_outbox.c.attempts + 1,
    )
    .returning(_outbox)
)
_OLDEST = select(func.min(_outbox.c.due_at)).where(_outbox.c.due_at <= _now)


def errand_row(errand: Errand) -> Values:
    """An errand as a row nobody holds, without the `seq` it is about to get."""
    return {
        "kind": errand.kind,
        "dedup_key": errand.dedup_key,
        "due_at": errand.due_at,
        "payload": dict(errand.payload),
        "attempts": errand.attempts,
        "error": "",
    }


def errand_noun(row: Found) -> Errand:
    """The errand in a row."""
    return Errand(
        kind=ErrandKind(row.kind),
        dedup_key=row.dedup_key,
        due_at=row.due_at,
        payload=row.payload,
        attempts=row.attempts,
        seq=row.seq,
    )


class Outbox(Repository):
    """See `bot.ports.store.Outbox`."""

    def add(self, errand: Errand) -> bool:
        """Adds it; False when one with its `dedup_key` was ever added."""
        if self._first(select(_outbox.c.seq).where(_outbox.c.dedup_key == errand.dedup_key)):
            return False
        self._insert(_outbox, errand_row(errand))
        return True

    def claim(self, owner: str, now: datetime, lease: timedelta) -> Errand | None:
        """Takes one that is due and that nobody holds; counts the attempt."""
        row = self._first(_CLAIM, {"claimant": owner, "now": now, "span": span_micros(lease)})
        return row and errand_noun(row)

    def done(self, errand: Errand) -> None:
        """It is done. Fenced when another attempt has begun."""
        self._put_down(errand, {"due_at": None, "payload": {}, "error": ""})

    def put_off(self, errand: Errand, due_at: datetime, error: str) -> None:
        """It failed; try again then. Fenced when another attempt has begun."""
        self._put_down(errand, {"due_at": due_at, "error": error})

    def oldest_due(self, now: datetime) -> datetime | None:
        """Since when the oldest undone errand has been due."""
        row = self._first(_OLDEST, {"now": now})
        return row and row[0]

    def release_all(self) -> None:
        """Ends every lease; errands that were under way are due as they were."""
        self._change(update(_outbox).where(_outbox.c.lease_until.is_not(None)).values(lease_until=None, owner=None))

    def _put_down(self, errand: Errand, changes: Values) -> None:
        ours = update(_outbox).where(_outbox.c.seq == errand.seq, _outbox.c.attempts == errand.attempts)
        if not self._change(ours.values(lease_until=None, owner=None, **changes)):
            raise Fenced(f"errand {errand.dedup_key} is no longer ours: attempt {errand.attempts} is not its newest")
