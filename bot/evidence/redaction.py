"""Removes secrets and personal data before anything is stored: rather a word too many than a secret too few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.evidence.secret_shapes import REDACTED, SECRET_NAME, SHAPES, compiled

_PASSES = 4
"""Removing one thing can lay bare another; the tests look for a text that needs more."""


def redact(text: str) -> str:
    """The text with `[redacted]` in place of what looks like a secret, or like a person's address or card.

    Redacting twice changes nothing more. Time grows with the length of the text alone.
    """
    before, passes = "", 0
    while text != before and passes < _PASSES:
        before, passes, lowered = text, passes + 1, text.lower()
        for shape in SHAPES:
            if any(hint in lowered for hint in shape.hints):
                text = shape.pattern.sub(shape.leaves, text)
    return text


# Any: plain JSON in, the same shape of plain JSON out.
def redact_value(value: Any) -> Any:
    """Plain JSON with every text in it redacted, names too; a text named `password` or the like goes whole."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(str(name)): _named(str(name), one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [redact_value(one) for one in value]
    return value


def _named(name: str, value: Any) -> Any:
    return REDACTED if isinstance(value, str) and value and compiled(SECRET_NAME).search(name) else redact_value(value)
