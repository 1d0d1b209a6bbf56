"""Foreign text in Markdown: shown as it is, never taken for markup."""

from __future__ import annotations

import re

from bot.model.wording import lines, one_line

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&$!])")
_OPENING = re.compile(r"(?P<number>\d{1,9})(?P<end>[.)])(?=\s|\Z)|[-+](?=\s|\Z)|#{1,6}(?=\s|\Z)|[-=]+\Z")
_TICKS = re.compile(r"`+")


def escape(text: str) -> str:
    """Text on one line, as text: no emphasis, link, image, HTML, table cell, heading or list comes of it.

    What would open a block at the beginning of a line is escaped too, because text may come to stand there.
    """
    escaped = _SPECIAL.sub(r"\\\1", one_line(text))
    opening = _OPENING.match(escaped)
    if opening is None:
        return escaped
    kept = opening["number"] or ""
    return f"{kept}\\{escaped[len(kept) :]}"


def code(text: str) -> str:
    """Text on one line, as code that ends where it ends; not for a cell of a table."""
    plain = one_line(text) or "(empty)"
    fence = "`" * (_longest_run(plain) + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def fenced(text: str, language: str = "") -> str:
    """Text over several lines, as a block that nothing in it can end."""
    plain = lines(text)
    fence = "`" * max(3, _longest_run(plain) + 1)
    return f"{fence}{language}\n{plain}\n{fence}"


def _longest_run(text: str) -> int:
    return max((len(run) for run in _TICKS.findall(text)), default=0)
