"""What a run says on its incident's timeline, and in its journal: the two are written together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.model.actor import Actor
from bot.model.ids import EvidenceId
from bot.model.run import JournalEntry, JournalKind, RunbookRun
from bot.model.timeline import EntryKind, TimelineEntry
from bot.ports.store import Tx


def line(
    actor: Actor,
    run: RunbookRun,
    kind: JournalKind,
    now: datetime,
    *,
    step: str = "",
    attempt: int = 0,
    data: Mapping[str, Any] | None = None,  # Any: plain JSON, its keys are listed at `JournalKind`
) -> JournalEntry:
    """What `note` appends."""
    return JournalEntry(run=run.id, at=now, kind=kind, actor=actor, step=step, attempt=attempt, data=data or {})


def note(
    tx: Tx,
    actor: Actor,
    run: RunbookRun,
    kind: JournalKind,
    now: datetime,
    *,
    step: str = "",
    attempt: int = 0,
    data: Mapping[str, Any] | None = None,  # Any: as above
    fenced: bool = True,
) -> None:
    """Appends to the run's journal; Fenced unless we still hold the run. People's answers are not fenced."""
    entry = line(actor, run, kind, now, step=step, attempt=attempt, data=data)
    tx.runs.append(entry, epoch=run.epoch if fenced else None)


def say(
    tx: Tx,
    actor: Actor,
    run: RunbookRun,
    kind: EntryKind,
    text: str,
    now: datetime,
    *,
    why: str = "",
    links: Mapping[str, str] | None = None,
    evidence: tuple[EvidenceId, ...] = (),
) -> None:
    """Appends to the incident's timeline, where the run has an incident."""
    if run.incident is None:
        return
    tx.incidents.tell(
        TimelineEntry(
            incident=run.incident,
            at=now,
            recorded_at=now,
            actor=actor,
            kind=kind,
            text=text,
            why=why,
            links=links or {},
            evidence=evidence,
        )
    )
