"""Entries of the audit record, of timelines and of journals as plain JSON, for people who search in a log store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.model.actor import Actor
from bot.model.audit import AuditEntry
from bot.model.event import Record
from bot.model.incident import Incident
from bot.model.run import JournalEntry
from bot.model.sent_event import SentEvent
from bot.model.timeline import TimelineEntry

_TOLD = ("outcome", "summary", "reason", "error", "answer", "did", "signal", "text", "status", "approval", "plan_hash")
"""What is told of a journal's data: words and verdicts, never plans, inputs or what a step printed."""


def of_audit(entry: AuditEntry) -> SentEvent:
    """An act, with its place in the chain, so that a copy can be compared with the record."""
    body = {
        "act": entry.act,
        "object": entry.object,
        "decision": entry.decision,
        "details": dict(entry.details),
        "previous": entry.previous,
        "hash": entry.hash,
    }
    return _event(Record.AUDIT, entry, {**_who(entry.actor), **body})


def of_timeline(entry: TimelineEntry, incident: Incident) -> SentEvent:
    """What happened, and the incident as it stands when this is told."""
    body = {
        "incident": entry.incident,
        "kind": str(entry.kind),
        "text": entry.text,
        "why": entry.why,
        "recorded_at": entry.recorded_at.isoformat(),
        "links": dict(entry.links),
        "evidence": list(entry.evidence),
        "title": incident.title,
        "severity": str(incident.severity),
        "status": str(incident.status),
        "service": incident.service,
        **({"amends": entry.amends} if entry.amends else {}),
    }
    return _event(Record.INCIDENT, entry, {**_who(entry.actor), **body})


def of_journal(entry: JournalEntry) -> SentEvent:
    """One line of a run."""
    body = {"run": entry.run, "kind": str(entry.kind), "step": entry.step, "attempt": entry.attempt}
    told = {key: entry.data[key] for key in _TOLD if entry.data.get(key) not in (None, "", {})}
    return _event(Record.RUN, entry, {**_who(entry.actor), **body, **told})


# Any: plain JSON.
def _event(record: Record, entry: AuditEntry | TimelineEntry | JournalEntry, fields: Mapping[str, Any]) -> SentEvent:
    return SentEvent(key=f"{record}-{entry.seq}", kind=str(record), at=entry.at, fields=fields)


# Any: plain JSON.
def _who(actor: Actor) -> Mapping[str, Any]:
    return {"actor": actor.name, "actor_kind": str(actor.kind), "via": actor.via}
