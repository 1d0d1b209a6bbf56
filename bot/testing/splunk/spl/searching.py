"""The terms of the `search` command: words, phrases, comparisons, IN, and how AND, OR and NOT bind.

As Splunk documents it for this command: parentheses first, then NOT, then OR, then AND (between any two terms).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from bot.testing.splunk.spl.values import Row, SplError, number, pattern, text, texts

Test = Callable[[Row], bool]

_TOKEN = re.compile(
    r"""\s*(?: (?P<quoted>"(?:[^"\\]|\\.)*") | (?P<sign>!=|<=|>=|=|<|>|\(|\)|,) | (?P<word>[^\s"()=<>!,]+|!) )""",
    re.VERBOSE,
)
_TIMES = {"earliest", "latest", "_index_earliest", "_index_latest"}
_COMPARING = {"=", "!=", "<", "<=", ">", ">="}


@dataclass(slots=True)
class Terms:
    """A search expression read: its test, the times it names, and whether it names an index."""

    test: Test = lambda row: True
    times: dict[str, str] = field(default_factory=dict)
    names_index: bool = False


def _unreadable(what: str) -> SplError:
    return SplError(f"Error in 'search' command: Unable to parse the search: {what}")


def read(written: str) -> Terms:
    """Reads the argument of `search`."""
    return _Reader(written).all()


class _Reader:
    def __init__(self, written: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at, written = 0, written.rstrip()
        while at < len(written):
            found = _TOKEN.match(written, at)
            if found is None:
                raise SplError("Error in 'SearchParser': Unbalanced quotes.")
            self.tokens.append((found.lastgroup or "", found[found.lastgroup or 0]))
            at = found.end()
        self.at = 0
        self.read = Terms()

    def all(self) -> Terms:
        if self.tokens:
            self.read.test = self._and()
        if self.at < len(self.tokens):
            raise _unreadable("unbalanced parentheses.")
        return self.read

    def _next(self, ahead: int = 0) -> tuple[str, str]:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else ("", "")

    def _is(self, word: str) -> bool:
        return self._next() == ("word", word)

    def _and(self) -> Test:
        tests = [self._or()]
        while self._next() != ("", "") and self._next() != ("sign", ")"):
            if self._is("AND"):
                self.at += 1
            tests.append(self._or())
        return tests[0] if len(tests) == 1 else _every(tests)

    def _or(self) -> Test:
        tests = [self._not()]
        while self._is("OR"):
            self.at += 1
            tests.append(self._not())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _not(self) -> Test:
        if self._is("NOT"):
            self.at += 1
            test = self._not()
            return lambda row: not test(row)
        return self._one()

    def _one(self) -> Test:
        kind, token = self._next()
        self.at += 1
        if (kind, token) == ("sign", "("):
            test = self._and()
            if self._next() != ("sign", ")"):
                raise _unreadable("unbalanced parentheses.")
            self.at += 1
            return test
        if kind == "word" and token.startswith("["):
            raise _unreadable("subsearches are not supported.")
        if kind == "" or kind == "sign" or token in {"AND", "OR"}:
            raise _unreadable(f"Invalid term on the left hand side of {token!r}.")
        following, sign = self._next()
        if following == "sign" and sign in _COMPARING:
            return self._compared(_bare(kind, token), sign)
        if (following, sign) == ("word", "IN") and self._next(1) == ("sign", "("):
            return self._among(_bare(kind, token))
        if (following, sign) == ("sign", "(") and token in {"TERM", "CASE", "eval"}:
            raise _unreadable(f"{token}() is not supported.")
        return _mentions(_bare(kind, token), phrase=kind == "quoted")

    def _compared(self, name: str, sign: str) -> Test:
        self.at += 1
        kind, token = self._next()
        if kind not in {"word", "quoted"}:
            raise _unreadable(f"Comparator '{sign}' is missing a term on the right hand side.")
        self.at += 1
        value = _bare(kind, token)
        if name in _TIMES:
            self.read.times[name] = value
            return lambda row: True
        self.read.names_index |= name == "index"
        return comparison(name, sign, value)

    def _among(self, name: str) -> Test:
        self.at += 2
        tests: list[Test] = []
        while self._next() != ("sign", ")"):
            kind, token = self._next()
            if kind not in {"word", "quoted"}:
                raise _unreadable("unbalanced parentheses.")
            tests.append(comparison(name, "=", _bare(kind, token)))
            self.at += 1
            if self._next() == ("sign", ","):
                self.at += 1
        self.at += 1
        if not tests:
            raise _unreadable("IN needs at least one value.")
        self.read.names_index |= name == "index"
        return lambda row: any(test(row) for test in tests)


def _bare(kind: str, token: str) -> str:
    return re.sub(r'\\(["\\])', r"\1", token[1:-1]) if kind == "quoted" else token


def comparison(name: str, sign: str, wanted: str) -> Test:
    """A field against a value: texts without regard to case and with `*`, numbers as numbers.

    A field that is not there matches nothing, `!=` included.
    """
    if sign in {"=", "!="}:
        equal = _equal(name, wanted)
        if sign == "=":
            return equal
        return lambda row: name in row and not equal(row)
    limit = number(wanted)

    def beyond(value: str) -> bool:
        seen = number(value)
        if limit is None or seen is None:
            return _ordered(value.casefold(), sign, wanted.casefold()) if limit is None else False
        return _ordered(float(seen), sign, float(limit))

    return lambda row: any(beyond(value) for value in texts(row.get(name)))


def _every(tests: Sequence[Test]) -> Test:
    def every(row: Row) -> bool:
        for test in tests:  # noqa: SIM110 - of every event of a window: a generator takes three times as long
            if not test(row):
                return False
        return True

    return every


def _equal(name: str, wanted: str) -> Test:
    """Whether any of a field's values is the wanted one. What was said of a value is remembered: most come again."""
    wild, as_number = pattern(wanted), number(wanted)
    internal = name == "index" and not wanted.startswith("_")

    @lru_cache(maxsize=1024)
    def equal(written: str) -> bool:
        if internal and written.startswith("_"):
            return False
        return wild.fullmatch(written) is not None or (as_number is not None and number(written) == as_number)

    def is_equal(row: Row) -> bool:
        value = row.get(name)
        return equal(value) if isinstance(value, str) else any(equal(one) for one in texts(value))

    return is_equal


def _ordered(left: float | str, sign: str, right: float | str) -> bool:
    if isinstance(left, str) or isinstance(right, str):
        left, right = str(left), str(right)
        return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign]


def _mentions(words: str, *, phrase: bool) -> Test:
    if words == "*":
        return lambda row: True
    inner = pattern(words, word=not phrase).pattern
    before = "" if words.startswith("*") or not words[:1].isalnum() else r"(?<![^\W_])"
    after = "" if words.endswith("*") or not words[-1:].isalnum() else r"(?![^\W_])"
    found = re.compile(before + inner + after, re.IGNORECASE | re.DOTALL)
    return lambda row: found.search(text(row.get("_raw", ""))) is not None
