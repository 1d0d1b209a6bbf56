"""The switch, the autonomy that runbooks have, what became of their runs, and what steps print while they run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from statistics import median

from sqlalchemy import and_, bindparam, delete, exists, func, select

from bot.model.automation import Autonomy, InFlight, Pause, RunbookRecord, Trust
from bot.model.ids import RunId
from bot.model.run import JournalKind, OutputChunk, RunStatus, RunVerdict
from bot.store.columns import Words
from bot.store.prepared import Prepared
from bot.store.repositories.repository import Found, Repository, Values
from bot.store.tables import ChunkRow, JournalRow, PauseRow, RunRow, TrustRow, table

_pauses = table(PauseRow)
_trusts = table(TrustRow)
_runs = table(RunRow)
_journal = table(JournalRow)
_later = _journal.alias("later")
_chunks = table(ChunkRow)

_THE_ONE = "automation"
_PAUSE = Prepared(select(_pauses))
_TRUST = Prepared(
    select(_trusts).where(
        _trusts.c.runbook == bindparam("of_runbook", type_=Words),
        _trusts.c.environment == bindparam("there", type_=Words),
    )
)
_FINAL = (JournalKind.FINISHED, JournalKind.REFUSED)
_DROP = Prepared(
    delete(_chunks).where(
        _chunks.c.run == bindparam("of_run", type_=Words), _chunks.c.step == bindparam("of_step", type_=Words)
    )
)
_BEGUN = (
    select(_runs.c.id, _runs.c.runbook_name, _journal.c.step, _journal.c.at, _journal.c.data)
    .join(_runs, _runs.c.id == _journal.c.run)
    .where(
        _runs.c.ended_at.is_(None),
        _journal.c.kind == JournalKind.INTENDED,
        ~exists().where(
            and_(
                _later.c.run == _journal.c.run,
                _later.c.step == _journal.c.step,
                _later.c.seq > _journal.c.seq,
                _later.c.kind.in_((*_FINAL, JournalKind.INTENDED)),
            )
        ),
    )
    .order_by(_journal.c.seq)
)
_ENDED = (
    select(
        _runs.c.runbook_name, _runs.c.environment, _runs.c.status, _runs.c.verdict, _runs.c.verdict_after,
        _runs.c.ended_at, _runs.c.changed_at, _runs.c.does,
    )
    .where(_runs.c.ended_at.is_not(None))
    .order_by(_runs.c.runbook_name, _runs.c.environment, _runs.c.ended_at, func.length(_runs.c.id), _runs.c.id)
)  # fmt: skip


def trust_row(trust: Trust) -> Values:
    """A trust as a row."""
    return {
        "runbook": trust.runbook,
        "environment": trust.environment,
        "autonomy": trust.autonomy,
        "since": trust.since,
        "by": trust.by,
        "reason": trust.reason,
        "does": trust.does,
    }


def trust_noun(row: Found) -> Trust:
    """The trust in a row."""
    return Trust(
        runbook=row.runbook,
        environment=row.environment,
        autonomy=Autonomy(row.autonomy),
        since=row.since,
        by=row.by,
        reason=row.reason,
        does=row.does,
    )


def chunk_row(chunk: OutputChunk) -> Values:
    """A piece as a row, without the `seq` it is about to get."""
    return {"run": chunk.run, "step": chunk.step, "attempt": chunk.attempt, "at": chunk.at, "text": chunk.text}


def chunk_noun(row: Found) -> OutputChunk:
    """The piece in a row."""
    return OutputChunk(run=RunId(row.run), step=row.step, attempt=row.attempt, at=row.at, text=row.text, seq=row.seq)


class Automations(Repository):
    """See `bot.ports.automation_store.Automations`."""

    def pause(self) -> Pause:
        """How the switch stands."""
        return self._kept("pause", self._pause)

    def _pause(self) -> Pause:
        row = self._first(_PAUSE)
        return Pause() if row is None else Pause(paused=row.paused, by=row.by, at=row.at, reason=row.reason)

    def set_pause(self, pause: Pause) -> None:
        """Sets it."""
        values = {"id": _THE_ONE, "paused": pause.paused, "by": pause.by, "at": pause.at, "reason": pause.reason}
        self._put(_pauses, values)
        self._forget("pause")

    def trust(self, runbook: str, environment: str) -> Trust | None:
        """What a person gave or a failure took."""

        def ask() -> Trust | None:
            row = self._first(_TRUST, {"of_runbook": runbook, "there": environment})
            return row and trust_noun(row)

        return self._kept(("trust", runbook, environment), ask)

    def trusts(self) -> Sequence[Trust]:
        """All of them."""
        in_order = select(_trusts).order_by(_trusts.c.runbook, _trusts.c.environment)
        return [trust_noun(row) for row in self._all(in_order)]

    def set_trust(self, trust: Trust) -> None:
        """Creates or replaces."""
        self._put(_trusts, trust_row(trust))
        self._forget(("trust", trust.runbook, trust.environment))

    def records(self, does: Mapping[str, str]) -> Sequence[RunbookRecord]:
        """What became of the ended runs."""
        of_one = groupby(self._all(_ENDED), key=lambda row: (row.runbook_name, row.environment))
        return [
            _record(runbook, environment, does.get(runbook, ""), list(rows)) for (runbook, environment), rows in of_one
        ]

    def record(self, runbook: str, environment: str, does: str) -> RunbookRecord:
        """The same of one."""
        of_one = _ENDED.where(_runs.c.runbook_name == runbook, _runs.c.environment == environment)
        return _record(runbook, environment, does, list(self._all(of_one)))

    def in_flight(self) -> Sequence[InFlight]:
        """Steps that have begun and not ended."""
        return [
            InFlight(
                run=row.id, runbook=row.runbook_name, step=row.step, summary=row.data.get("summary", ""), since=row.at
            )
            for row in self._all(_BEGUN)
        ]


class Outputs(Repository):
    """See `bot.ports.automation_store.Outputs`."""

    def append(self, chunks: Sequence[OutputChunk]) -> None:
        """Adds pieces in order."""
        for chunk in chunks:
            self._insert(_chunks, chunk_row(chunk))

    def after(self, run: RunId, seq: int, limit: int = 1000) -> Sequence[OutputChunk]:
        """Those that came after `seq`."""
        of_run = select(_chunks).where(_chunks.c.run == run, _chunks.c.seq > seq)
        return [chunk_noun(row) for row in self._all(of_run.order_by(_chunks.c.seq).limit(limit))]

    def latest(self, run: RunId, limit: int = 200) -> Sequence[OutputChunk]:
        """The newest, in order."""
        of_run = select(_chunks).where(_chunks.c.run == run).order_by(_chunks.c.seq.desc()).limit(limit)
        return [chunk_noun(row) for row in self._all(of_run)][::-1]

    def drop(self, run: RunId, step: str) -> None:
        """Takes away those of one step."""
        self._later(_DROP, {"of_run": run, "of_step": step})


def _record(runbook: str, environment: str, does: str, rows: Sequence[Found]) -> RunbookRecord:
    verdicts = [row.verdict for row in rows if row.verdict]
    statuses = [row.status for row in rows]
    times = [row.verdict_after for row in rows if row.verdict == RunVerdict.RECOVERED and row.verdict_after is not None]
    return RunbookRecord(
        runbook=runbook,
        environment=environment,
        runs=len(rows),
        succeeded=statuses.count(RunStatus.SUCCEEDED),
        failed=statuses.count(RunStatus.FAILED) + statuses.count(RunStatus.ROLLED_BACK),
        rejected=statuses.count(RunStatus.REJECTED),
        recovered=verdicts.count(RunVerdict.RECOVERED),
        not_recovered=verdicts.count(RunVerdict.NOT_RECOVERED),
        not_seen=verdicts.count(RunVerdict.NOT_SEEN),
        in_a_row=_in_a_row(row for row in rows if does and row.does == does),
        typically=timedelta(microseconds=int(median(times))) if times else None,
        last_at=rows[-1].ended_at if rows else None,
    )


def _in_a_row(rows: Iterable[Found]) -> int:
    """Recoveries since the last run that failed, was rolled back, or did not recover; by changes, not by looks.

    Of a run that somebody stopped, by a no or by a word, nobody knows that it was the run that helped.
    """
    count = 0
    for row in rows:
        if row.changed_at is None and row.verdict != RunVerdict.NONE:
            continue  # people did it, or did not
        if row.status in (RunStatus.FAILED, RunStatus.ROLLED_BACK) or row.verdict not in (
            RunVerdict.NONE,
            RunVerdict.RECOVERED,
        ):
            count = 0
        elif row.status == RunStatus.SUCCEEDED and row.verdict == RunVerdict.RECOVERED:
            count += 1
    return count
