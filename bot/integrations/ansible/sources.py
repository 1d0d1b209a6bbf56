"""The files that a play is made of: whether they are still those that people saw, and what check mode does not hold."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

# However it is written, and whatever it is in: what is not plainly `check_mode: true` may be false.
_FORCED = re.compile(
    rb"(?<!ansible_)check_mode(?![\"']?[ \t]*:[ \t]*(?:true|True|yes|on)\b)"
    # lookups that run a command here, or write a file, whenever a template is filled in
    rb"|\b(?:lookup|query|q)\s*\(\s*[\"'](?:ansible\.builtin\.)?(?:pipe|lines|password)[\"']|\bwith_(?:pipe|lines|password)\b"
)
_MOST_FILES = 5_000
_MOST_BYTES = 16 * 1024 * 1024


class TooMuch(Exception):
    """There is more in the folder than anybody would put beside a playbook."""


def content_hash(folder: Path) -> str:
    """SHA-256 over the names and contents of all files below; TooMuch beyond a bound, OSError when one cannot be read.

    All of them, since a playbook takes in roles, templates and variables by names that only it knows.
    """
    found = hashlib.sha256()
    for path in files(folder):
        name = str(path.relative_to(folder)).encode(errors="surrogateescape")
        content = path.read_bytes()
        found.update(f"{len(name)} {len(content)} ".encode() + name + content)
    return found.hexdigest()


def runs_even_in_check_mode(folder: Path) -> str:
    """Where a task may do something in check mode too, as `file:line`; empty when none does.

    It says that check mode is not for it, or has a lookup that is more than a look: it would do its work while nothing
    may be changed. All files are looked through: tasks can be in any.
    """
    for path in files(folder):
        text = path.read_bytes()
        match = _FORCED.search(text)
        if match is not None:
            line = text.count(b"\n", 0, match.start()) + 1
            return f"{path.relative_to(folder)}:{line}"
    return ""


def files(folder: Path) -> Iterator[Path]:
    """All files below, in order, wherever links lead; TooMuch, OSError."""
    size = 0
    for number, path in enumerate(sorted(islice(_below(folder, frozenset()), _MOST_FILES + 1))):
        size += path.stat().st_size
        if number >= _MOST_FILES or size > _MOST_BYTES:
            raise TooMuch
        yield path


def _below(folder: Path, within: frozenset[Path]) -> Iterator[Path]:
    real = folder.resolve()
    for path in folder.iterdir() if real not in within else ():  # a link may lead back up
        if path.is_dir():
            yield from _below(path, within | {real})
        elif path.is_file():
            yield path
