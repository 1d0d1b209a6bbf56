"""Which process is the active one. The database's clock decides when a lease has ended."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import BigInteger, bindparam, case, or_, select, update

from bot.errors import Fenced
from bot.store.columns import DatabaseNow, Words, span_micros
from bot.store.prepared import Prepared
from bot.store.repositories.repository import Repository
from bot.store.tables import LeaseRow, table

_leases = table(LeaseRow)
_named = _leases.c.name == bindparam("lease", type_=Words)
_asker = bindparam("asker", type_=Words)
_ACQUIRE = Prepared(
    update(_leases)
    .where(_named, or_(_leases.c.owner == _asker, _leases.c.until <= DatabaseNow()))
    .values(
        owner=_asker,
        epoch=case((_leases.c.owner == _asker, _leases.c.epoch), else_=_leases.c.epoch + 1),
        until=DatabaseNow() + bindparam("span", type_=BigInteger),
    )
    .returning(_leases.c.epoch)
)
_RELEASE = update(_leases).where(_named, _leases.c.owner == _asker).values(owner="", until=0)
_EPOCH = Prepared(select(_leases.c.epoch).where(_named))


class Leases(Repository):
    """See `bot.ports.store.Leases`. A lease that was never asked for has no row."""

    def acquire(self, name: str, owner: str, lease: timedelta) -> int | None:
        """Takes or keeps the lease: its epoch, raised when it changes hands; None while another owner holds it."""
        asked = {"lease": name, "asker": owner, "span": span_micros(lease)}
        row = self._first(_ACQUIRE, asked)
        if row is None and self._first(_EPOCH, {"lease": name}) is None:
            self._insert(_leases, {"name": name, "owner": "", "epoch": 0, "until": 0})
            row = self._first(_ACQUIRE, asked)
        return row and int(row.epoch)

    def check(self, name: str, epoch: int) -> None:
        """Fenced unless this is the newest epoch."""
        row = self._first(_EPOCH, {"lease": name})
        if row is None or row.epoch != epoch:
            raise Fenced(f"the lease {name!r} is no longer ours: epoch {epoch} is not its newest")

    def release(self, name: str, owner: str) -> None:
        """Gives it back, so that another need not wait for its end."""
        self._change(_RELEASE, {"lease": name, "asker": owner})

    def release_all(self) -> None:
        """Ends every lease."""
        self._change(update(_leases).values(owner="", until=0))
