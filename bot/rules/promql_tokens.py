"""The words of an expression, and the same expression as promql-parser must have it to read it as Prometheus does.

Only what both read alike is handed to it: digits without underscores, texts in double quotes, and instead of a regular
expression one that matches the empty text where it did.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from bot.documents import parse_duration
from bot.rules.gotemplate.numbers import parse_float, quoted, unquote
from bot.rules.regex import RegexError, compiled

_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n]+|\#[^\n]*)
      | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`]*`)
      | (?P<duration>(?:[0-9]+(?:ms|[smhdwy]))+(?![\w.]))
      | (?P<number>0[xX][0-9a-fA-F_]+|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9]+)?)
      | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
      | (?P<sign>==|!=|>=|<=|=~|!~|[-+*/%^=<>(){}\[\],:@])
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_SINGLE = {"\\'": "'", '"': '\\"'}
EXPERIMENTAL = frozenset(
    {"double_exponential_smoothing", "end", "fill", "fill_left", "fill_right", "first_over_time", "histogram_quantiles"}
    | {"info", "limit_ratio", "limitk", "mad_over_time", "range", "sort_by_label", "sort_by_label_desc", "start"}
    | {"step", "ts_of_first_over_time", "ts_of_last_over_time", "ts_of_max_over_time", "ts_of_min_over_time"}
)
"""What Prometheus knows, but refuses unless it was started with a feature flag."""


_KEYWORDS = frozenset({"anchored", "fill", "fill_left", "fill_right", "smoothed"})
"""Names like any other to Prometheus, as long as nothing experimental is switched on."""

_BEFORE_OPERANDS = frozenset(
    {
        "",
        "(",
        ",",
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "==",
        "!=",
        ">",
        "<",
        ">=",
        "<=",
        "and",
        "or",
        "unless",
        "atan2",
        "bool",
    }
)
"""Where a sign belongs to what follows. promql-parser forgets a plus there, and with it that it needs a number."""


_LISTING = frozenset({"by", "without", "on", "ignoring", "group_left", "group_right"})


_SIGNS = ("+", "-")
_LONE = re.compile("[\udc80-\udcff]")
_TOO_LONG = "duration out of range"


class Token(NamedTuple):
    """A word of an expression and where it begins; blanks and comments are none. `other` is what cannot be one."""

    kind: str
    text: str
    at: int


class Refused(ValueError):
    """Something Prometheus refuses and promql-parser does not see."""


def tokens(expr: str) -> Iterator[Token]:
    """The words of an expression, from left to right."""
    last = ""
    for found in _TOKEN.finditer(expr):
        kind, text, at = found.lastgroup or "", found.group(), found.start()
        if kind == "name" and text[0] == ":" and last in ("number", "duration"):
            # behind a length of time, the colon of `[1h:5m]` is no part of a name
            yield Token("sign", ":", at)
            yield from (Token(one.kind, one.text, at + 1 + one.at) for one in tokens(text[1:]))
        elif kind != "blank":
            yield Token(kind, text, at)
        last = last if kind == "blank" else kind


def unquoted(source: str) -> str:
    """What a text in PromQL stands for: as in Go, but single quotes enclose a text too. Raises ValueError."""
    if source[0] != "'":
        return unquote(source)
    if '\\"' in source:
        raise ValueError("invalid syntax")
    inner = re.sub(r"\\.|\"", lambda sign: _SINGLE.get(sign.group(), sign.group()), source[1:-1], flags=re.DOTALL)
    return unquote(f'"{inner}"')


def value(number: str) -> float:
    """A number as Prometheus reads it: `010` is eight. Raises ValueError for one that no float64 holds."""
    if re.fullmatch(r"0[xX](?:_?[0-9a-fA-F])+|0(?:_?[0-7])+", number) and (whole := _whole(number)) < 1 << 63:
        return float(whole)
    return parse_float(number)


def _whole(digits: str) -> int:
    return int(digits.replace("_", ""), 16 if digits[1] in "xX" else 8)


def rewritten(expr: str) -> str:
    """The same expression for promql-parser. Raises Refused for what that would let pass."""
    words = list(tokens(expr))
    parts: list[str] = []
    end = 0
    for number, word in enumerate(words):
        parts += [expr[end : word.at], _rewritten(words, number)]
        end = word.at + len(word.text)
    return "".join([*parts, expr[end:]])


def _rewritten(words: Sequence[Token], number: int) -> str:
    word = words[number]
    before = words[number - 1].text if number else ""
    after = words[number + 1].text if number + 1 < len(words) else ""
    match word.kind:
        case "string":
            return _string(word.text, regex=before in ("=~", "!~"))
        case "number":
            _no_unit_behind(words, number)
            _no_such_time(words, number)
            _no_such_length(words, number)
            return _number(word.text, reaches=before == "[" or (before == ":" and after == "]"))
        case "sign" if word.text in _SIGNS and (length := _length_signed(words, number)):
            return length
        case "duration" if _too_long(word.text):
            raise Refused(_TOO_LONG)
        case "duration" if _nothing(word.text) and before not in ("[", ":", "offset"):
            return "0"  # as a number it is one; promql-parser knows it as a duration only
        case "name" if ":" in word.text and _groups_by(words, number):
            return word.text.replace(":", "_")  # any name will do for a label
        case "name" if word.text.lower() in EXPERIMENTAL and after == "(" and before != "@":
            raise Refused(f"`{word.text}` is experimental: Prometheus refuses it unless a feature flag is set")
        case "name" if word.text.lower() in _KEYWORDS:
            return f"{word.text}_"
        case "sign" if word.text == "+" and before in _BEFORE_OPERANDS:
            return "- -"
        case _:
            return word.text


def _no_unit_behind(words: Sequence[Token], number: int) -> None:
    """`1_0m` is no length of time, and nothing else."""
    word, following = words[number], words[number + 1 : number + 2]
    touching = [one.text for one in following if one.kind == "name" and one.at == word.at + len(word.text)]
    if touching and not touching[0].startswith(":"):
        raise Refused(f"bad number or duration syntax: {word.text}{touching[0]}")


def _no_such_time(words: Sequence[Token], number: int) -> None:
    """What stands behind `@` is kept in 64 bits."""
    before = [word.text for word in words[max(0, number - 2) : number]]
    is_time = before[-1:] == ["@"] or (before[:1] == ["@"] and before[1] in _SIGNS)
    if is_time and abs(value(words[number].text)) >= 1 << 63:
        raise Refused(f"timestamp out of bounds for @ modifier: {words[number].text}")


def _no_such_length(words: Sequence[Token], number: int) -> None:
    """Go counts a length of time in nanoseconds, in 64 bits."""
    before = number - 1
    while before > 0 and words[before].text in _SIGNS:
        before -= 1
    is_length = before >= 0 and words[before].text.lower() in ("offset", "[", ":")
    if is_length and value(words[number].text) * 1e9 >= 1 << 63:
        raise Refused(_TOO_LONG)


def _too_long(duration: str) -> bool:
    """Whether it is a length of time, and longer than Go can count."""
    try:
        return parse_duration(duration) // timedelta(microseconds=1) * 1000 >= 1 << 63
    except ValueError:
        return False


def _length_signed(words: Sequence[Token], number: int) -> str:
    """What becomes of a sign before a length of time, of which there may be any number; empty where it is before none.

    The first of them stands for all: a minus or, as promql-parser wants none, a blank.
    """
    first, end = number, number
    while first and words[first - 1].text in _SIGNS:
        first -= 1
    while end < len(words) and words[end].text in _SIGNS:
        end += 1
    before = words[first - 1].text.lower() if first else ""
    if before == "offset" and (first < 2 or words[first - 2].text.lower() in _BEFORE_OPERANDS):
        return ""  # a metric of that name
    if before not in ("offset", "[", ":") or end == len(words) or words[end].kind not in ("number", "duration"):
        return ""
    is_negative = sum(word.text == "-" for word in words[first:end]) % 2
    if is_negative and before != "offset":
        raise Refused("duration must be greater than 0")
    return "-" if is_negative and number == first else " "


def _nothing(duration: str) -> bool:
    """Whether it is a length of no time, and well written."""
    try:
        return not parse_duration(duration)
    except ValueError:
        return False


def _groups_by(words: Sequence[Token], number: int) -> bool:
    """Whether the word is one of those that a `by (...)` or its like lists."""
    while number and words[number].text != "(":
        if words[number].text != "," and words[number].kind not in ("name", "string"):
            return False
        number -= 1
    return number > 0 and words[number - 1].text.lower() in _LISTING


def _odd_bytes(regex: str) -> str:
    """What stands for a regular expression with bytes that are no UTF-8, which Go takes as a list of words only."""
    if re.search(r"[\\.+*?()\[\]{}^$]", regex):
        raise Refused("error parsing regexp: invalid UTF-8")
    return '".*"' if "" in regex.split("|") else '".+"'


def _string(source: str, *, regex: bool) -> str:
    try:
        text = unquoted(source)
    except ValueError:
        return source
    if not regex:
        return quoted(text) if source[0] == "`" else source
    try:
        if _LONE.search(text):
            return _odd_bytes(text)
        pattern = compiled(f"^(?s:{text})$")
    except RegexError as error:
        raise Refused(str(error)) from None
    return '".*"' if pattern.search("") else '".+"'


def _number(text: str, *, reaches: bool) -> str:
    try:
        read = value(text)
    except ValueError as error:
        raise Refused(f"error parsing number: {error}") from None
    if reaches and not read:
        raise Refused("duration must be greater than 0")
    plain = text.replace("_", "")
    return f"0{plain}" if reaches and plain.startswith(".") else plain
