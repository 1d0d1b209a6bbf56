"""Runs, their journals, and who carries them.

A lease is a time by the database's clock; `epoch` is the fencing token. A run that is woken while it is carried stays
woken: whoever puts it down cannot sleep through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, bindparam, case, func, null, or_, select, update

from bot.errors import Fenced, NotFound
from bot.model.actor import Actor
from bot.model.ids import IncidentId, RunId
from bot.model.labels import LabelSet
from bot.model.run import ENDED, JournalEntry, JournalKind, RunbookRun, RunStatus
from bot.model.runbook import Runbook
from bot.store.codec import from_json, to_json
from bot.store.columns import DatabaseNow, Instant, Words, span_micros
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
    .limit(1)
)
_CLAIM = (
    update(_runs)
    .where(_runs.c.id == _due.scalar_subquery())
    .values(
        owner=bindparam("claimant", type_=Words),
        lease_until=DatabaseNow() + _span,
        epoch=_runs.c.epoch + 1,
        woken_at=null(),
    )
    .returning(_runs)
)
_RENEW = update(_runs).where(*_held).values(lease_until=DatabaseNow() + _span)
_RELEASE = update(_runs).where(*_held)
_WAKE = (
    update(_runs)
    .where(_of_run, _runs.c.ended_at.is_(None))
    .values(
        wake_at=case((_runs.c.wake_at < _at, _runs.c.wake_at), else_=_at),
        woken_at=case((_runs.c.woken_at < _at, _runs.c.woken_at), else_=_at),
    )
)


def run_row(run: RunbookRun) -> Values:
    """A run as a row, carried by nobody."""
    return {
        "id": run.id,
        "runbook": to_json(run.runbook),
        "incident": run.incident,
        "inputs": dict(run.inputs),
        "started_at": run.started_at,
        "started_by": to_json(run.started_by),
        "status": run.status,
        "source": run.source,
        "rule": run.rule,
        "signal_expr": run.signal_expr,
        "signal_labels": dict(run.signal_labels),
        "wake_at": run.wake_at,
        "epoch": run.epoch,
        "ended_at": run.ended_at,
    }


def run_noun(row: Found) -> RunbookRun:
    """The run in a row."""
    return RunbookRun(
        id=RunId(row.id),
        runbook=from_json(Runbook, row.runbook),
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
    )


def line_row(entry: JournalEntry) -> Values:
    """A line of a journal as a row, without its output and the `seq` it is about to get."""
    return {
        "run": entry.run,
        "at": entry.at,
        "kind": entry.kind,
        "actor": to_json(entry.actor),
        "step": entry.step,
        "attempt": entry.attempt,
        "data": {key: value for key, value in entry.data.items() if not _is_output(entry.kind, key)},
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


class Runs(Repository):
    """See `bot.ports.store.Runs`."""

    def next_id(self) -> RunId:
        """The next free id."""
        return RunId(f"RUN-{self._number('runs')}")

    def create(self, run: RunbookRun) -> None:
        """Adds a run nobody carries yet."""
        self._insert(_runs, run_row(run))

    def get(self, run: RunId) -> RunbookRun:
        """One run; NotFound."""
        row = self._first(select(_runs).where(_of_run), {"run": run})
        if row is None:
            raise _no_such(run)
        return run_noun(row)

    def list(self, *, incident: IncidentId | None = None, limit: int = 100) -> Sequence[RunbookRun]:
        """The newest first."""
        newest_first = (_runs.c.started_at.desc(), func.length(_runs.c.id).desc(), _runs.c.id.desc())
        wanted = select(_runs).order_by(*newest_first).limit(limit)
        if incident is not None:
            wanted = wanted.where(_runs.c.incident == incident)
        return [run_noun(row) for row in self._all(wanted)]

    def journal(self, run: RunId) -> Sequence[JournalEntry]:
        """What happened in a run, in order."""
        lines = select(_journal, _outputs.c.output).outerjoin(_outputs, _outputs.c.line == _journal.c.seq)
        rows = self._all(lines.where(_journal.c.run == run).order_by(_journal.c.seq))
        return [line_noun(row) for row in rows]

    def append(self, entry: JournalEntry, *, epoch: int | None) -> JournalEntry:
        """Adds to the journal. With an epoch, Fenced unless it is the run's newest."""
        newest = self._first(select(_runs.c.epoch).where(_of_run), {"run": entry.run})
        if newest is None:
            raise _no_such(entry.run)
        if epoch is not None and newest.epoch != epoch:
            raise _taken_over(entry.run, epoch)
        seq = self._insert(_journal, line_row(entry))
        output = {key: value for key, value in entry.data.items() if _is_output(entry.kind, key) and value}
        if output:
            self._insert(_outputs, {"line": seq, "run": entry.run, "output": output})
        return replace(entry, seq=seq)

    def claim(self, owner: str, now: datetime, lease: timedelta) -> RunbookRun | None:
        """Takes one run that is due and that nobody holds; raises its epoch."""
        row = self._first(_CLAIM, {"claimant": owner, "at": now, "span": span_micros(lease)})
        return row and run_noun(row)

    def renew(self, run: RunId, *, epoch: int, lease: timedelta) -> None:
        """Lengthens the lease; Fenced when the run was taken over."""
        if not self._change(_RENEW, {"run": run, "held": epoch, "span": span_micros(lease)}):
            raise _taken_over(run, epoch)

    def release(self, run: RunbookRun, *, epoch: int) -> None:
        """Puts a run down with its new status; it wakes at `wake_at`, or when it was woken meanwhile."""
        row = self._first(select(_runs.c.woken_at).where(*_held), {"run": run.id, "held": epoch})
        if row is None:
            raise _taken_over(run.id, epoch)
        times = [at for at in (run.wake_at, row.woken_at) if at is not None]
        changes = {
            "status": run.status,
            "wake_at": None if run.status in ENDED else min(times, default=None),
            "ended_at": run.ended_at,
            "owner": None,
            "lease_until": None,
            "woken_at": None,
        }
        self._change(_RELEASE, {**changes, "run": run.id, "held": epoch})

    def wake(self, run: RunId, at: datetime) -> None:
        """Something happened that the run waits for; a run that has ended sleeps on."""
        self._change(_WAKE, {"run": run, "at": at})

    def release_all(self) -> None:
        """Ends every lease; runs that were carried are due as they were."""
        self._change(update(_runs).where(_runs.c.lease_until.is_not(None)).values(lease_until=None, owner=None))


def _is_output(kind: JournalKind, key: str) -> bool:
    return kind is JournalKind.FINISHED and key in _OUTPUT


def _no_such(run: RunId) -> NotFound:
    return NotFound(f"there is no run {run}", hint="list them with `tocsin runbook list`")


def _taken_over(run: RunId, epoch: int) -> Fenced:
    return Fenced(f"run {run} is no longer ours: epoch {epoch} is not its newest")
