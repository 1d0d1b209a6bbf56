"""The door: opens the database that `store.url` names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import StartError
from bot.ports.store import Tx
from bot.store.backend import Backend
from bot.store.postgres import PostgresServer
from bot.store.readers import Readers
from bot.store.schema import open_prepared
from bot.store.sqlite import SqliteFile
from bot.store.writer import Writer

T = TypeVar("T")


class SqlStore:
    """See `bot.ports.store.Store`. Bound to the event loop it was opened on."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Runs the work in one transaction and commits it before it answers; an exception undoes all of it.

        Cancelled while it waits its turn, the work does not run; cancelled later, it may have been committed.
        """
        return await self._writer.run(lambda channel: work(channel.tx))

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Runs the work on one consistent snapshot; it must not write."""
        return await self._readers.run(lambda channel: work(channel.tx))


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
        try:
            yield SqlStore(writer, reading)
        finally:
            await reading.close()
            await writer.close()


def backend_for(url: str) -> Backend:
    """The database a URL names, not yet opened; StartError without repeating the URL, which may hold a password."""
    hint = "write it like sqlite:///tocsin.db or postgresql://USER@HOST/DATABASE"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StartError("store.url is not the URL of a database", hint=hint) from None
    match parsed.drivername:
        case "sqlite":
            return SqliteFile(parsed)
        case "postgresql" | "postgresql+psycopg":
            return PostgresServer(parsed)
        case other:
            raise StartError(f"store.url begins with {other}, which Tocsin does not know", hint=hint)
