"""SQLite: one file, one process, one writer.

Durability: WAL with synchronous=FULL, so a commit is on the disk before it is answered. Exclusivity: `FILE.lock` is
held with flock for as long as the file is open; the kernel lets go of it when the process dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, create_engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from bot.errors import Conflict, StartError, StoreError, StoreUnavailable, TocsinError
from bot.store.backend import FAULT_HINT, Verdict, refused
from bot.store.channel import Channel

_BUSY_SECONDS = 5
_WAL_KEPT = 4 * 1024 * 1024
_WAL_LIMIT = 32 * 1024 * 1024
_OLDEST = (3, 35)
"""RETURNING came with it."""

_UNAVAILABLE = {
    sqlite3.SQLITE_FULL: ("the disk that holds {name} is full", "free disk space; Tocsin goes on by itself"),
    sqlite3.SQLITE_BUSY: (
        "{name} is locked by another program",
        "close the program that has it open; Tocsin goes on by itself",
    ),
    sqlite3.SQLITE_LOCKED: ("{name} is locked", "close the program that has it open; Tocsin goes on by itself"),
    sqlite3.SQLITE_READONLY: ("{name} cannot be written", "make the file and its folder writable for this user"),
    sqlite3.SQLITE_PERM: ("{name} may not be opened", "make the file and its folder writable for this user"),
    sqlite3.SQLITE_CANTOPEN: ("{name} cannot be opened", "check that its folder exists and is writable"),
    sqlite3.SQLITE_IOERR: ("the disk that holds {name} fails", "check the disk and free space on it"),
    sqlite3.SQLITE_NOMEM: ("there is no memory left to read {name}", "give Tocsin more memory"),
}
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class SqliteFile:
    """See `bot.store.backend.Backend`."""

    errors: tuple[type[Exception], ...] = (SQLAlchemyError, sqlite3.Error)
    alone = True
    begin_read = "BEGIN"

    def __init__(self, url: URL) -> None:
        if not url.database or url.database == ":memory:" or url.query:
            raise StartError(f"{url!s} names no file", hint="write it like sqlite:///tocsin.db")
        if sqlite3.sqlite_version_info < _OLDEST:
            raise StartError(f"SQLite {sqlite3.sqlite_version} is too old", hint="Python needs SQLite 3.35 or newer")
        self.path = Path(url.database).resolve()
        self.name = str(self.path)
        self._engine = create_engine(
            "sqlite://", creator=self._connect, poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        self._wal_limit = _WAL_LIMIT

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Creates the file, readable by its owner only, and keeps other processes from opening it."""
        try:
            lock = os.open(f"{self.name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._unopened(error) from None
        try:
            self._lock(lock)
            self._create()
            yield
        finally:
            os.close(lock)

    def _create(self) -> None:
        """Before there is any connection: to close a file is to lose the locks that this process has on it."""
        try:
            os.close(os.open(self.name, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise self._unopened(error) from None

    def _unopened(self, error: OSError) -> StartError:
        hint = "check that its folder exists and that this user may write there"
        return StartError(f"{self.name} cannot be opened: {error.strerror}", hint=hint)

    def _lock(self, lock: int) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 32, 0).decode(errors="replace").strip() or "unknown"
            raise StartError(
                f"{self.name} is already open in process {holder}",
                hint="stop that process, or use PostgreSQL for several",
            ) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)

    def _connect(self) -> sqlite3.Connection:
        """A connection for one thread at a time; creates nothing."""
        uri = f"{self.path.as_uri()}?mode=rw"
        return sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, check_same_thread=False)

    def open_writer(self) -> Channel:
        """A connection whose commits are on the disk."""
        channel = Channel(self._engine.connect())
        channel.say("PRAGMA journal_mode=WAL")
        channel.say("PRAGMA synchronous=FULL")
        channel.say(f"PRAGMA journal_size_limit={_WAL_KEPT}")
        channel.say("PRAGMA foreign_keys=ON")
        return channel

    def open_reader(self) -> Channel:
        """A connection that refuses to write."""
        channel = Channel(self._engine.connect())
        channel.say("PRAGMA query_only=ON")
        return channel

    def begin(self, channel: Channel) -> str:
        """Takes the write lock at once, so that nothing read in the transaction can change under it."""
        channel.say("BEGIN IMMEDIATE")
        return ""

    def wrote_last(self, channel: Channel) -> bool:
        """SQLite counts what others commit."""
        before, channel.seen = channel.seen, int(str(channel.ask("PRAGMA data_version")))
        return channel.seen == before

    def was_committed(self, transaction: str) -> bool:
        """A commit that failed did not happen."""
        return False

    def changes(self, channel: Channel) -> int:
        """SQLite counts."""
        return channel.total_changes

    def committed(self, channel: Channel) -> None:
        """Keeps the WAL bounded: where readers always overlap, SQLite never finds the moment to begin it anew.

        Waits up to a second for the readers of now to finish; in vain, the next try is when as much has come again.
        """
        try:
            size = os.stat(f"{self.name}-wal").st_size
            if size <= self._wal_limit:
                return
            channel.say("PRAGMA busy_timeout=1000")
            in_vain = channel.ask("PRAGMA wal_checkpoint(TRUNCATE)")
            channel.say(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
            self._wal_limit = size + _WAL_LIMIT if in_vain else _WAL_LIMIT
        except (OSError, sqlite3.Error):
            return  # the commit stands; the next one looks again

    def verdict(self, error: Exception) -> Verdict:
        """Errors of the disk end the whole transaction, all others only the work that met them."""
        code = _code(error)
        return Verdict.ALL if code in _UNAVAILABLE or code in _DAMAGED else Verdict.OURS

    def translate(self, error: Exception) -> TocsinError:
        """In our words."""
        code = _code(error)
        if code in _DAMAGED:
            return StoreError(f"{self.name} is damaged", hint="restore a backup: see deploy/README.md")
        if code in _UNAVAILABLE:
            message, hint = _UNAVAILABLE[code]
            return StoreUnavailable(message.format(name=self.name), hint=hint)
        if isinstance(error, IntegrityError | sqlite3.IntegrityError):
            return Conflict(f"{self.name} holds this already, or lacks what it belongs to")
        return StoreError(refused(error, self.name), hint=FAULT_HINT)

    def backup(self, file: Path) -> None:
        """Copies one snapshot page by page, in one step: writers are not disturbed, and do not make it begin again."""
        with closing(self._connect()) as source, closing(sqlite3.connect(file)) as copy:
            try:
                source.backup(copy)
            except sqlite3.OperationalError as error:
                if _code(error) != sqlite3.SQLITE_FULL:
                    raise
                raise StoreError(f"the disk that holds {file} is full", hint="name a folder with room in it") from None
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, whole
            if (found := copy.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
                raise StoreError(f"the copy of {self.name} is damaged: {found}", hint="check the disk")

    def default_backup(self, revision: str, now: datetime) -> Path:
        """Beside the database."""
        return self.path.with_name(f"{self.path.name}.{now:%Y%m%dT%H%M%SZ}-{revision}.backup")


def _code(error: Exception) -> int:
    """SQLite's primary result code; 0 when there is none."""
    extended: int | None = getattr(getattr(error, "orig", None) or error, "sqlite_errorcode", None)
    return (extended or 0) & 0xFF
