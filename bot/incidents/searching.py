"""What people search incidents by, and where in a story it stands.

checkout latency      both words must stand in the incident's head or story, wherever
"disk is full"        these words in a row
-staging              this word must not
check*                a word that begins so
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bot.errors import Complaint, DocumentError
from bot.model.incident_query import Passage, Piece, Term
from bot.model.timeline import Told
from bot.model.words import Word, words_of

LONGEST = 300
"""Letters of a search."""
SHOWN = 3
"""Passages shown of one incident."""
_AROUND = 90
"""Letters shown before and after what was found."""
_HINT = 'write words, "words in a row", -without or begin*; at least one that must be there'
_TERM = re.compile(r'(?P<without>-)?(?:"(?P<phrase>[^"]*)"?(?P<star>\*)?|(?P<word>\S+))')


def parse(text: str) -> tuple[Term, ...]:
    """What is searched for; DocumentError when nothing is, or when it is too long."""
    if len(text) > LONGEST:
        raise _mistake(f"longer than {LONGEST} letters")
    terms = tuple(term for found in _TERM.finditer(text) if (term := _term(found)).words)
    if all(term.unwanted for term in terms):
        raise _mistake("no word to look for")
    return terms


def passages(terms: Sequence[Term], story: Sequence[Told]) -> tuple[Passage, ...]:
    """Where the words stand: the entries that hold most of them, in the order of the story."""
    wanted = [term for term in terms if not term.unwanted]
    found = []
    for place, told in enumerate(story):
        text = _text(told)
        words = list(words_of(text)) if _may_hold(text, wanted) else []
        spans = [list(_spans(term, words)) for term in wanted]
        if any(spans):
            found.append((-sum(map(bool, spans)), place, told, text, sorted(span for each in spans for span in each)))
    best = sorted(sorted(found, key=lambda one: one[:2])[:SHOWN], key=lambda one: one[1])
    return tuple(
        Passage(seq=told.entry.seq, at=told.entry.at, pieces=tuple(_pieces(text, spans)))
        for _, _, told, text, spans in best
    )


def _term(found: re.Match[str]) -> Term:
    text = found["phrase"] if found["word"] is None else found["word"]
    begins = bool(found["star"]) or text.endswith("*")
    words = tuple(word.text for word in words_of(text, parted=not begins))
    return Term(words=words, begins=begins, unwanted=bool(found["without"]))


def _mistake(message: str) -> DocumentError:
    return DocumentError([Complaint(file="search", line=0, column=0, path="", message=message)], hint=_HINT)


def _text(told: Told) -> str:
    entry = told.latest
    return f"{entry.text} ({entry.why})" if entry.text and entry.why else entry.text


def _may_hold(text: str, wanted: Sequence[Term]) -> bool:
    """Whether it is worth to take the text apart: most that is looked at holds none of the words."""
    lowered = text.lower()
    return not text.isascii() or any(term.words[0] in lowered for term in wanted)


def _spans(term: Term, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """From where to where the term stands among these words."""
    for first in range(len(words) - len(term.words) + 1):
        there = words[first : first + len(term.words)]
        if _is_same(term, there):
            yield min(word.start for word in there), max(word.end for word in there)


def _is_same(term: Term, there: Sequence[Word]) -> bool:
    *others, last = there
    if term.begins and not last.text.startswith(term.words[-1]):
        return False
    return (term.begins or last.text == term.words[-1]) and all(
        word.text == meant for word, meant in zip(others, term.words, strict=False)
    )


def _pieces(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    """What surrounds the first that was found, in pieces."""
    start, end = max(0, spans[0][0] - _AROUND), min(len(text), spans[0][1] + _AROUND)
    meant = [place for span in spans for place in range(max(span[0], start), min(span[1], end))]
    marked = set(meant)
    borders = [place for place in range(start + 1, end) if (place in marked) != (place - 1 in marked)]
    if start:
        yield Piece(text="…")
    for left, right in pairwise([start, *borders, end]):
        yield Piece(text=text[left:right], is_meant=left in marked)
    if end < len(text):
        yield Piece(text="…")
