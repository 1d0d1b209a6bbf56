"""Files that documents name: patterns into paths, paths into texts, and how a path is shown to people."""

from __future__ import annotations

import glob
from pathlib import Path

from bot.errors import Complaint, DocumentError

_MAX_BYTES = 8 * 1024 * 1024


def expand(pattern: str, base: Path) -> tuple[Path, ...]:
    """The files a pattern names, in alphabetical order; relative patterns are seen from `base`."""
    found = glob.glob(str(Path(pattern).expanduser()), root_dir=base, recursive=True)
    return tuple(sorted(path for name in found if (path := base / name).is_file()))


def is_pattern(text: str) -> bool:
    """Whether it may name any number of files, none included; otherwise it is the name of one file."""
    return glob.has_magic(text)


def shown(path: Path, base: Path) -> str:
    """The path as a person in `base` would write it: relative when it is below, absolute otherwise."""
    absolute = base / path
    return absolute.relative_to(base).as_posix() if absolute.is_relative_to(base) else absolute.as_posix()


def text_of(path: Path, name: str) -> str:
    """A document's text; DocumentError, about the whole file called `name`, when it cannot be read."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise DocumentError([whole(name, f"it is larger than {_MAX_BYTES // 1024 // 1024} MiB; split it")])
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DocumentError([whole(name, f"cannot read it: {(error.strerror or 'unknown').lower()}")]) from None
    except UnicodeDecodeError:
        raise DocumentError([whole(name, "it is not a text in UTF-8")]) from None


def whole(name: str, message: str) -> Complaint:
    """A complaint about a file as a whole."""
    return Complaint(file=name, line=0, column=0, path="", message=message)
