"""Errands, kept until done. The number of an attempt is its fencing token."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, bindparam, delete, func, or_, select, update

from bot.errors import Fenced
from bot.model.errand import Errand, ErrandKind
from bot.store.columns import DatabaseNow, Instant, Words, earlier, span_micros
from bot.store.prepared import Prepared
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import ErrandRow, table

_outbox = table(ErrandRow)
_now = bindparam("now", type_=Instant)
_due = (
    select(_outbox.c.seq)
    .where(_outbox.c.due_at <= _now, or_(_outbox.c.lease_until.is_(None), _outbox.c.lease_until <= DatabaseNow()))
    .where(_outbox.c.waits == 0, _outbox.c.kind.in_(bindparam("kinds", expanding=True)))
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
_ADDED = Prepared(select(_outbox.c.seq).where(_outbox.c.dedup_key == bindparam("dedup_key", type_=Words)))
_lane = bindparam("of_lane", type_=Words)
_IN_LANE = Prepared(select(_outbox.c.seq).where(_outbox.c.lane == _lane).limit(1))
_following = select(func.min(_outbox.c.seq)).where(_outbox.c.lane == _lane).scalar_subquery()
_NEXT = Prepared(update(_outbox).where(_outbox.c.seq == _following).values(waits=0))
_AHEAD = select(func.min(_outbox.c.due_at).label("at")).where(
    or_(_outbox.c.lease_until.is_(None), _outbox.c.lease_until <= DatabaseNow()), _outbox.c.waits == 0
)
_OLDEST = select(func.min(_outbox.c.due_at)).where(_outbox.c.due_at <= _now)


def errand_row(errand: Errand) -> Values:
    """An errand as a row nobody holds, without the `seq` it is about to get."""
    return {
        "kind": errand.kind,
        "dedup_key": errand.dedup_key,
        "due_at": errand.due_at,
        "payload": dict(errand.payload),
        "lane": errand.lane,
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
        lane=row.lane,
        attempts=row.attempts,
        seq=row.seq,
    )


class Outbox(Repository):
    """See `bot.ports.outbox_store.Outbox`."""

    def add(self, errand: Errand) -> bool:
        """Adds it; False when one with its `dedup_key` was ever added."""
        if self._first(_ADDED, {"dedup_key": errand.dedup_key}):
            return False
        waits = bool(errand.lane) and self._first(_IN_LANE, {"of_lane": errand.lane}) is not None
        self._insert(_outbox, {**errand_row(errand), "waits": int(waits)})
        return True

    def claim(
        self, owner: str, now: datetime, lease: timedelta, kinds: Sequence[ErrandKind] = tuple(ErrandKind)
    ) -> Errand | None:
        """Takes one of these kinds that is due, that nobody holds and that is the first of its lane."""
        claim = {"claimant": owner, "now": now, "span": span_micros(lease), "kinds": [str(kind) for kind in kinds]}
        row = self._first(_CLAIM, claim)
        return row and errand_noun(row)

    def done(self, errand: Errand) -> None:
        """It is done, and forgotten where it had a lane. Fenced when another attempt has begun."""
        if errand.lane:
            self._check(errand, self._change(delete(_outbox).where(*_ours(errand))))
            self._change(_NEXT, {"of_lane": errand.lane})
        else:
            self._put_down(errand, {"due_at": None, "payload": {}, "error": ""})

    def put_off(self, errand: Errand, due_at: datetime, error: str) -> None:
        """It failed; try again then. Fenced when another attempt has begun."""
        self._put_down(errand, {"due_at": due_at, "error": error})

    def oldest_due(self, now: datetime) -> datetime | None:
        """Since when the oldest undone errand has been due."""
        row = self._first(_OLDEST, {"now": now})
        return row and row[0]

    def next_at(self) -> datetime | None:
        """When the next errand is due, of those that nobody holds and that are the first of their lane."""
        row = self._first(_AHEAD)
        return row.at if row else None

    def bring_forward(self, by: timedelta) -> None:
        """All that is to be done is due earlier by this much."""
        to_do = _outbox.c.due_at.is_not(None)
        self._change(update(_outbox).where(to_do).values(due_at=earlier(_outbox.c.due_at, by)))

    def release_all(self) -> None:
        """Ends every lease; errands that were under way are due as they were."""
        self._change(update(_outbox).where(_outbox.c.lease_until.is_not(None)).values(lease_until=None, owner=None))

    def _put_down(self, errand: Errand, changes: Values) -> None:
        values = update(_outbox).where(*_ours(errand)).values(lease_until=None, owner=None, **changes)
        self._check(errand, self._change(values))

    @staticmethod
    def _check(errand: Errand, changed: int) -> None:
        if not changed:
            raise Fenced(f"errand {errand.dedup_key} is no longer ours: attempt {errand.attempts} is not its newest")


def _ours(errand: Errand) -> tuple[ColumnElement[bool], ...]:
    return _outbox.c.seq == errand.seq, _outbox.c.attempts == errand.attempts
