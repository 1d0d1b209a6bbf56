"""An expression as Prometheus prints it: `expr.String()`, which links and the `query` of /api/v1/rules hold.

Prometheus prints what its parser understood: one line, spaces where it wants them, matchers in the order of their
texts, `by` before the parentheses, durations and numbers in their shortest form. Nothing moves but that, so a pass over
the tokens is enough. What this does not know stays as it was written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache

from bot.rules.gotemplate.numbers import quoted
from bot.rules.promql_tokens import Token, tokens, unquoted, value

_AGGREGATORS = frozenset(
    {"avg", "bottomk", "count", "count_values", "group", "limit_ratio", "limitk", "max", "min", "quantile", "stddev"}
    | {"stdvar", "sum", "topk"}
)
_SET_OPERATORS = frozenset({"and", "or", "unless", "atan2"})
_OPERATORS = frozenset({"+", "-", "*", "/", "%", "^", "==", "!=", ">", "<", ">=", "<=", *_SET_OPERATORS})
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_DURATION = re.compile(r"([0-9]+)(ms|[smhdwy])")
_MILLISECONDS = {
    "y": 31_536_000_000,
    "w": 604_800_000,
    "d": 86_400_000,
    "h": 3_600_000,
    "m": 60_000,
    "s": 1_000,
    "ms": 1,
}


class _Unknown(Exception):
    """Something here that we do not know how Prometheus prints."""


@lru_cache(maxsize=65_536)
def canonical(expr: str) -> str:
    """The expression as Prometheus prints it; where we cannot be sure how, the expression as it was written."""
    try:
        printer = _Printer(list(tokens(expr)))
        text = printer.expression()
        printer.must_end()
    except (_Unknown, ValueError, RecursionError):
        return expr
    return text


class _Printer:
    """Reads the tokens from left to right and prints what they mean, a piece at a time."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def must_end(self) -> None:
        """Raises _Unknown unless everything was read."""
        if self._at < len(self._tokens):
            raise _Unknown

    def expression(self) -> str:
        """Operands and what stands between them. Prometheus prints no parentheses of its own, so precedence is moot."""
        text = self._signed()
        while self._peek().lower() in _OPERATORS and self._kind() in ("sign", "name"):
            operator = self._next().text.lower()
            text += f" {operator}{self._modifiers()} {self._signed()}"
        return text

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._tokens[at].text if at < len(self._tokens) else ""

    def _kind(self) -> str:
        return self._tokens[self._at].kind if self._at < len(self._tokens) else ""

    def _next(self) -> Token:
        if self._at >= len(self._tokens):
            raise _Unknown
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, text: str) -> bool:
        found = self._kind() != "string" and self._peek().lower() == text
        self._at += found
        return found

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise _Unknown

    # What stands beside an operator

    def _modifiers(self) -> str:
        text = " bool" if self._take("bool") else ""
        matching = ""
        for word in ("on", "ignoring"):
            if self._take(word):
                matching = f" {word} ({self._labels(self._matched)})"
        for word in ("group_left", "group_right"):
            if self._take(word):
                included = self._labels(self._matched) if self._peek() == "(" else ""
                return f"{text}{matching or ' ignoring ()'} {word} ({included})"
        return text + ("" if matching == " ignoring ()" else matching)

    def _labels(self, label: Callable[[], str]) -> str:
        return ", ".join(self._listed(label))

    def _label(self) -> str:
        return _label_name(self._matched())

    def _matched(self) -> str:
        """A label to match on; Prometheus does not quote it, whatever it holds."""
        token = self._next()
        if token.kind not in ("name", "string"):
            raise _Unknown
        return token.text if token.kind == "name" else unquoted(token.text)

    def _listed(self, item: Callable[[], str], opens: str = "(", closes: str = ")") -> list[str]:
        self._expect(opens)
        items = []
        while not self._take(closes):
            items.append(item())
            if not self._take(","):
                self._expect(closes)
                break
        return items

    # Operands

    def _signed(self) -> str:
        signs = ""
        while self._peek() in ("+", "-") and self._kind() == "sign":
            signs += self._next().text
        if self._kind() in ("number", "duration") or self._peek().lower() in ("inf", "nan"):
            token = self._next()
            if self._peek() == "^":
                return signs + _number(token, negative=False)
            return _number(token, negative=signs.count("-") % 2 == 1)
        return signs + self._reaching()

    def _reaching(self) -> str:
        """An operand, and behind it how far and to which time it reaches."""
        text, start, offset = self._operand(), "", ""
        while True:
            if self._take("["):
                text, start, offset = text + start + offset + self._range(), "", ""
            elif self._take("offset"):
                offset = self._offset()
            elif self._take("@"):
                start = f" @ {self._instant()}"
            else:
                return text + start + offset

    def _range(self) -> str:
        text = f"[{self._duration()}"
        if self._take(":"):
            text += ":" + ("" if self._peek() == "]" else self._duration())
        self._expect("]")
        return f"{text}]"

    def _duration(self) -> str:
        return _duration_text(self._milliseconds())

    def _milliseconds(self) -> int:
        token = self._next()
        if token.kind == "duration":
            return _milliseconds(token.text)
        if token.kind != "number":
            raise _Unknown
        return round(value(token.text) * 1000)

    def _offset(self) -> str:
        negative = self._take("-")
        if not negative:
            self._take("+")
        length = self._milliseconds()
        return f" offset {'-' if negative else ''}{_duration_text(length)}" if length else ""

    def _instant(self) -> str:
        if self._kind() == "name" and self._peek() in ("start", "end"):
            word = self._next().text
            self._expect("(")
            self._expect(")")
            return f"{word}()"
        negative = self._take("-")
        if not negative:
            self._take("+")
        token = self._next()
        if token.kind != "number":
            raise _Unknown
        # To the millisecond, half of one upwards, as Prometheus keeps time
        at = math.floor(value(token.text) * 1000 + 0.5)
        return f"{'-' if negative else ''}{at // 1000}.{at % 1000:03d}"

    def _operand(self) -> str:
        if self._take("("):
            inner = self.expression()
            self._expect(")")
            return f"({inner})"
        if self._peek() == "{" and self._kind() == "sign":
            return self._selector("")
        token = self._next()
        if token.kind == "string":
            return quoted(unquoted(token.text))
        if token.kind != "name":
            raise _Unknown
        if token.text.lower() in _AGGREGATORS and self._peek().lower() in ("(", "by", "without"):
            return self._aggregation(token.text.lower())
        if self._peek() == "(":
            return f"{token.text}({', '.join(self._listed(self.expression))})"
        return self._selector(token.text)

    def _aggregation(self, name: str) -> str:
        by = self._grouping()
        arguments = ", ".join(self._listed(self.expression))
        by = by or self._grouping()
        return f"{name}{by if by != ' by () ' else ''}({arguments})"

    def _grouping(self) -> str:
        for word in ("by", "without"):
            if self._take(word):
                return f" {word} ({self._labels(self._label)}) "
        return ""

    def _selector(self, name: str) -> str:
        if self._peek() != "{":
            return name
        matchers = sorted(self._listed(self._matcher, "{", "}"), key=str.encode)
        return f"{name}{{{','.join(matchers)}}}" if matchers else name

    def _matcher(self) -> str:
        token = self._next()
        name = unquoted(token.text) if token.kind == "string" else token.text
        if self._peek() in (",", "}") and token.kind == "string":
            return f"__name__={quoted(name)}"
        operator, value = self._next().text, self._next()
        if operator not in ("=", "!=", "=~", "!~") or value.kind != "string" or token.kind not in ("name", "string"):
            raise _Unknown
        return f"{_label_name(name)}{operator}{quoted(unquoted(value.text))}"


def _label_name(name: str) -> str:
    return name if _LABEL.fullmatch(name) else quoted(name)


def _number(token: Token, *, negative: bool) -> str:
    lowered = token.text.lower()
    if lowered == "nan":
        return "NaN"
    if lowered == "inf":
        return "-Inf" if negative else "+Inf"
    if token.kind == "duration":
        text = _duration_text(_milliseconds(token.text))
    else:
        text = format(Decimal(repr(value(token.text))), "f").removesuffix(".0")
    return f"-{text}" if negative else text


def _milliseconds(text: str) -> int:
    length = sum(int(count) * _MILLISECONDS[unit] for count, unit in _DURATION.findall(text))
    if length >= timedelta.max // timedelta(milliseconds=1):
        raise _Unknown
    return length


def _duration_text(length: int) -> str:
    """Prometheus' text of a duration in milliseconds: years and weeks only where nothing else is left over."""
    if not length:
        return "0s"
    text = ""
    for unit, size in _MILLISECONDS.items():
        if unit in ("y", "w") and length % size:
            continue
        count, length = divmod(length, size)
        text += f"{count}{unit}" if count else ""
    return text
