"""Runs, their journals, and who carries them.

A lease is a time by the database's clock; `epoch` is the fencing token. A run that is woken while it is carried stays
woken: whoever puts it down cannot sleep through it.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Boolean, bindparam, case, cast, func, null, or_, select, update

from bot.errors import Fenced, NotFound
from bot.model.actor import Actor
from bot.model.automation import Autonomy
from bot.model.ids import IncidentId, RunId
from bot.model.labels import LabelSet
from bot.model.run import ENDED, JournalEntry, JournalKind, RunbookRun, RunStatus, RunVerdict
from bot.model.runbook import Runbook
from bot.ports.store import ClaimedRuns
from bot.store.codec import encoded, from_json, to_json
from bot.store.columns import DatabaseNow, Instant, Words, earlier, encode, span_micros
from bot.store.prepared import Prepared
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import JournalRow, OutputRow, RunRow, table

_runs = table(RunRow)
_journal = table(JournalRow)
_outputs = table(OutputRow)

_OUTPUT = {"text": "", "value": {}}
"""The part of a FINISHED line that retention takes away, as it then reads."""

_span = bindparam("span", type_=BigInteger)
_at = bindparam("at", type_=Instant)
_of_run = _runs.c.id == bindparam("run", type_=Words)
_held = (_of_run, _runs.c.epoch == bindparam("held", type_=BigInteger))
_due = (
    select(_runs.c.id)
    .where(_runs.c.wake_at <= _at, or_(_runs.c.lease_until.is_(None), _runs.c.lease_until <= DatabaseNow()))
    .order_by(_runs.c.wake_at)
    .limit(bindparam("most", type_=BigInteger))
)
_CLAIM = Prepared(
    update(_runs)
    .where(_runs.c.id.in_(_due))
    .values(
        owner=bindparam("claimant", type_=Words),
        lease_until=DatabaseNow() + _span,
        epoch=_runs.c.epoch + 1,
        woken_at=null(),
    )
    .returning(_runs)
)
_AHEAD = select(func.min(_runs.c.wake_at).label("at")).where(
    or_(_runs.c.lease_until.is_(None), _runs.c.lease_until <= DatabaseNow())
)
_RENEW = Prepared(update(_runs).where(*_held).values(lease_until=DatabaseNow() + _span), by="run")
_rests_until = bindparam("rests_until", type_=Instant)
_RELEASE = Prepared(
    update(_runs)
    .where(*_held)
    .values(
        wake_at=case(
            (cast(bindparam("is_over", type_=Boolean), Boolean), null()),
            (or_(_rests_until.is_(None), _runs.c.woken_at < _rests_until), _runs.c.woken_at),
            else_=_rests_until,
        )
    ),
    columns=("status", "ended_at", "verdict", "verdict_after", "owner", "lease_until", "woken_at"),
    by="run",
)
_MARK = Prepared(update(_runs).where(*_held).values(changed_at=func.coalesce(_runs.c.changed_at, _at)), by="run")
_NEWEST = Prepared(select(_runs.c.epoch).where(_of_run))
_GET = Prepared(select(_runs).where(_of_run))
_JOURNAL = Prepared(
    select(_journal, _outputs.c.output)
    .outerjoin(_outputs, _outputs.c.line == _journal.c.seq)
    .where(_journal.c.run == bindparam("run", type_=Words), _journal.c.seq > bindparam("after", type_=BigInteger))
    .order_by(_journal.c.seq)
)
_WAKE = Prepared(
    update(_runs)
    .where(_of_run, _runs.c.ended_at.is_(None))
    .values(
        wake_at=case((_runs.c.wake_at < _at, _runs.c.wake_at), else_=_at),
        woken_at=case((_runs.c.woken_at < _at, _runs.c.woken_at), else_=_at),
    )
)

_texts: deque[tuple[Runbook, str]] = deque(maxlen=32)


def _book_text(book: Runbook) -> str:
    """A runbook as text. The same few begin again and again, and to write one out takes longer than all the rest."""
    for known, text in _texts:
        if known == book:
            return text
    text = encode(to_json(book))
    _texts.appendleft((book, text))
    return text


@lru_cache(maxsize=32)
def _book(text: str) -> Runbook:
    """The runbook in a text; read once, as above."""
    return from_json(Runbook, json.loads(text))


def run_row(run: RunbookRun) -> Values:
    """A run as a row, carried by nobody."""
    return {
        "id": run.id,
        "runbook": _book_text(run.runbook),
        "incident": run.incident,
        "inputs": dict(run.inputs),
        "started_at": run.started_at,
        "started_by": encoded(run.started_by),
        "status": run.status,
        "source": run.source,
        "rule": run.rule,
        "signal_expr": run.signal_expr,
        "signal_labels": dict(run.signal_labels),
        "wake_at": run.wake_at,
        "epoch": run.epoch,
        "ended_at": run.ended_at,
        "runbook_name": run.runbook.name,
        "began_by": run.trigger,
        "service": run.service,
        "environment": run.environment,
        "autonomy": run.autonomy,
        "does": run.does,
        "lock": run.lock,
        "parent": run.parent,
        "parent_step": run.parent_step,
        "depth": run.depth,
        "changed_at": run.changed_at,
        **_verdict(run),
        "owner": None,
        "lease_until": None,
        "woken_at": None,
    }


def _verdict(run: RunbookRun) -> Values:
    after = run.verdict_after
    return {"verdict": run.verdict, "verdict_after": None if after is None else span_micros(after)}


def run_noun(row: Found) -> RunbookRun:
    """The run in a row."""
    return RunbookRun(
        id=RunId(row.id),
        runbook=_book(row.runbook),
        incident=row.incident and IncidentId(row.incident),
        inputs=row.inputs,
        started_at=row.started_at,
        started_by=from_json(Actor, row.started_by),
        status=RunStatus(row.status),
        source=row.source,
        rule=row.rule,
        signal_expr=row.signal_expr,
        signal_labels=LabelSet(row.signal_labels),
        wake_at=row.wake_at,
        epoch=row.epoch,
        ended_at=row.ended_at,
        trigger=row.began_by,
        service=row.service,
        environment=row.environment,
        autonomy=Autonomy(row.autonomy),
        does=row.does,
        lock=row.lock,
        parent=row.parent and RunId(row.parent),
        parent_step=row.parent_step,
        depth=row.depth,
        changed_at=row.changed_at,
        verdict=RunVerdict(row.verdict),
        verdict_after=None if row.verdict_after is None else timedelta(microseconds=row.verdict_after),
    )


def line_row(entry: JournalEntry) -> Values:
    """A line of a journal as a row, without its output and the `seq` it is about to get."""
    return {
        "run": entry.run,
        "at": entry.at,
        "kind": entry.kind,
        "actor": encoded(entry.actor),
        "step": entry.step,
        "attempt": entry.attempt,
        "data": _without_output(entry),
    }


def line_noun(row: Found) -> JournalEntry:
    """The line in a row that has its output beside it."""
    kind = JournalKind(row.kind)
    output = {**_OUTPUT, **(row.output or {})} if kind is JournalKind.FINISHED else {}
    return JournalEntry(
        run=RunId(row.run),
        at=row.at,
        kind=kind,
        actor=from_json(Actor, row.actor),
        step=row.step,
        attempt=row.attempt,
        data={**row.data, **output},
        seq=row.seq,
    )


@dataclass(frozen=True, slots=True)
class _Tail:
    """The lines of a journal whose numbers are higher than `after`."""

    after: int
    lines: list[JournalEntry]

    def since(self, number: int) -> Sequence[JournalEntry]:
        """Those with higher numbers than this one, which are the last ones."""
        first = len(self.lines)
        while first and self.lines[first - 1].seq > number:
            first -= 1
        return self.lines[first:]


class Runs(Repository):
    """See `bot.ports.store.Runs`."""

    def next_id(self) -> RunId:
        """The next free id."""
        return RunId(f"RUN-{self._number('runs')}")

    def create(self, run: RunbookRun) -> None:
        """Adds a run nobody carries yet."""
        self._add(_runs, run_row(run))
        self._pending.kept.update({("epoch", run.id): run.epoch, ("journal", run.id): _Tail(0, [])})

    def get(self, run: RunId) -> RunbookRun:
        """One run; NotFound."""
        row = self._first(_GET, {"run": run})
        if row is None:
            raise _no_such(run)
        return run_noun(row)

    def list(self, *, incident: IncidentId | None = None, runbook: str = "", limit: int = 100) -> Sequence[RunbookRun]:
        """The newest first, of all or of those for an incident, or of a runbook."""
        newest_first = (_runs.c.started_at.desc(), func.length(_runs.c.id).desc(), _runs.c.id.desc())
        only = [_runs.c.incident == incident] if incident is not None else []
        only += [_runs.c.runbook_name == runbook] if runbook else []
        wanted = select(_runs).where(*only).order_by(*newest_first).limit(limit)
        return [run_noun(row) for row in self._all(wanted)]

    def journal(self, run: RunId, known: Sequence[JournalEntry] = ()) -> Sequence[JournalEntry]:
        """What happened in a run, in order; what is known is not read again."""
        after = known[-1].seq if known else 0
        return [*known, *self._tail(run, after).since(after)]

    def _tail(self, run: RunId, after: int) -> _Tail:
        """Its lines from there on, read once as long as nobody else writes; what we add is known."""
        known: _Tail | None = self._pending.kept.get(("journal", run))
        if known is not None and known.after <= after:
            return known
        lines = [line_noun(row) for row in self._all(_JOURNAL, {"run": run, "after": after})]
        if known is not None:
            lines = [*(line for line in lines if line.seq <= known.after), *known.lines]
        tail = self._pending.kept["journal", run] = _Tail(after, lines)
        return tail

    def append(self, entry: JournalEntry, *, epoch: int | None) -> JournalEntry:
        """Adds to the journal. With an epoch, Fenced unless it is the run's newest."""
        self._still_ours(entry.run, self._newest(entry.run) if epoch is None else epoch)
        seq = self._add(_journal, line_row(entry))
        output = {key: value for key in _output_of(entry.kind) if (value := entry.data.get(key))}
        if output:
            self._add(_outputs, {"line": seq, "run": entry.run, "output": output})
        line = JournalEntry(
            run=entry.run, at=entry.at, kind=entry.kind, actor=entry.actor, step=entry.step, attempt=entry.attempt,
            data=entry.data, seq=seq,
        )  # fmt: skip
        tail = self._pending.kept.setdefault(("journal", entry.run), _Tail(seq - 1, []))
        tail.lines.append(line)
        return line

    def _newest(self, run: RunId) -> int:
        """The epoch of the last claim, asked for once in a transaction; NotFound."""

        def ask() -> int:
            row = self._first(_NEWEST, {"run": run})
            if row is None:
                raise _no_such(run)
            return int(row.epoch)

        return self._kept(("epoch", run), ask)

    def _still_ours(self, run: RunId, epoch: int) -> None:
        """Fenced unless the epoch is the run's newest."""
        if self._newest(run) != epoch:
            raise _taken_over(run, epoch)

    def claim(self, owner: str, now: datetime, lease: timedelta, most: int) -> ClaimedRuns:
        """Takes runs that are due and that nobody holds, those due for longest first, and raises their epochs."""
        runs, unread = list[RunbookRun](), dict[RunId, Exception]()
        asked = {"claimant": owner, "at": now, "span": span_micros(lease), "most": most}
        for row in self._all(_CLAIM, asked):
            try:
                runs.append(run_noun(row))
                self._pending.kept["epoch", row.id] = row.epoch
            except Exception as mistake:
                unread[RunId(row.id)] = mistake
        return ClaimedRuns(sorted(runs, key=lambda run: run.wake_at or now), unread)

    def next_at(self) -> datetime | None:
        """When the next run is due that nobody holds."""
        row = self._first(_AHEAD)
        return row.at if row else None

    def renew(self, run: RunId, *, epoch: int, lease: timedelta) -> None:
        """Lengthens the lease; Fenced when the run was taken over."""
        self._still_ours(run, epoch)
        self._later(_RENEW, {"run": run, "held": epoch, "span": span_micros(lease)})

    def release(self, run: RunbookRun, *, epoch: int) -> None:
        """Puts a run down with its new status; it wakes at `wake_at`, or when it was woken meanwhile."""
        self._still_ours(run.id, epoch)
        changes = {
            "status": run.status,
            "is_over": run.status in ENDED,
            "rests_until": run.wake_at,
            "ended_at": run.ended_at,
            **_verdict(run),
            **dict.fromkeys(("owner", "lease_until", "woken_at")),
        }
        self._later(_RELEASE, {**changes, "run": run.id, "held": epoch})
        self._pending.forget_after(("journal", run.id))

    def wake(self, run: RunId, at: datetime) -> None:
        """Something happened that the run waits for; a run that has ended sleeps on."""
        self._change(_WAKE, {"run": run, "at": at})

    def bring_forward(self, by: timedelta) -> None:
        """All runs that sleep wake earlier by this much."""
        self._change(update(_runs).where(_runs.c.wake_at.is_not(None)).values(wake_at=earlier(_runs.c.wake_at, by)))

    def mark_changed(self, run: RunId, at: datetime, *, epoch: int) -> None:
        """Its first change is about to begin; Fenced when it was taken over. Later calls change nothing."""
        self._still_ours(run, epoch)
        self._later(_MARK, {"run": run, "held": epoch, "at": at})

    def reopen(self, run: RunId, at: datetime) -> None:
        """An ended run has something to do again: it is due at this time."""
        opened = update(_runs).where(_of_run, _runs.c.ended_at.is_not(None))
        self._change(opened.values(status=RunStatus.RUNNING, ended_at=None, wake_at=_at), {"run": run, "at": at})

    def under_way(self, *, lock: str = "", service: str = "") -> Sequence[RunbookRun]:
        """Runs that have not ended: with this lock, or those for a service that began a change; the oldest first."""
        wanted = select(_runs).where(_runs.c.ended_at.is_(None)).order_by(_runs.c.started_at, func.length(_runs.c.id))
        if lock:
            wanted = wanted.where(_runs.c.lock == lock)
        if service:
            wanted = wanted.where(_runs.c.service == service, _runs.c.changed_at.is_not(None))
        return [run_noun(row) for row in self._all(wanted)]

    def changed_since(self, at: datetime) -> int:
        """How many runs have begun a change since then."""
        row = self._first(select(func.count()).select_from(_runs).where(_runs.c.changed_at >= at))
        return int(row[0]) if row else 0

    def children(self, parent: RunId, step: str) -> Sequence[RunbookRun]:
        """The runs that a step of a run began, the oldest first."""
        wanted = select(_runs).where(_runs.c.parent == parent, _runs.c.parent_step == step)
        return [run_noun(row) for row in self._all(wanted.order_by(_runs.c.started_at))]

    def release_all(self) -> None:
        """Ends every lease; runs that were carried are due as they were."""
        self._change(update(_runs).where(_runs.c.lease_until.is_not(None)).values(lease_until=None, owner=None))


def _output_of(kind: JournalKind) -> Collection[str]:
    return _OUTPUT if kind is JournalKind.FINISHED else ()


def _without_output(entry: JournalEntry) -> Mapping[str, Any]:  # Any: plain JSON
    if entry.kind is not JournalKind.FINISHED:
        return entry.data
    return {key: value for key, value in entry.data.items() if key not in _OUTPUT}


def _no_such(run: RunId) -> NotFound:
    return NotFound(f"there is no run {run}", hint="`tocsin runbook runs` lists them")


def _taken_over(run: RunId, epoch: int) -> Fenced:
    return Fenced(f"run {run} is no longer ours: epoch {epoch} is not its newest")
