"""What an examination of documents adds up to: every complaint, in the order of the files, and how much was seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bot.documents import Document, Path
from bot.errors import Complaint, DocumentError, Gravity


@dataclass(slots=True)
class Findings:
    """Collects complaints while documents are read; each is kept once."""

    files: dict[str, None] = field(default_factory=dict)
    """The documents that were read, as shown to people, in the order they were."""
    rules: dict[str, int] = field(default_factory=dict)
    """How many rules each sound rule file has."""
    runbooks: set[str] = field(default_factory=set)
    """The files that are sound runbooks."""
    skipped: int = 0
    """Files of others in a folder that was looked through."""
    _found: dict[Complaint, None] = field(default_factory=dict)

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        """Everything found: first what is not in a file, then file by file as they were read, each by its lines."""
        order = {file: index for index, file in enumerate(self.files)}
        return tuple(sorted(self._found, key=lambda one: (order.get(one.file, -1), one)))

    @property
    def errors(self) -> tuple[Complaint, ...]:
        """What refuses the documents."""
        return tuple(one for one in self.complaints if one.gravity is Gravity.ERROR)

    @property
    def warnings(self) -> tuple[Complaint, ...]:
        """What does not."""
        return tuple(one for one in self.complaints if one.gravity is Gravity.WARNING)

    @property
    def summary(self) -> str:
        """`12 files, 214 rules, 3 runbooks: no mistakes`."""
        seen = ", ".join(
            (
                _count(len(self.files), "file"),
                _count(sum(self.rules.values()), "rule"),
                _count(len(self.runbooks), "runbook"),
            )
        )
        skipped = f" ({_count(self.skipped, 'other file')} left alone)" if self.skipped else ""
        found = _count(len(self.errors), "mistake") if self.errors else "no mistakes"
        warned = f", {_count(len(self.warnings), 'warning')}" if self.warnings else ""
        return f"{seen}{skipped}: {found}{warned}"

    def add(self, complaint: Complaint) -> None:
        """Keeps one."""
        self._found.setdefault(complaint)

    def take(self, error: DocumentError, *, file: str = "") -> None:
        """Keeps all of an error's; `file` is how people know the file, where its reader had another name for it."""
        for complaint in error.complaints:
            self.add(replace(complaint, file=file) if file else complaint)

    def blame(self, document: Document, found: Iterable[tuple[Path, str]], *, gravity: Gravity = Gravity.ERROR) -> None:
        """Keeps what was found at these paths of a document."""
        for path, message in found:
            self.add(document.complaint(path, message, gravity=gravity))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
