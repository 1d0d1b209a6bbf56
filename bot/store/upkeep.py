"""What `tocsin db` does: back up, upgrade, verify, count what is old. All of it blocks: not for the event loop."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.errors import StartError, StoreError
from bot.model.retention import Retention
from bot.ports.alert_store import Posted
from bot.store.address import backend_for
from bot.store.backend import Backend
from bot.store.channel import Channel
from bot.store.migrations.steps import take_to
from bot.store.retention import count
from bot.store.schema import REVISIONS, create, revision

_BODIES = 100
"""Bodies read at a time: one may be a megabyte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgraded:
    """What an upgrade did. `before` None: the database was empty. `backup` None: none was needed, or none wanted."""

    before: str | None
    after: str
    backup: Path | None


def backup(url: str, file: Path) -> None:
    """Copies the database to a file that does not exist yet, consistent while Tocsin runs and undisturbed by it.

    SQLite: a database file, to be put back in place of the old one. PostgreSQL: an archive for `pg_restore`. The file
    is readable by its owner only, and appears under its name only when it is whole. StartError, StoreError.
    """
    _back_up(backend_for(url), file)


def upgrade(url: str, now: datetime, *, back_up: bool = True) -> Upgraded:
    """Takes the schema to the one this Tocsin needs, after a backup; nothing changes if any of it fails.

    StartError while a process has it open (SQLite); SchemaTooNew; StoreError when the backup cannot be made.
    """
    backend = backend_for(url)
    with backend.hold(), _translated(backend), closing(backend.open_writer()) as channel:
        before = revision(channel.connection, backend.name)
        after = REVISIONS[-1]
        if before == after:
            return Upgraded(before=before, after=after, backup=None)
        kept = backend.default_backup(before, now) if before is not None and back_up else None
        if kept is not None:
            _back_up(backend, kept)
        backend.begin(channel)
        if revision(channel.connection, backend.name) != before:
            raise StartError(f"another process is upgrading {backend.name}", hint="wait for it and look again")
        _migrate(channel, before, after)
        channel.say("COMMIT")
        return Upgraded(before=before, after=after, backup=kept)


def prunable(url: str, now: datetime, retention: Retention) -> Mapping[str, int]:
    """How many rows of each kind `prune` would take away now; also while Tocsin runs. StartError, StoreError."""
    with _looking(url) as channel:
        return count(channel, now, retention)


def first_break(url: str) -> int | None:
    """The first entry of the audit record that does not follow, None when it holds; also while Tocsin runs."""
    with _looking(url) as channel:
        return channel.tx.audit.broken_at()


def posted_since(url: str, at: datetime) -> Generator[Posted, None, None]:
    """The bodies that were posted since, the oldest first; also while Tocsin runs. StartError, StoreError."""
    with _looking(url) as channel:
        after, more = 0, True
        while more:
            found = channel.tx.posted.since(at, after, _BODIES)
            yield from found
            more = len(found) == _BODIES
            after = found[-1].seq if found else after


@contextmanager
def _looking(url: str) -> Iterator[Channel]:
    """A consistent view of a database with our schema."""
    backend = backend_for(url)
    with _translated(backend), closing(backend.open_reader()) as channel:
        channel.say(backend.begin_read)
        if revision(channel.connection, backend.name) != REVISIONS[-1]:
            raise StartError(f"{backend.name} does not have this Tocsin's schema", hint="run `tocsin db upgrade`")
        yield channel


def _migrate(channel: Channel, before: str | None, after: str) -> None:
    if before is None:
        create(channel.connection)
        return
    take_to(channel.connection, after)


def _back_up(backend: Backend, file: Path) -> None:
    """Writes beside the file first, so that what has its name is whole."""
    if file.exists():
        raise StartError(f"{file} exists already", hint="name a file that does not: a backup is never overwritten")
    partial = file.with_name(f"{file.name}.partial")
    try:
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        with _translated(backend):
            backend.backup(partial)
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.rename(file)
    except OSError as error:
        raise StoreError(f"cannot write {file}: {error.strerror}", hint="name a folder with room in it") from None
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _translated(backend: Backend) -> Iterator[None]:
    try:
        yield
    except backend.errors as error:
        raise backend.translate(error) from None
