"""What Slack makes of text: who is called by it, where its links lead, and what is left to read.

Only what stands in angle brackets means something; `&amp;`, `&lt;` and `&gt;` are the three characters themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"<([^<>\n]+)>")
_BROADCASTS = ("channel", "here", "everyone")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text. `kind`: text, link, user, channel, group, broadcast or date.

    `target`: where it leads, or whom it calls.
    """

    kind: str
    shown: str
    target: str = ""


def pieces(text: str) -> Iterator[Piece]:
    """The parts of a text, in order."""
    at = 0
    for found in _TOKEN.finditer(text):
        if found.start() > at:
            yield Piece("text", unescaped(text[at : found.start()]))
        yield _token(found.group(1))
        at = found.end()
    if at < len(text):
        yield Piece("text", unescaped(text[at:]))


def called(text: str) -> list[str]:
    """Who is called by it: ids of people and groups, and words such as `channel`."""
    return [piece.target for piece in pieces(text) if piece.kind in ("user", "group", "broadcast")]


def links(text: str) -> list[str]:
    """Where its links lead."""
    return [piece.target for piece in pieces(text) if piece.kind == "link"]


def shown(text: str) -> str:
    """As people read it."""
    return "".join(piece.shown for piece in pieces(text))


def unescaped(text: str) -> str:
    """The characters that were meant."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _token(inside: str) -> Piece:
    body, _, label = inside.partition("|")
    label = unescaped(label)
    if body.startswith("@"):
        return Piece("user", label or body, body[1:])
    if body.startswith("#"):
        return Piece("channel", label or body, body[1:])
    if body.startswith("!subteam^"):
        return Piece("group", label or body, body.removeprefix("!subteam^"))
    if body.startswith("!date^"):
        return Piece("date", label, body)
    if body.startswith("!"):
        word = body[1:]
        return Piece("broadcast" if word in _BROADCASTS else "text", f"@{word}", word)
    return Piece("link", label or unescaped(body), unescaped(body))
