"""What must be true of what is left behind, whatever happened: read from outside, after the last Tocsin has ended."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.model.actor import ActorKind
from bot.model.audit import AuditEntry
from bot.model.incident import Incident, IncidentStatus
from bot.model.plan import Outcome
from bot.model.run import Approval, JournalEntry, JournalKind, RunbookRun
from bot.model.timeline import TimelineEntry
from bot.ports.store import Tx
from bot.store.store import open_store
from tests.kill.stories import STORIES, Story

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
    effects: Mapping[str, Sequence[datetime]]
    story: Story

    def entries(self, kind: JournalKind, step: str) -> list[JournalEntry]:
        """The lines of this kind that speak of this step."""
        return [entry for entry in self.journal if entry.kind is kind and entry.step == step]


async def left_behind(database: str, effects: Mapping[str, Sequence[datetime]], story: Story = STORIES["mend"]) -> Left:
    """Reads it with a store of our own."""
    async with open_store(database) as store:
        return await store.read(lambda tx: left_in(tx, effects, story))


def left_in(tx: Tx, effects: Mapping[str, Sequence[datetime]], story: Story) -> Left:
    """The same of a store that is open."""
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
        story=story,
    )


def faults(left: Left) -> list[str]:
    """Everything that is wrong with it; nothing, when the promises were kept."""
    return [*_ends(left), *_effects(left), *_record(left), *_story(left)]


def damage(path: str) -> list[str]:
    """What SQLite itself finds wrong with its file, and gaps in what is only ever appended to."""
    with closing(sqlite3.connect(path)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        for table in ("journal", "timeline", "audit"):
            first, last, rows = connection.execute(f"SELECT min(seq), max(seq), count(*) FROM {table}").fetchone()
            if rows and (first, last) != (1, rows):
                found.append(f"{table} has {rows} lines, numbered {first} to {last}")
    return found


def _ends(left: Left) -> Iterator[str]:
    """Every run ends, as it must; the incident is one, and is over."""
    if [incident.status for incident in left.incidents] != [IncidentStatus.RESOLVED]:
        yield f"incidents: {[(one.id, one.status) for one in left.incidents]}"
    if [run.status for run in left.runs] != [left.story.status]:
        yield f"runs: {[(run.id, run.status) for run in left.runs]}"
    again = [one for one in left.entries(JournalKind.ROLLBACK, "") if one.actor.kind is ActorKind.PERSON]
    if len(left.entries(JournalKind.ENDED, "")) != len(left.runs) + len(again):
        yield "a run ended twice, or not at all"
    if left.open_questions:
        yield f"{left.open_questions} questions are still open"


def _effects(left: Left) -> Iterator[str]:
    """Each change happened as often as it was begun and not known to have been left out, approved and announced."""
    for step, allowed in left.story.changes.items():
        effects, intents = left.effects[step], left.entries(JournalKind.INTENDED, step)
        if len(effects) not in allowed:
            yield f"{step} happened {len(effects)} times"
        if len(effects) != (told := _happened(left, step)):
            yield f"{step} happened {len(effects)} times, and the journal tells of {told}"
        ends = [one for one in left.entries(JournalKind.FINISHED, step) if one.data["outcome"] != Outcome.UNKNOWN]
        if len({one.attempt for one in ends}) != len(ends):
            yield f"an attempt of {step} ended twice"
        if len({one.attempt for one in intents}) != len(intents):
            yield f"an attempt of {step} was begun twice"
        yield from _agreed(left, step, intents)
        yield from _announced(left, step, effects, intents)


def _happened(left: Left, step: str) -> int:
    """How many attempts had their effect, as the journal says in the end."""
    last = {one.attempt: one for one in left.entries(JournalKind.FINISHED, step)}
    return sum(not one.data.get("did_not_run") for one in last.values())


def _agreed(left: Left, step: str, intents: Sequence[JournalEntry]) -> Iterator[str]:
    """Whatever was begun was agreed to before, exactly as it was begun, and nobody had taken that back."""
    answers = left.entries(JournalKind.ANSWERED, step)
    for intent in intents:
        before = [one for one in answers if one.seq < intent.seq]
        if not before or before[-1].data["answer"] != "approve":
            yield f"{step} was begun and nobody had agreed"
        elif before[-1].data["plan_hash"] != intent.data["plan_hash"]:
            yield f"what was begun of {step} is not what was approved"


def _announced(left: Left, step: str, effects: Sequence[datetime], intents: Sequence[JournalEntry]) -> Iterator[str]:
    approved = [one.at for one in left.entries(JournalKind.ANSWERED, step) if one.data["answer"] == "approve"]
    audited = [one.at for one in left.audit if one.object.endswith(f"/{step}")]
    for number, effect in enumerate(effects, 1):
        if not any(at <= effect + _AT_ONCE for at in approved):
            yield f"{step} happened before anybody approved it"
        if sum(one.at <= effect + _AT_ONCE for one in intents) < number:
            yield f"{step} happened before the journal said that it would"
        if sum(at <= effect + _AT_ONCE for at in audited) < number:
            yield f"{step} happened before it was on the audit record"


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
        reads = entry.kind is JournalKind.INTENDED and entry.step not in left.story.changes
        if entry.kind in _TOLD and not reads and entry.at not in told:
            yield f"the timeline does not tell of: {entry.kind} {entry.step}"
    texts = [entry.text for entry in left.timeline]
    alert = left.story.alert
    for beginning in (
        f"alert {alert} fires",
        "opened as",
        "run RUN-1 of runbook mend begins",
        f"alert {alert} is over",
    ):
        if sum(text.startswith(beginning) for text in texts) != 1:
            yield f"the timeline does not tell once: {beginning}"
    if sum(text.startswith("resolved after") for text in texts) != 1:
        yield "the timeline does not tell once that it was resolved"
