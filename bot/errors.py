"""Every exception Tocsin raises on purpose, in one tree.

    TocsinError                 .hint: what to do about it, always
      DocumentError             .complaints: what is wrong in files people wrote, all of it
      NotAllowed                rights, approvals, lifecycle ("cannot resolve a closed incident")
      NotFound                  nothing has this name or id
      Conflict                  it exists, but not in the state this needs
      Fenced                    another process has taken this over; stop, and change nothing
      IntegrationError          .integration, .reason (also a metric label)
        Temporary               .retry_after: timeout, 429, 5xx, connection: trying again may help
        Permanent               401, 403, 404, 400: trying again will not help
      StoreError                the database
        StoreUnavailable        full, locked, unreachable: nothing was committed; try again later
        SchemaTooNew            written by a newer Tocsin
      StartError                Tocsin cannot start: port in use, second process, no such file

Messages are lower case, say what and where, name the thing, and hold no secret. Adapters translate at
the border: no vendor exception passes `integrations/` or `store/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class TocsinError(Exception):
    """The root. `hint` says what to do next and is never empty."""

    default_hint = "run `tocsin doctor` to see what Tocsin can reach"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.default_hint

    def __str__(self) -> str:
        return self.message


class Gravity(StrEnum):
    """How much a complaint matters: an error refuses the document, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Complaint:
    """One mistake in a document. `line` and `column` count from 1; 0 means the whole file."""

    file: str
    line: int
    column: int
    path: str
    message: str
    gravity: Gravity = Gravity.ERROR

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        word = "warning: " if self.gravity is Gravity.WARNING else ""
        return f"{place}: {word}{self.path}: {self.message}" if self.path else f"{place}: {word}{self.message}"


class DocumentError(TocsinError):
    """Mistakes in documents people wrote: every one found, in the order of the files."""

    default_hint = "correct the places named and run `tocsin check` again"

    def __init__(self, complaints: Sequence[Complaint], *, hint: str = "") -> None:
        self.complaints = tuple(complaints)
        super().__init__("\n".join(str(complaint) for complaint in self.complaints), hint=hint)


class NotAllowed(TocsinError):
    """Refused by rights, by an approval's terms or by the lifecycle; the message is the reason."""

    default_hint = "ask someone who holds the right named, or see `people:` in tocsin.yaml"


class NotFound(TocsinError):
    """Nothing has this name or id."""

    default_hint = "list what there is, for example with `tocsin incident list`"


class Conflict(TocsinError):
    """The thing exists, but its state has moved on."""

    default_hint = "look at it again and decide anew"


class Fenced(TocsinError):
    """Our lease ended and another process holds a newer epoch: what we know is old, so we write nothing."""

    default_hint = "nothing to do: the other process carries on"


class IntegrationError(TocsinError):
    """A vendor did not do what we asked. `reason` is one of auth, rate_limited, timeout, client, server, connection."""

    said = ""
    """The vendor's own words, where it said something."""

    def __init__(self, message: str, *, integration: str, reason: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.integration = integration
        self.reason = reason


class Temporary(IntegrationError):
    """Trying again may help; not before `retry_after` seconds, where the vendor said so."""

    default_hint = "Tocsin tries again by itself; if it lasts, run `tocsin doctor`"

    def __init__(
        self, message: str, *, integration: str, reason: str, retry_after: float | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, integration=integration, reason=reason, hint=hint)
        self.retry_after = retry_after


class Permanent(IntegrationError):
    """Trying again will not help: credentials, address or request are wrong."""

    default_hint = "check this integration's address and credentials in tocsin.yaml, then `tocsin doctor`"


class StoreError(TocsinError):
    """The database."""


class StoreUnavailable(StoreError):
    """Nothing was committed: the disk is full, the file is locked, the server is away."""

    default_hint = "free disk space or bring the database back; Tocsin goes on by itself"


class SchemaTooNew(StoreError):
    """The database was written by a newer Tocsin than this one."""

    default_hint = "install that version of Tocsin, or restore the backup made before the upgrade"


class StartError(TocsinError):
    """Tocsin cannot start."""

    default_hint = "correct what the message names and start again"
