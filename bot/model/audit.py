"""The audit record: who did what to what, chained by hash so that a change shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.model.actor import Actor

GENESIS = "0" * 64
"""The hash before the first entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One act, written before it is done. `act` is a word of `rights`; `details` holds no secret."""

    at: datetime
    actor: Actor
    act: str
    object: str
    decision: str
    details: Mapping[str, str] = field(default_factory=dict)
    seq: int = 0
    previous: str = GENESIS
    hash: str = ""


def chain_hash(entry: AuditEntry) -> str:
    """SHA-256 over the entry's canonical JSON and the hash before it; `seq` and `previous` are part of it."""
    text = json.dumps(
        {
            "seq": entry.seq,
            "at": entry.at.isoformat(),
            "actor": [entry.actor.kind, entry.actor.name, entry.actor.via],
            "act": entry.act,
            "object": entry.object,
            "decision": entry.decision,
            "details": dict(entry.details),
            "previous": entry.previous,
        },
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode()).hexdigest()
