"""Which commands only read, and which changes are known well enough to be probed and undone.

A pattern is a list as long as the command. Each of its elements is compared with one argument; `*` stands for any text.
What it stands for may not begin with `-`: a label's value must never become an option.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PLACE = re.compile(r"\{([1-9]\d*)\}")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern of tocsin.yaml."""

    elements: tuple[str, ...]

    @property
    def stars(self) -> int:
        """How many texts a match captures."""
        return sum(element.count("*") for element in self.elements)

    def match(self, argv: Sequence[str]) -> tuple[str, ...] | None:
        """What each `*` stands for, in order; None when this is another command."""
        if len(argv) != len(self.elements):
            return None
        captured: list[str] = []
        for element, argument in zip(self.elements, argv, strict=True):
            found = re.fullmatch("(.*)".join(map(re.escape, element.split("*"))), argument, re.DOTALL)
            if found is None or any(text.startswith("-") for text in found.groups()):
                return None  # behind a prefix too: alone in a probe or an undo it would be an option
            captured += found.groups()
        return tuple(captured)


def highest_place(argv: Sequence[str]) -> int:
    """The greatest n of the `{n}` in a probe or an undo; 0 without any."""
    return max((int(n) for argument in argv for n in _PLACE.findall(argument)), default=0)


def put_in(argv: Sequence[str], captured: Sequence[str]) -> tuple[str, ...]:
    """The command with each `{n}` replaced by the n-th captured text."""
    return tuple(_PLACE.sub(lambda place: captured[int(place[1]) - 1], argument) for argument in argv)


def fits_path(glob: str, path: str) -> bool:
    """Whether a path fits: `*` and `?` stop at a `/`, `**` does not; nothing else is special."""
    parts = re.split(r"(\*\*|\*|\?)", glob)
    special = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.fullmatch("".join(special.get(part, re.escape(part)) for part in parts), path, re.DOTALL) is not None
