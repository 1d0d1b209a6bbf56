"""Go's regular expressions: RE2 is what Go's regexp is too, and here it also complains in Go's words."""

from __future__ import annotations

import re
from functools import lru_cache

import re2

from bot.model import regex

_IN_GO = {
    "bad repetition operator": "invalid nested repetition operator",
    "invalid named capture group": "invalid named capture",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid repetition size": "invalid repeat count",
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "no argument for repetition operator": "missing argument to repetition operator",
    "trailing \\": "trailing backslash at end of expression",
}
_ONLY_RE2 = re.compile(r"(?<!\\)(?:\\\\)*(\\C)")
"""A byte whatever it is: RE2 knows it, Go does not."""
_REFERENCE = re2.compile(r"\$(?:\$|(\w+)|\{(\w+)\})")


class RegexError(ValueError):
    """A pattern that does not compile; `str` is Go's complaint."""


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re2._Regexp:
    """The pattern, to search with. Raises RegexError."""
    if odd := _ONLY_RE2.search(pattern):
        raise RegexError(f"error parsing regexp: invalid escape sequence: `{odd[1]}`")
    try:
        return regex.compiled(pattern)
    except ValueError as error:
        problem, _, piece = str(error).partition(": ")
        raise RegexError(f"error parsing regexp: {_IN_GO.get(problem, problem)}: `{piece}`") from None


def expanded(template: str, found: re2._Match) -> str:
    """Go's Expand: `$1`, `${name}`, `$$`; a group that is not there is empty, any other `$` stands for itself."""
    return str(_REFERENCE.sub(lambda reference: _group(reference, found), template))


def _group(reference: re2._Match, found: re2._Match) -> str:
    name = reference.group(1) or reference.group(2)
    if name is None:
        return "$"
    groups = found.re.groupindex
    index = int(name) if name.isdecimal() else groups.get(name, -1)
    return (found.group(index) or "") if 0 <= index <= found.re.groups else ""
