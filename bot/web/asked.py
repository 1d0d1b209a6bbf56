"""What people write into the fields of a page: which alerts they mean, and for how long."""

from __future__ import annotations

from datetime import timedelta

from bot.documents import parse_duration
from bot.model.labels import Matcher, MatchOp
from bot.model.matchers import made, parse_matchers

_SIGNS = frozenset("=~!{")


def matchers(text: str) -> tuple[Matcher, ...]:
    """Matchers as Alertmanager writes them; a text without a sign is the name of an alert. ValueError says how."""
    text = text.strip()
    if not text or _SIGNS & set(text):
        return parse_matchers(text)
    return (made("alertname", MatchOp.EQUAL, text),)


def length(text: str) -> timedelta:
    """`30m`, `2h`, `1d`; ValueError for anything else, and for no time at all."""
    found = parse_duration(text.replace(" ", ""))
    if not found:
        raise ValueError(f"{text!r} is no time at all; write it like 30m, 2h or 1d")
    return found
