"""The one thread that writes. Works that wait while a commit is under way share the next one.

A work that raises is undone alone (see `pending.py`). Nobody hears of a result before the commit that holds it is on
the disk. What somebody outside waits for comes first, and no commit makes it wait for long.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.errors import StoreUnavailable
from bot.store.backend import Backend, Verdict, closed
from bot.store.channel import Channel

T = TypeVar("T")
_MOST = 256
"""Works in one commit: what comes later waits for the next."""
_LONGEST_S = 0.03
"""After this long a commit takes no further work."""
_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Job:
    work: Callable[[Channel], Any]  # Any: each job has a type of its own, which `run` gives back
    answer: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Outcome:
    value: Any = None
    error: BaseException | None = None


class _OutcomeUnknown(Exception):
    """COMMIT was sent, its answer was lost, and nobody can be asked."""


class _NobodyKnowsWhose(Exception):
    """A row was refused, and nobody can tell which of the works that share the transaction it came from."""


class _Line:
    """Jobs that wait; those that are to be first stand before the others, each kind in its order."""

    def __init__(self) -> None:
        self._first: deque[_Job] = deque()
        self._others: deque[_Job] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, first: Sequence[_Job], others: Sequence[_Job]) -> None:
        """At the end of each kind."""
        with self._changed:
            self._first += first
            self._others += others
            self._changed.notify()

    def close(self) -> None:
        """Nothing more will come."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def wait(self) -> bool:
        """Until there is a job; False when none will come any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._first or self._others or self._closed)
            return bool(self._first or self._others)

    def next(self) -> _Job | None:
        """The next one that is still wanted, if there is any."""
        with self._changed:
            while line := self._first or self._others:
                job = line.popleft()
                if not job.answer.cancelled():
                    return job
        return None


class Writer:
    """Runs works one after the other, several to a commit. Opened and used on one event loop."""

    def __init__(self, backend: Backend, channel: Channel) -> None:
        self._backend = backend
        self._loop = asyncio.get_running_loop()
        self._channel: Channel | None = channel
        self._line = _Line()
        self._fresh: tuple[list[_Job], list[_Job]] = ([], [])
        self._watchers: list[Callable[[], None]] = []
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[Channel], T], *, first: bool = False) -> T:
        """The work's result, once it is committed; what it raised, once it is undone; StoreUnavailable."""
        if self._closed:
            raise closed(self._backend)
        answer: asyncio.Future[T] = self._loop.create_future()
        if not any(self._fresh):
            self._loop.call_soon(self._hand_over)
        self._fresh[0 if first else 1].append(_Job(work, answer))
        return await answer

    def _hand_over(self) -> None:
        """All that was asked for in one turn of the loop, together: those who were answered together stay together."""
        first, others = self._fresh
        self._fresh = ([], [])
        self._line.put(first, others)

    def watch(self, changed: Callable[[], None]) -> bool:
        """See `bot.ports.store.Store`."""
        self._watchers.append(changed)
        return self._backend.alone

    async def close(self) -> None:
        """Finishes what was asked for and ends the thread."""
        self._closed = True
        self._hand_over()
        self._line.close()
        await asyncio.to_thread(self._thread.join)

    def _serve(self) -> None:
        while self._line.wait():
            before = self._changes()
            jobs, outcomes = self._commit()
            with suppress(RuntimeError):  # the loop was closed, and nobody listens
                self._loop.call_soon_threadsafe(self._answer, jobs, outcomes, self._changes() != before)
        self._drop()

    def _commit(self) -> tuple[Sequence[_Job], Sequence[_Outcome]]:
        """Runs what waits in one transaction, again while that may help; never when it may have been committed."""
        job = self._line.next()
        if job is None:
            return (), ()  # all that waited were cancelled
        jobs, tries = [job], 0
        while True:
            tries += 1
            try:
                return jobs, self._transact(jobs)
            except _OutcomeUnknown:
                message = f"{self._backend.name} went away during a commit, and whether it happened is not known"
                failure: BaseException = StoreUnavailable(message, hint="look before you do it again")
            except self._backend.errors as error:
                self._drop()
                if self._backend.verdict(error) is Verdict.AGAIN and tries < _TRIES:
                    continue
                failure = self._backend.translate(error)
            return jobs, [_Outcome(error=failure)] * len(jobs)

    def _transact(self, jobs: list[_Job]) -> Sequence[_Outcome]:
        """Runs these jobs, and those that wait behind them as long as there is time; they are added to `jobs`."""
        channel = self._channel = self._channel or self._backend.open_writer()
        try:
            return self._together(channel, jobs, alone=False)
        except _NobodyKnowsWhose:
            channel.say("ROLLBACK")
            return self._together(channel, jobs, alone=True)

    def _together(self, channel: Channel, jobs: list[_Job], *, alone: bool) -> Sequence[_Outcome]:
        """One transaction. `alone`: each job has its own errors, which costs more, and no further job is taken."""
        until = time.monotonic() + _LONGEST_S
        transaction = self._backend.begin(channel)
        channel.pending.begin(alone=self._backend.wrote_last(channel))
        outcomes = [self._work(channel, job, alone=alone) for job in jobs]
        while not alone and len(jobs) < _MOST and time.monotonic() < until and (job := self._line.next()):
            jobs.append(job)
            outcomes.append(self._work(channel, job, alone=False))
        self._write_pending(channel)
        try:
            channel.say("COMMIT")
        except self._backend.errors as error:
            self._drop()
            happened = self._backend.was_committed(transaction)
            if happened is None:
                raise _OutcomeUnknown from error
            if not happened:
                raise
        else:
            channel.pending.committed()
            self._backend.committed(channel)
        return outcomes

    def _work(self, channel: Channel, job: _Job, *, alone: bool) -> _Outcome:
        """What came of one work, undone alone if it failed; raises only what ends the whole transaction."""
        pending = channel.pending
        pending.begin_work(alone=alone)
        try:
            outcome = _Outcome(value=job.work(channel))
            pending.end_work(alone=alone)
            return outcome
        except self._backend.errors as error:
            if self._backend.verdict(error) is not Verdict.OURS:
                raise
            if not pending.is_saved:
                raise _NobodyKnowsWhose from error
            outcome = _Outcome(error=self._backend.translate(error))
        except BaseException as error:  # whatever it is, it belongs to whoever asked, and the thread lives on
            outcome = _Outcome(error=error)
        pending.undo_work()
        self._write_pending(channel)
        return outcome

    def _write_pending(self, channel: Channel) -> None:
        try:
            channel.pending.write()
        except self._backend.errors as error:
            if self._backend.verdict(error) is not Verdict.OURS:
                raise
            raise _NobodyKnowsWhose from error

    def _changes(self) -> int | None:
        """None: no connection is open, and nobody knows."""
        return self._backend.changes(self._channel) if self._channel is not None else None

    def _answer(self, jobs: Sequence[_Job], outcomes: Sequence[_Outcome], changed: bool) -> None:
        for job, outcome in zip(jobs, outcomes, strict=True):
            if job.answer.done():
                continue  # whoever asked was cancelled meanwhile; the commit stands
            if outcome.error is not None:
                job.answer.set_exception(outcome.error)
            else:
                job.answer.set_result(outcome.value)
        if changed:
            for tell in self._watchers:
                tell()

    def _drop(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None
