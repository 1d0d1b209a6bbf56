"""The door: opens the database that `store.url` names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar

from bot.model.retention import Retention
from bot.ports.reads_only import require_read
from bot.ports.store import Tx
from bot.store.address import backend_for
from bot.store.readers import Readers
from bot.store.retention import prune
from bot.store.schema import open_prepared
from bot.store.writer import Writer

T = TypeVar("T")


class SqlStore:
    """See `bot.ports.store.Store`. Bound to the event loop it was opened on."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def write(self, work: Callable[[Tx], T], *, first: bool = False) -> T:
        """Runs the work in one transaction and commits it before it answers; an exception undoes all of it.

        `first`: before all that waits and is not. Cancelled while it waits its turn, the work does not run; cancelled
        later, it may have been committed. Permanent in a rehearsal: what only looks leaves no trace here either.
        """
        require_read("a change of Tocsin's own store", integration="tocsin", reads=False)
        return await self._writer.run(lambda channel: work(channel.tx), first=first)

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Runs the work on one consistent snapshot; it must not write."""
        return await self._readers.run(lambda channel: work(channel.tx))

    def watch(self, changed: Callable[[], None]) -> bool:
        """From now on `changed` is called after each commit that changed something; False: others may write too."""
        return self._writer.watch(changed)

    async def prune(self, now: datetime, retention: Retention) -> Mapping[str, int]:
        """Takes away what has been kept long enough, without holding up anybody; how many rows of each kind went."""
        return await prune(self._readers, self._writer, now, retention)


@asynccontextmanager
async def open_store(url: str, *, readers: int = 3) -> AsyncIterator[SqlStore]:
    """The store at `sqlite:///FILE` or `postgresql://...`; an empty database gets our schema.

    StartError: no such place, open in another process (SQLite), an older schema; SchemaTooNew; StoreUnavailable.
    Leaving finishes what was asked for.
    """
    backend = backend_for(url)
    with backend.hold():
        writer = Writer(backend, await asyncio.to_thread(open_prepared, backend))
        reading = Readers(backend, readers)
        store = SqlStore(writer, reading)
        try:
            if backend.alone:
                await store.write(_bury_the_dead)
            yield store
        finally:
            try:
                await reading.close()
            finally:
                await writer.close()


def _bury_the_dead(tx: Tx) -> None:
    """Ends the leases of a process that was killed, so that its work goes on at once."""
    tx.runs.release_all()
    tx.outbox.release_all()
    tx.leases.release_all()
