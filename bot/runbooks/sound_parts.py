"""What can be understood of a runbook that has mistakes, so that they do not hide those in its other parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from bot.documents import Document, Path, dotted
from bot.errors import Complaint

_LAST = re.compile(r"(^|[.\[])[^.\[]*$")
"""The last key, or place in a list, of a path as people read it."""
_IN_PARTS = ("inputs", "steps", "tests", "triggers")
_APART = frozenset({"concurrency", "freeze", "owner", "summary", "tests", "triggers", "verify_within", "watch"})
"""The first-level keys that nothing else relies on."""
_NESTED = ("verify", "rollback")


def part_of(path: Path) -> Path:
    """The step, trigger or test that a path leads into, or else the first-level key."""
    return path[: 2 if path[:1] and path[0] in _IN_PARTS else 1]


def without(document: Document, complaints: Sequence[Complaint]) -> tuple[Document, frozenset[Path]] | None:
    """The document without what is wrong in it, and the parts that this was in.

    None where more would be said in vain: what others rely on cannot be left out, like an input, a whole step, the time
    that all of them have, or a key of which nobody knows what it was to be.
    """
    known = {dotted(path): path for path in document.places}
    paths = [_written(one.path, known) for one in complaints]
    left_out = [_key_of(path) for path in paths]
    if not all(map(_can_be_spared, left_out)):
        return None
    value = deepcopy(document.value)
    for path in left_out:
        _leave_out(value, path)
    return replace(document, value=value, complaints=()), frozenset(map(part_of, paths))


def more(found: Iterable[tuple[Path, str]], broken: frozenset[Path]) -> list[tuple[Path, str]]:
    """What was found that is not about a part with mistakes: there it may be but their consequence."""
    return [(path, message) for path, message in found if part_of(path) not in broken]


def _written(said: str, known: Mapping[str, Path]) -> Path:
    """What a complaint is about, or where it should stand; empty: the whole document."""
    while said and said not in known:
        said = _LAST.sub("", said)
    return known.get(said, ())


def _key_of(path: Path) -> Path:
    """The nearest key: an item cannot leave a list without giving its place to another."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    return path


def _can_be_spared(path: Path) -> bool:
    if path[:1] == ("steps",):
        return len(path) > 2 and path[-1] not in _NESTED
    return bool(path) and path[0] in _APART


def _leave_out(value: Any, path: Path) -> None:  # Any: plain values of any shape
    for part in path[:-1]:
        if part not in value if isinstance(value, dict) else not isinstance(value, list):
            return  # it went with what holds it
        value = value[part]
    if isinstance(value, dict):
        value.pop(path[-1], None)
