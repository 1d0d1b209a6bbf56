"""Text of ours as Slack's mrkdwn. Nothing that stands in it calls anybody, and only http and https lead anywhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_LINK = re.compile(r"https?://[^\s<>|\"'`]+")
_ENDS_A_SENTENCE = ".,;:!?)]}"
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def line(text: str) -> str:
    """One line of characters that can be seen; not yet escaped."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def lines(text: str) -> str:
    """The same, and lines stay lines."""
    return "\n".join(line(one) for one in text.splitlines()).strip()


def kept(text: str) -> str:
    """One line of characters that can be seen, and its blanks as they are; not yet escaped."""
    return "".join(one if one.isprintable() else " " for one in text)


def escaped(text: str) -> str:
    """So that it is read as it is: without angle brackets nobody is called and nothing is a link."""
    return text.translate(_ESCAPES)


def linked(text: str) -> str:
    """Escaped, and what begins with http:// or https:// leads there."""
    said, at = [], 0
    for found in _LINK.finditer(text):
        address = found.group().rstrip(_ENDS_A_SENTENCE)
        said += [escaped(text[at : found.start()]), f"<{escaped(address)}>"]
        at = found.start() + len(address)
    return "".join([*said, escaped(text[at:])])


def fitting(text: str, most: int) -> str:
    """`linked`, cut off before so many characters; an ellipsis says that it was."""
    if len(whole := linked(text)) <= most:
        return whole
    cut = text[:most]
    while len(shown := linked(cut.rstrip()) + "…") > most:
        cut = cut[: max(len(cut) - max(len(shown) - most, 1), 0)]
    return shown


def moment(at: datetime) -> str:
    """A time of the day, as the clock of whoever reads it shows it."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC>"
