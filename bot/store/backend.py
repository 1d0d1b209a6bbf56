"""What SQLite and PostgreSQL do differently."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from bot.errors import StoreUnavailable, TocsinError
from bot.store.channel import Channel


class Verdict(Enum):
    """What an error of the database means for the transaction it happened in."""

    OURS = auto()
    """Only the work that caused it fails."""
    ALL = auto()
    """The database cannot do it now: everything in the transaction fails."""
    AGAIN = auto()
    """Nothing was committed and trying again may help: deadlock, serialization, a connection that was lost."""


class Backend(Protocol):
    """A database. Writers are serial: across threads by the one writer, across processes by `hold` or by `begin`."""

    name: str
    """How messages call it; without credentials."""
    errors: tuple[type[Exception], ...]
    """What its driver and SQLAlchemy raise."""
    alone: bool
    """Whether `hold` keeps all other processes out: a lease found when opening is then one of the dead."""
    begin_read: str
    """The command that begins a consistent snapshot."""

    def hold(self) -> AbstractContextManager[None]:
        """Keeps the database ours for as long as it is open, where only one process may have it: StartError."""
        ...

    def open_writer(self) -> Channel:
        """A new connection that may write."""
        ...

    def open_reader(self) -> Channel:
        """A new connection that may not."""
        ...

    def begin(self, channel: Channel) -> str:
        """Begins a writing transaction, alone among all processes; its name, for `was_committed`."""
        ...

    def wrote_last(self, channel: Channel) -> bool:
        """In a transaction: whether nobody has written through another connection since this was last asked of it."""
        ...

    def was_committed(self, transaction: str) -> bool | None:
        """Whether it was, when COMMIT itself failed; None: cannot tell."""
        ...

    def changes(self, channel: Channel) -> int:
        """How many rows were changed through this connection so far; where `alone` is false it need not be right."""
        ...

    def committed(self, channel: Channel) -> None:
        """Housekeeping after a commit; raises nothing."""
        ...

    def verdict(self, error: Exception) -> Verdict:
        """What one of `errors` means for the transaction."""
        ...

    def translate(self, error: Exception) -> TocsinError:
        """One of `errors` in our words; holds no value of a row and no secret."""
        ...

    def backup(self, file: Path) -> None:
        """Copies the database, consistent while others write, to a file that must not exist yet."""
        ...

    def default_backup(self, revision: str, now: datetime) -> Path:
        """Where a backup goes when nobody says: named with time and revision."""
        ...


def closed(backend: Backend) -> StoreUnavailable:
    """Whoever asks now is too late."""
    return StoreUnavailable(f"{backend.name} is closed", hint="start Tocsin again")


def refused(error: Exception, name: str) -> str:
    """What to say of an error nobody foresaw: its kind, never its text, which may quote a row."""
    return f"{name} refused a statement ({type(getattr(error, 'orig', None) or error).__name__})"


FAULT_HINT = "this is a fault in Tocsin; nothing was written. Please report it with the log"
"""The hint for errors that only a mistake of ours can cause."""
