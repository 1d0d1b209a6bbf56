"""Removes secrets and personal data before anything is stored: rather a word too many than a secret too few."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.evidence.secret_shapes import REDACTED, SECRET_NAME, SHAPES, compiled

_BY_HINT = [(hint, shape) for shape in SHAPES for hint in shape.hints]
_PASSES = 4
"""Removing one thing can lay bare another; the tests look for a text that needs more."""
_COLOUR = r"(?:\x1b|\\x1b|\\u001b|\\033)\[[0-9;:]{0,32}[mK]"
"""What colours a text on a terminal, as it is or written out. A program may colour the name and not its value."""


def redact(text: str) -> str:
    """The text with `[redacted]` in place of what looks like a secret, or like a person's address or card.

    Colours go, for a secret may stand behind one. Redacting twice changes nothing more. Time grows with the length of
    the text alone.
    """
    before, passes = "", 0
    while text != before and passes < _PASSES:
        before, passes, text = text, passes + 1, compiled(_COLOUR).sub("", text)
        lowered = text.lower()
        for shape in dict.fromkeys([shape for hint, shape in _BY_HINT if hint in lowered]):
            text = shape.pattern.sub(shape.leaves, text)
    return text


# Any: plain JSON in, the same shape of plain JSON out.
def redact_value(value: Any, clean: Callable[[str], str] = str) -> Any:
    """Plain JSON with every text in it redacted, names too; a text named `password` or the like goes whole.

    `clean` takes out the secrets that are known by value.
    """
    if isinstance(value, str):
        return redact(clean(value))
    if isinstance(value, Mapping):
        return {redact(clean(str(name))): _named(str(name), one, clean) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [redact_value(one, clean) for one in value]
    return value


def _named(name: str, value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, str) and value and compiled(SECRET_NAME).search(name):
        return REDACTED
    return redact_value(value, clean)
