"""Matchers as Alertmanager reads them: `severity="critical"`, `{job=~"api.*", "a label" != x}`.

It has two grammars, the older of which takes nearly any text for a value and knows three escapes. A text that both can
read and that differs between them means what it means in the older one; one that a single one can read is read by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.model.labels import Matcher, MatchOp, value_test

_HOW = 'write it like severity="critical" or job=~"api.*"'
_PLAIN = r"""[^\s{}!=~,\\"'`]+"""
_QUOTED = r'"(?:[^"\\\n]|\\.)*"'
_MODERN = re.compile(rf"\s*({_QUOTED}|{_PLAIN})\s*(=~|!~|!=|=)\s*({_QUOTED}|{_PLAIN})\s*")
_CLASSIC = re.compile(r"\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|!~|!=|=)(.*)", re.DOTALL)
_CLASSIC_PART = re.compile(r'((?:[^"\\,]|\\[^,]|\\(?=,|\Z)|"(?:[^"\\]|\\.)*("|\Z))*)(,|\Z)', re.DOTALL)
_CLASSIC_VALUE = re.compile(r'(?:[^"\\]|\\.)*\\?', re.DOTALL)
_OPEN_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\\Z")
_GO_ESCAPE = re.compile(r'\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))')
_GO_LETTERS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}
_SPACES = " \t\n\f\r"
_CLASSIC_LETTERS = {"n": "\n", "\\": "\\", '"': '"'}

Read = tuple[tuple[str, str, str], ...]


def fits(matchers: Sequence[Matcher], labels: Mapping[str, str]) -> bool:
    """Whether the labels satisfy all of them."""
    for matcher in matchers:  # all() of a generator takes twice as long, and this is asked for every alert
        if not matcher.matches(labels):
            break
    else:
        return True
    return False


def parse_matcher(text: str) -> Matcher:
    """A single one. ValueError says how to write it, or what is wrong with its regular expression."""
    found = parse_matchers(text)
    if len(found) != 1:
        raise ValueError(f"one matcher is needed here, not {text!r}; {_HOW}")
    return found[0]


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """All of a text, in its order; none for `{}`. ValueError as above."""
    modern, classic = _modern(text), _classic(text)
    read = classic if classic is not None else modern
    if read is None:
        raise ValueError(f"not a matcher: {text!r}; {_HOW}")
    return tuple(made(name, op, value) for name, op, value in read)


def made(name: str, op: str, value: str) -> Matcher:
    """A matcher of its parts; ValueError when the value is a broken regular expression."""
    matcher = Matcher(name=name, op=MatchOp(op), value=value)
    value_test(matcher)
    return matcher


def _modern(text: str) -> Read | None:
    """The grammar since UTF-8 names; None when the text is not in it."""
    inside = text.strip()
    if inside.startswith("{") != inside.endswith("}"):
        return None
    inside = inside[1:-1].strip() if inside.startswith("{") else inside
    found, at = [], 0
    while at < len(inside):
        match = _MODERN.match(inside, at)
        if match is None or (match.end() < len(inside) and inside[match.end()] != ","):
            return None
        name, value = _unquoted(match[1]), _unquoted(match[3])
        if name is None or value is None:
            return None
        found.append((name, match[2], value))
        at = match.end() + 1
    return tuple(found)


def _unquoted(text: str) -> str | None:
    """Go's quoted text, or a plain word as it is; None for an escape that Go does not know, or for broken UTF-8."""
    if not text.startswith('"'):
        return text
    inside, whole, at = text[1:-1], bytearray(), 0
    while at < len(inside):
        if inside[at] != "\\":
            whole += inside[at].encode(errors="surrogatepass")
            at += 1
            continue
        match = _GO_ESCAPE.match(inside, at)
        if match is None:
            return None
        whole += _escaped(match)
        at = match.end()
    try:
        return whole.decode()
    except UnicodeDecodeError:
        return None


def _escaped(match: re.Match[str]) -> bytes:
    letter, byte, short, long, octal = match.groups()
    if letter:
        return _GO_LETTERS[letter].encode()
    if byte:
        return bytes([int(byte, 16)])
    if octal:
        return bytes([int(octal, 8) & 0xFF])
    number = int(short or long, 16)
    return chr(number).encode(errors="surrogatepass") if number <= 0x10FFFF else b"\xff"


def _classic(text: str) -> Read | None:
    """The grammar before it; None when the text is not in it."""
    inside = text.removeprefix("{").removesuffix("}").removesuffix(",")
    found = []
    for part in _classic_parts(inside) if inside else ():
        match = _CLASSIC.fullmatch(part)
        value = _classic_value(match[3].strip(_SPACES)) if match else None
        if match is None or value is None:
            return None
        found.append((match[1], match[2], value))
    return tuple(found)


def _classic_parts(text: str) -> Sequence[str]:
    """The text between commas that are not inside quotes."""
    parts, at = [], 0
    while True:
        match = _CLASSIC_PART.match(text, at)
        if match is None:
            return [text]
        parts.append(match[1])
        if not match[3]:
            return parts
        at = match.end()


def _classic_value(text: str) -> str | None:
    """Quotes around it go, three escapes mean what they say, and another backslash stands for itself."""
    quoted = text.startswith('"')
    if quoted and (len(text) < 2 or not text.endswith('"')):
        return None
    inside = text[1:-1] if quoted else text
    if not _CLASSIC_VALUE.fullmatch(inside) or (quoted and _OPEN_ESCAPE.search(inside)):
        return None
    return re.sub(r"\\(.)", lambda found: _CLASSIC_LETTERS.get(found[1], found[0]), inside, flags=re.DOTALL)
