"""What must be true of what is left behind, whatever happened: read from outside, after the last Tocsin has ended."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.audit import AuditEntry
from bot.model.incident import Incident, IncidentStatus
from bot.model.run import Approval, JournalEntry, JournalKind, RunbookRun, RunStatus
from bot.model.timeline import TimelineEntry
from bot.ports.store import Tx
from bot.store.store import open_store

# A process that stands on the same machine as the checker has the same clock; a file's write takes a moment.
_AT_ONCE = timedelta(milliseconds=5)


@dataclass(frozen=True)
class Left:
    """Everything one case left behind."""

    incidents: Sequence[Incident]
    timeline: Sequence[TimelineEntry]
    runs: Sequence[RunbookRun]
    journal: Sequence[JournalEntry]
    approvals: Sequence[Approval]
    open_questions: int
    audit: Sequence[AuditEntry]
    audit_broken_at: int | None
    effects: Sequence[datetime]

    def entries(self, kind: JournalKind, step: str = "mend") -> list[JournalEntry]:
        """The lines of this kind that speak of this step."""
        return [entry for entry in self.journal if entry.kind is kind and entry.step == step]


async def left_behind(database: str, effects: Sequence[datetime]) -> Left:
    """Reads it with a store of our own."""

    def read(tx: Tx) -> Left:
        incidents, runs = tx.incidents.list(), tx.runs.list()
        return Left(
            incidents=incidents,
            timeline=[entry for one in incidents for entry in tx.incidents.timeline(one.id)],
            runs=runs,
            journal=[entry for run in runs for entry in tx.runs.journal(run.id)],
            approvals=[approval for run in runs for approval in tx.approvals.of_run(run.id)],
            open_questions=len(tx.approvals.open()),
            audit=list(reversed(tx.audit.list(limit=10_000))),
            audit_broken_at=tx.audit.broken_at(),
            effects=effects,
        )

    async with open_store(database) as store:
        return await store.read(read)


def faults(left: Left) -> list[str]:
    """Everything that is wrong with it; nothing, when the promises were kept."""
    return [*_ends(left), *_effects(left), *_record(left), *_story(left)]


def damage(path: str) -> list[str]:
    """What SQLite itself finds wrong with its file, and gaps in what is only ever appended to."""
    with closing(sqlite3.connect(path)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        for table in ("journal", "timeline", "audit"):
            first, last, rows = connection.execute(f"SELECT min(seq), max(seq), count(*) FROM {table}").fetchone()
            if (first, last) != (1, rows):
                found.append(f"{table} has {rows} lines, numbered {first} to {last}")
    return found


def _ends(left: Left) -> Iterator[str]:
    """Every run ends, well; the incident is one, and is over."""
    if [incident.status for incident in left.incidents] != [IncidentStatus.RESOLVED]:
        yield f"incidents: {[(one.id, one.status) for one in left.incidents]}"
    if [run.status for run in left.runs] != [RunStatus.SUCCEEDED]:
        yield f"runs: {[(run.id, run.status) for run in left.runs]}"
    if len(left.entries(JournalKind.ENDED, "")) != len(left.runs):
        yield "a run ended twice, or not at all"
    if left.open_questions:
        yield f"{left.open_questions} questions are still open"


def _effects(left: Left) -> Iterator[str]:
    """The change happened once, approved, announced and on the audit record before."""
    if len(left.effects) != 1:
        yield f"the change happened {len(left.effects)} times"
    intents = left.entries(JournalKind.INTENDED)
    approved = [one for one in left.entries(JournalKind.ANSWERED) if one.data["answer"] == "approve"]
    if {one.data["plan_hash"] for one in intents} != {one.data["plan_hash"] for one in approved}:
        yield "what was begun is not what was approved"
    for effect in left.effects:
        if not any(one.at <= effect + _AT_ONCE for one in approved):
            yield "it happened before anybody approved it"
        if not any(one.at <= effect + _AT_ONCE for one in intents):
            yield "it happened before the journal said that it would"
        if not any(one.object.endswith("/mend") and one.at <= effect + _AT_ONCE for one in left.audit):
            yield "it happened before it was on the audit record"


def _record(left: Left) -> Iterator[str]:
    """The audit record is whole, and every beginning of a step is on it."""
    if left.audit_broken_at is not None:
        yield f"the audit record is broken at {left.audit_broken_at}"
    recorded = [(one.at, one.object, one.details.get("plan")) for one in left.audit]
    for entry in left.journal:
        if entry.kind is JournalKind.INTENDED:
            wanted = (entry.at, f"{entry.run}/{entry.step}", entry.data["plan_hash"])
            if recorded.count(wanted) != 1:
                yield f"{recorded.count(wanted)} audit entries for: {entry.kind} {entry.step}, attempt {entry.attempt}"


_TOLD = frozenset(JournalKind) - {JournalKind.PLANNED, JournalKind.SKIPPED}
"""What the timeline tells too: written in the same commit, with the same time."""


def _story(left: Left) -> Iterator[str]:
    """The timeline has no hole."""
    told = {entry.recorded_at for entry in left.timeline}
    for entry in left.journal:
        reads = entry.kind is JournalKind.INTENDED and entry.step != "mend"
        if entry.kind in _TOLD and not reads and entry.at not in told:
            yield f"the timeline does not tell of: {entry.kind} {entry.step}"
    texts = [entry.text for entry in left.timeline]
    for beginning in ("alert Broken fires", "opened as", "run RUN-1 of runbook mend begins", "alert Broken is over"):
        if sum(text.startswith(beginning) for text in texts) != 1:
            yield f"the timeline does not tell once: {beginning}"
    if sum(text.startswith("resolved after") for text in texts) != 1:
        yield "the timeline does not tell once that it was resolved"
