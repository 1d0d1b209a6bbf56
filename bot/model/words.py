"""Words, as they are kept to be found and as they are asked for: the same on every database.

Letters are folded: no case, no accents. What is neither letter nor digit stands between words, so `host-12.example` is
three. `KubePodCrashLooping` is found whole and by each of its parts. In Chinese and Japanese each letter is a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 64
"""Letters of a word that count; those beyond are not looked at."""

_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_ALONE}]|[^\W_{_ALONE}]+")
_PART = re.compile(r"[A-Z0-9]+(?![a-z])|[A-Z]?[a-z0-9]+")
_PARTED = re.compile(r"[a-z][A-Z]|[A-Z][A-Z][a-z]")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, and where it stands there."""

    text: str
    start: int
    end: int


def words_of(text: str, *, parted: bool = True) -> Iterator[Word]:
    """The words of a text in order; a name in camel case is followed by its parts, unless that is not wanted."""
    for found in _WORD.finditer(text):
        spans = [found.span()]
        if parted and _PARTED.search(found[0]):
            spans += [part.span() for part in _PART.finditer(text, *found.span())]
        for start, end in spans:
            if folded := fold(text[start:end]):
                yield Word(folded, start, end)


def fold(word: str) -> str:
    """The word as it is compared; empty when nothing is left to compare."""
    if word.isascii():
        return word.lower()[:LONGEST]
    taken_apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", word).casefold())
    return unicodedata.normalize("NFC", "".join(filter(str.isalnum, taken_apart)))[:LONGEST]
