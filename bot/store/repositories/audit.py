"""The audit record.

Triggers in the database refuse to change or remove an entry; where somebody dropped them first, the chain shows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import select

from bot.model.actor import Actor
from bot.model.audit import GENESIS, AuditEntry, chain_hash
from bot.store.codec import encoded, from_json
from bot.store.columns import clean
from bot.store.prepared import Prepared
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import AuditRow, table

_audit = table(AuditRow)
_PORTION = 1000
_ADD = Prepared(_audit.insert())
_LAST = Prepared(select(_audit.c.seq, _audit.c.hash).order_by(_audit.c.seq.desc()).limit(1))


def audit_row(entry: AuditEntry) -> Values:
    """An audit entry as a row."""
    return {
        "seq": entry.seq,
        "at": entry.at,
        "actor": encoded(entry.actor),
        "act": entry.act,
        "object": entry.object,
        "decision": entry.decision,
        "details": dict(entry.details),
        "previous": entry.previous,
        "hash": entry.hash,
    }


def audit_noun(row: Found) -> AuditEntry:
    """The audit entry in a row."""
    return AuditEntry(
        at=row.at,
        actor=from_json(Actor, row.actor),
        act=row.act,
        object=row.object,
        decision=row.decision,
        details=row.details,
        seq=row.seq,
        previous=row.previous,
        hash=row.hash,
    )


class Audit(Repository):
    """See `bot.ports.store.Audit`."""

    def append(self, entry: AuditEntry) -> AuditEntry:
        """Adds to the chain; the entry with `seq`, `previous` and `hash`. The hash is of what the columns give back."""
        seq, previous = self._pending.kept.get("audit") or self._last()
        linked = AuditEntry(
            at=entry.at,
            actor=entry.actor,
            act=clean(entry.act),
            object=clean(entry.object),
            decision=clean(entry.decision),
            details=entry.details,
            seq=seq + 1,
            previous=previous,
        )
        sealed = replace(linked, hash=chain_hash(linked))
        self._pending.kept["audit"] = (sealed.seq, sealed.hash)
        self._later(_ADD, audit_row(sealed))
        return sealed

    def _last(self) -> tuple[int, str]:
        """Number and hash of the entry that the next one follows."""
        last = self._first(_LAST)
        return (last.seq, last.hash) if last else (0, GENESIS)

    def list(self, *, object: str = "", limit: int = 100) -> Sequence[AuditEntry]:
        """The newest first; of one object when it is named."""
        wanted = select(_audit).order_by(_audit.c.seq.desc()).limit(limit)
        if object:
            wanted = wanted.where(_audit.c.object == object)
        return [audit_noun(row) for row in self._all(wanted)]

    def broken_at(self) -> int | None:
        """The first `seq` that is missing or whose hash does not follow, or None when the chain holds."""
        expected, previous = 1, GENESIS
        for entry in self._chain():
            if entry.seq != expected or entry.previous != previous or entry.hash != chain_hash(entry):
                return expected
            expected, previous = expected + 1, entry.hash
        return None

    def _chain(self) -> Iterator[AuditEntry]:
        seq = 0
        while rows := self._all(select(_audit).where(_audit.c.seq > seq).order_by(_audit.c.seq).limit(_PORTION)):
            yield from (audit_noun(row) for row in rows)
            seq = rows[-1].seq
