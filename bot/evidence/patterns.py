"""What log lines share: thousands of lines become a few dozen patterns with holes where they differ.

Numbers, ids, addresses and times are holes at once; lines that are then still nearly the same share a pattern with a
hole for each word that differs. This is the idea of Drain (He et al., ICWS 2017) without its tree: a window of evidence
is small enough to compare each pattern with those of the same length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from bot.model.wording import one_line

HOLE = "<*>"
LONGEST = 500
"""Signs of a line that are looked at."""
MOST_WORDS = 60
MOST_PATTERNS = 2000
"""Lines beyond as many patterns are told as one: nobody reads further, and each is compared with the others."""
OTHERS = "<lines of other patterns>"

_ALIKE = 0.7
"""The share of words that two patterns have to have in common."""
_FEWEST = 4
"""Words below which one that differs makes another pattern: `started` is not `stopped`."""

_VALUES = re.compile(
    r"""
      (?P<time> \b \d{4}-\d\d-\d\d [T ] \d\d:\d\d (?: :\d\d (?: [.,]\d{1,9} )? )? (?: Z | [+-]\d\d:?\d\d )?
              | \b \d\d:\d\d:\d\d (?: [.,]\d{1,9} )? )
    | (?P<address> \b \d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3} (?: :\d{1,5} )? \b
              | \b (?: [0-9a-f]{1,4} : ){3,7} [0-9a-f]{1,4} \b )
    | (?P<id> \b [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12} \b
              | \b 0x [0-9a-f]{1,32} \b
              | (?<= -) [0-9a-f]{8,10} - [0-9a-z]{5} \b
              | \b (?= [a-z]{0,64} \d ) [0-9a-f]{8,64} \b
              | \b (?= [a-z]{0,64} \d ) [0-9a-z]{16,64} \b )
    | (?P<n> \b \d{1,20} (?: [.,]\d{1,20} ){0,8} (?: [nuµm]s | [smhd] | [kmgt]?i?b | % )? (?! \w ) )
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
"""Every part is bounded, so that a line cannot make this slow."""


def templates(texts: Iterable[str]) -> Mapping[str, str]:
    """For each of these lines the pattern it belongs to; the same lines in any number give the same patterns."""
    masked = {text: mask(text) for text in texts}
    distinct = sorted(set(masked.values()))
    found = _merged(distinct[:MOST_PATTERNS])
    return {text: found.get(words, OTHERS) for text, words in masked.items()}


@lru_cache(maxsize=16_384)
def mask(text: str) -> str:
    """One line with a hole for everything that is a value by its looks."""
    words = one_line(text, LONGEST)
    words = _VALUES.sub(lambda value: f"<{value.lastgroup}>", words)
    return " ".join(words.split()[:MOST_WORDS])


def _merged(distinct: Sequence[str]) -> Mapping[str, str]:
    """Each masked line's pattern, after those that are alike became one."""
    by_shape: dict[tuple[int, str], list[tuple[list[str], list[str]]]] = {}
    for line in distinct:
        words = line.split(" ")
        alike = by_shape.setdefault((len(words), words[0]), [])
        for pattern, members in alike:
            if _share(pattern, words) >= _ALIKE and len(words) >= _FEWEST:
                pattern[:] = [one if one == other else HOLE for one, other in zip(pattern, words, strict=True)]
                members.append(line)
                break
        else:
            alike.append((words, [line]))
    return {line: " ".join(pattern) for group in by_shape.values() for pattern, members in group for line in members}


def _share(pattern: Sequence[str], words: Sequence[str]) -> float:
    return sum(one in (HOLE, other) for one, other in zip(pattern, words, strict=True)) / len(words)
