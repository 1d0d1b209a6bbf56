"""Redacts a text that comes in pieces: a secret that lies in two of them is not shown.

Only whole lines are given out, each redacted together with the lines before it; of a key that stands in a block of
lines nothing is given out before its last line.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.evidence.redaction import redact

_LOOKS_BACK = 2048
"""Characters given out before that a secret may have begun in, as `password:` and its value on the next line."""
_LONGEST_LINE = 4096
_BLOCKS = (("-----BEGIN ", "-----END "), ("PuTTY-User-Key-File-", "Private-MAC:"))
UNBROKEN = "[a line too long to be shown as it comes]\n"


def legible(text: str) -> str:
    """The text with every character that cannot be seen written as an escape; lines and tabs stay."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else _escaped(char) for char in text)


def shown(text: str, clean: Callable[[str], str]) -> str:
    """A whole text as its pieces are shown: its lines redacted and legible."""
    return legible(redact(clean(_lines(text))))


def _lines(text: str) -> str:
    """The text with a line feed, and nothing else, at the end of every line."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "backslashreplace").decode()


class Pieces:
    """Takes pieces and gives out what can be shown. `clean` takes out the secrets that are known by value."""

    def __init__(self, clean: Callable[[str], str]) -> None:
        self._clean = clean
        self._held = ""
        self._before = ""
        self._skips = False

    def take(self, piece: str) -> None:
        """Adds a piece, of any length."""
        self._held += piece
        if self._skips:
            _, found, self._held = self._held.partition("\n")
            self._skips = not found

    def give(self) -> str:
        """What can be shown by now and was not given out before: whole lines, redacted and legible."""
        end = self._end()
        lines = _lines(self._held[:end])
        self._held = self._held[end:]
        if not lines:
            return self._without_long()
        shown = self._redacted(self._before + lines)
        known = _alike(shown, self._redacted(self._before))
        self._before = (self._before + lines)[-_LOOKS_BACK:]
        return legible(shown[known:])

    def _end(self) -> int:
        """Up to where whole lines are held, none of them of a key that goes on."""
        text = self._held.removesuffix("\r")  # its line feed may come with the next piece
        end = max(text.rfind("\n"), text.rfind("\r")) + 1
        for first, last in _BLOCKS:
            begun = text.rfind(first, 0, end)
            if begun > text.rfind(last, 0, end):
                end = max(text.rfind("\n", 0, begun), text.rfind("\r", 0, begun)) + 1
        return end

    def _without_long(self) -> str:
        """A mark in place of a line that does not end: in the midst of it nobody can tell what is secret."""
        if len(self._held) <= _LONGEST_LINE or any(first in self._held for first, _ in _BLOCKS):
            return ""
        self._held, self._skips = "", True
        return UNBROKEN

    def _redacted(self, text: str) -> str:
        return redact(self._clean(text))


def _alike(one: str, other: str) -> int:
    """How many characters both begin with."""
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)
