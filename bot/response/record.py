"""The audit record: written in the transaction of what it speaks of, so that neither is there without the other."""

from __future__ import annotations

from datetime import datetime

from bot.model.actor import Actor
from bot.model.audit import AuditEntry
from bot.ports.store import Tx
from bot.rights import Act


def record(tx: Tx, actor: Actor, act: Act, object: str, now: datetime, **details: str) -> None:
    """One act of one actor, allowed by `rights` before this is called."""
    tx.audit.append(AuditEntry(at=now, actor=actor, act=str(act), object=object, decision="allowed", details=details))
