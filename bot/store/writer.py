"""The one thread that writes. Works that wait while a commit is under way share the next one.

In a shared transaction each work has a savepoint of its own, so one that raises is undone alone. Nobody hears of a
result before the commit that holds it is on the disk.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from bot.errors import StoreUnavailable
from bot.store.backend import Backend, Verdict, closed
from bot.store.channel import Channel

T = TypeVar("T")
_MOST = 256
"""Works in one commit: what comes later waits for the next."""
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


class Writer:
    """Runs works one after the other, several to a commit. Opened and used on one event loop."""

    def __init__(self, backend: Backend, channel: Channel) -> None:
        self._backend = backend
        self._loop = asyncio.get_running_loop()
        self._channel: Channel | None = channel
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[Channel], T]) -> T:
        """The work's result, once it is committed; what it raised, once it is undone; StoreUnavailable."""
        if self._closed:
            raise closed(self._backend)
        answer: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(_Job(work, answer))
        return await answer

    async def close(self) -> None:
        """Finishes what was asked for and ends the thread."""
        self._closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _serve(self) -> None:
        while jobs := self._next():
            outcomes = self._commit(jobs)
            with suppress(RuntimeError):  # the loop was closed, and nobody listens
                self._loop.call_soon_threadsafe(_answer, jobs, outcomes)
        self._drop()

    def _next(self) -> Sequence[_Job]:
        """Waits for a job and takes whatever stands behind it; nothing when the writer is closed."""
        jobs: list[_Job] = []
        while len(jobs) < _MOST:
            try:
                job = self._jobs.get(block=not jobs)
            except Empty:
                break
            if job is None:
                self._jobs.put(None)  # for the next round
                break
            if not job.answer.cancelled():
                jobs.append(job)
        return jobs

    def _commit(self, jobs: Sequence[_Job]) -> Sequence[_Outcome]:
        """Runs the jobs in one transaction, again while that may help; never again when it may have been committed."""
        tries = 0
        while True:
            tries += 1
            try:
                return self._transact(jobs)
            except _OutcomeUnknown:
                message = f"{self._backend.name} went away during a commit, and whether it happened is not known"
                failure: BaseException = StoreUnavailable(message, hint="look before you do it again")
            except self._backend.errors as error:
                self._drop()
                if self._backend.verdict(error) is Verdict.AGAIN and tries < _TRIES:
                    continue
                failure = self._backend.translate(error)
            return [_Outcome(error=failure)] * len(jobs)

    def _transact(self, jobs: Sequence[_Job]) -> Sequence[_Outcome]:
        channel = self._channel = self._channel or self._backend.open_writer()
        transaction = self._backend.begin(channel)
        if len(jobs) == 1:
            outcomes = [self._work(channel, jobs[0])]
            if outcomes[0].error is not None:
                channel.say("ROLLBACK")
                return outcomes
        else:
            outcomes = [self._work_apart(channel, job) for job in jobs]
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
            self._backend.committed(channel)
        return outcomes

    def _work_apart(self, channel: Channel, job: _Job) -> _Outcome:
        channel.say("SAVEPOINT work")
        outcome = self._work(channel, job, end="RELEASE SAVEPOINT work")
        if outcome.error is not None:
            channel.say("ROLLBACK TO SAVEPOINT work")
            channel.say("RELEASE SAVEPOINT work")
        return outcome

    def _work(self, channel: Channel, job: _Job, end: str = "") -> _Outcome:
        """What came of one work; raises only what ends the whole transaction."""
        try:
            value = job.work(channel)
            if end:
                channel.say(end)
        except self._backend.errors as error:
            if self._backend.verdict(error) is not Verdict.OURS:
                raise
            return _Outcome(error=self._backend.translate(error))
        except BaseException as error:  # whatever it is, it belongs to whoever asked, and the thread lives on
            return _Outcome(error=error)
        return _Outcome(value=value)

    def _drop(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None


def _answer(jobs: Sequence[_Job], outcomes: Sequence[_Outcome]) -> None:
    for job, outcome in zip(jobs, outcomes, strict=True):
        if job.answer.done():
            continue  # whoever asked was cancelled meanwhile; the commit stands
        if outcome.error is not None:
            job.answer.set_exception(outcome.error)
        else:
            job.answer.set_result(outcome.value)
