"""What a client asks to see: alerts by matchers, receivers by an expression, silences by the matchers they have."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.model import regex
from bot.model.labels import Matcher
from bot.model.matchers import parse_matcher
from bot.model.silence import Silence


def matchers(texts: Sequence[str]) -> tuple[Matcher, ...]:
    """Each text is one matcher, without braces. ValueError in Alertmanager's words."""
    return tuple(_matcher(text) for text in texts)


def _matcher(text: str) -> Matcher:
    if text.strip().startswith("{") or text.strip().endswith("}"):
        raise ValueError(f"unexpected open or close brace: {text}")
    try:
        return parse_matcher(text)
    except ValueError as error:
        wrong = "" if "regular expression" in str(error) else f"bad matcher format: {text}"
        raise ValueError(wrong or str(error)) from None


def named(pattern: str) -> Callable[[str], bool]:
    """Whether a name is this expression from end to end. ValueError for one that RE2 does not read."""
    try:
        compiled = regex.compiled(pattern)
    except ValueError as error:
        raise ValueError(f"failed to parse receiver param: error parsing regexp: {error}") from None
    return lambda name: compiled.fullmatch(name) is not None


def has_matchers(silence: Silence, wanted: Sequence[Matcher]) -> bool:
    """Whether each of these is, word for word, one of the silence's own."""
    return all(one in silence.matchers for one in wanted)
