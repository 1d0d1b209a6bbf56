"""PostgreSQL (13 or newer): several processes, still one writer at a time.

Every writing transaction begins by taking one advisory lock, which the server gives back with the commit. So the audit
chain and the counters have no gaps, nobody overwrites what he has not seen, and deadlocks cannot happen; a process
that hangs in a transaction is cut off by the server. When the answer to COMMIT is lost, the server is asked what
became of the transaction.

psycopg is loaded by SQLAlchemy when this is used, and pg_dump is what makes backups.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, create_engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from bot.errors import Conflict, StoreError, StoreUnavailable, TocsinError
from bot.store.backend import FAULT_HINT, Verdict, refused
from bot.store.channel import Channel

_WRITERS_LOCK = 0x746F6373696E
"""The advisory lock of all writers: "tocsin" in ASCII."""
_ASK_SECONDS = 10.0
_SURE_S = 5.0
"""For so long a connection goes by what it knows, where only its own mark is there."""
_BEGIN = f"""\
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT pg_current_xact_id()::text, pg_advisory_xact_lock({_WRITERS_LOCK})"""
_MARK = "SELECT last FROM counters WHERE name = 'writer'"
_LEAVE_MARK = """\
INSERT INTO counters (name, last) VALUES ('writer', {mark}) ON CONFLICT (name) DO UPDATE SET last = {mark}"""

_UNAVAILABLE = {
    "25006": ("{name} is read-only", "point store.url at the primary server"),
    "53100": ("the disk of {name} is full", "free disk space; Tocsin goes on by itself"),
    "53300": ("{name} has no connection left", "raise max_connections, or stop what holds them"),
    "55P03": ("another process has been writing to {name} for too long", "stop the process that hangs"),
    "57014": ("{name} took too long", "see what keeps the server busy; Tocsin goes on by itself"),
}
_AGAIN = ("40001", "40P01")
_LOST = ("25P03", "57P01", "57P02")
_CONNECTION = {
    "application_name": "tocsin",
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""What `store.url` does not say; a network that swallows packets is noticed within seconds, not hours."""
_SETTINGS = "SET lock_timeout = '10s'; SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '30s'"


class PostgresServer:
    """See `bot.store.backend.Backend`."""

    alone = False
    begin_read = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql+psycopg")
        self.name = (
            f"PostgreSQL database {url.database or url.username} at {url.host or url.query.get('host', 'localhost')}"
        )
        self._engine = create_engine(
            self._url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            use_native_hstore=False,
            connect_args={key: value for key, value in _CONNECTION.items() if key not in url.query},
        )
        self.errors: tuple[type[Exception], ...] = (SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error)
        self._sure_until = 0.0

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Several processes may have it open."""
        yield

    def open_writer(self) -> Channel:
        """A connection the server cuts off when it hangs."""
        channel = Channel(self._engine.connect())
        channel.say(_SETTINGS)
        return channel

    def open_reader(self) -> Channel:
        """A connection for snapshots."""
        return self.open_writer()

    def begin(self, channel: Channel) -> str:
        """Waits for all other writers; what is read from here on nobody else changes before our commit."""
        return str(channel.ask_last(_BEGIN))

    def wrote_last(self, channel: Channel) -> bool:
        """Each writer leaves a mark. Whoever writes by hand leaves none, and is heard within seconds all the same."""
        now = time.monotonic()
        if channel.ask(_MARK) != channel.seen:
            channel.seen = secrets.randbits(62) + 1
            channel.say(_LEAVE_MARK.format(mark=channel.seen))
        elif now < self._sure_until:
            return True
        self._sure_until = now + _SURE_S
        return False

    def was_committed(self, transaction: str) -> bool | None:
        """Asks the server over a new connection, until it answers or for ten seconds."""
        deadline = time.monotonic() + _ASK_SECONDS
        while time.monotonic() < deadline:
            try:
                with closing(self.open_reader()) as channel:
                    status = channel.ask(f"SELECT pg_xact_status('{int(transaction)}'::xid8)")
            except self.errors:
                status = "in progress"
            if status != "in progress":
                return {"committed": True, "aborted": False}.get(str(status))
            time.sleep(0.2)
        return None

    def changes(self, channel: Channel) -> int:
        """Nobody relies on it: others write too."""
        return 0

    def committed(self, channel: Channel) -> None:
        """The server keeps house by itself."""

    def verdict(self, error: Exception) -> Verdict:
        """By SQLSTATE: see the classes of PostgreSQL's appendix A."""
        state = _state(error)
        if state in _AGAIN or self._is_lost(error):
            return Verdict.AGAIN
        return (
            Verdict.ALL
            if state is None or state in _UNAVAILABLE or state[:2] in ("08", "53", "57", "58")
            else Verdict.OURS
        )

    def translate(self, error: Exception) -> TocsinError:
        """In our words."""
        state = _state(error)
        if state in _UNAVAILABLE:
            message, hint = _UNAVAILABLE[state]
            return StoreUnavailable(message.format(name=self.name), hint=hint)
        if state is None or self._is_lost(error) or self.verdict(error) is not Verdict.OURS:
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[:1]  # libpq names no password
            return StoreUnavailable(f"{self.name} cannot be reached: {''.join(reason) or 'connection lost'}")
        if state.startswith("23"):
            return Conflict(f"{self.name} holds this already, or lacks what it belongs to")
        return StoreError(f"{refused(error, self.name)}, SQLSTATE {state}", hint=FAULT_HINT)

    def backup(self, file: Path) -> None:
        """Runs pg_dump, which takes one snapshot, in its custom format: `pg_restore` reads it."""
        pg_dump = shutil.which("pg_dump")
        if pg_dump is None:
            raise StoreError(
                f"cannot back up {self.name}: pg_dump is not on PATH",
                hint="install the PostgreSQL client, or back up by other means and say `--no-backup`",
            )
        target = self._url.set(drivername="postgresql", password=None).render_as_string()
        password = {"PGPASSWORD": str(self._url.password)} if self._url.password else {}
        done = subprocess.run(
            [pg_dump, "--format=custom", "--no-password", f"--file={file}", f"--dbname={target}"],
            env={**os.environ, **password},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise StoreError(f"cannot back up {self.name}: {reason}", hint="pg_dump must not be older than the server")

    def default_backup(self, revision: str, now: datetime) -> Path:
        """In the folder we are in."""
        return Path(f"{self._url.database or 'tocsin'}.{now:%Y%m%dT%H%M%SZ}-{revision}.dump").resolve()

    def _is_lost(self, error: Exception) -> bool:
        """Whether a connection that worked is gone; one that could not be made was tried just now."""
        if isinstance(error, DBAPIError):
            return bool(error.connection_invalidated) or _state(error) in _LOST
        return not isinstance(error, SQLAlchemyError) and _state(error) in (None, *_LOST)


def _state(error: Exception) -> str | None:
    """The SQLSTATE, where the server gave one."""
    state: str | None = getattr(getattr(error, "orig", None) or error, "sqlstate", None)
    return state
