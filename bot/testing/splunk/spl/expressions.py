"""The expressions of `eval` and `where`: numbers, texts, fields, operators, functions.

Binds as Splunk documents it: parentheses, `* / %`, `+ - .`, comparisons, NOT, AND, OR and XOR. A comparison with null
is null, which is not true; texts are compared with regard to case, numbers as numbers even where written as texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from bot.testing.splunk.spl.functions import FUNCTIONS, LAZY, Expression, Result
from bot.testing.splunk.spl.values import Row, SplError, Value, number, text

Token: TypeAlias = tuple[str, str]

_TOKEN = re.compile(
    r"""\s*(?: (?P<text>"(?:[^"\\]|\\.)*") | (?P<field>'[^']*') | (?P<number>\d+\.\d+|\d+)
        | (?P<name>[A-Za-z_][\w{}:]*) | (?P<sign>==|!=|<=|>=|[-+*/%.=<>(),]) )""",
    re.VERBOSE,
)
_WORDS = {"and", "or", "not", "xor", "like", "in"}


def parse(command: str, written: str, now: float = 0) -> Expression:
    """Reads one expression; `now` is what `now()` gives."""
    reader = Reader(command, written, now)
    made = reader.expression()
    reader.end()
    return made


def assignments(command: str, written: str, now: float = 0) -> list[tuple[str, Expression]]:
    """Reads `a=..., b=...`."""
    reader, made = Reader(command, written, now), []
    while True:
        kind, name = reader.take()
        while reader.at("."):  # a field name with dots needs no quotes on this side
            reader.take()
            name = f"{name}.{reader.take()[1]}"
        if kind not in {"name", "field", "text"} or not reader.accept("="):
            raise SplError(
                f"Error in '{command}' command: The expression is malformed. An '=' is expected after a field name."
            )
        made.append((name[1:-1] if kind != "name" else name, reader.expression()))
        if not reader.accept(","):
            reader.end()
            return made


class Reader:
    """Reads an expression by recursive descent."""

    def __init__(self, command: str, written: str, now: float) -> None:
        """Of this command, whose name stands in what is refused."""
        self.command, self.now = command, now
        self.tokens: list[Token] = []
        self.place, at, written = 0, 0, written.rstrip()
        while at < len(written):
            found = _TOKEN.match(written, at)
            if found is None:
                raise self._wrong(f"at '{written[at : at + 20].strip()}'")
            kind = found.lastgroup or ""
            word = found[kind].lower()
            self.tokens.append(("word", word) if kind == "name" and word in _WORDS else (kind, found[kind]))
            at = found.end()

    def _wrong(self, where: str = "") -> SplError:
        return SplError(f"Error in '{self.command}' command: The expression is malformed. {where}".rstrip())

    def peek(self) -> Token:
        """The next token."""
        return self.tokens[self.place] if self.place < len(self.tokens) else ("", "")

    def take(self) -> Token:
        """The next token, used up."""
        token = self.peek()
        self.place += 1
        return token

    def at(self, sign: str) -> bool:
        """Whether this sign or word comes next."""
        return self.peek() in {("sign", sign), ("word", sign)}

    def accept(self, sign: str) -> bool:
        """Takes this sign or word where it comes next."""
        found = self.at(sign)
        self.place += found
        return found

    def end(self) -> None:
        """Refuses what is left over."""
        if self.peek() != ("", ""):
            raise self._wrong(f"at '{self.peek()[1]}'")

    def expression(self) -> Expression:
        """OR and XOR bind least."""
        left = self._and()
        while self.at("or") or self.at("xor"):
            exclusive, right = self.take()[1] == "xor", self._and()
            left = _xor(left, right) if exclusive else _or(left, right)
        return left

    def _and(self) -> Expression:
        left = self._not()
        while self.accept("and"):
            left = _and(left, self._not())
        return left

    def _not(self) -> Expression:
        if self.accept("not"):
            inner = self._not()
            return lambda row: None if (found := inner(row)) is None else found is not True
        return self._comparison()

    def _comparison(self) -> Expression:
        left = self._sum()
        kind, sign = self.peek()
        if kind == "sign" and sign in _COMPARE:
            self.take()
            return _compared(left, sign, self._sum())
        if self.accept("like"):
            wanted = self._sum()
            return lambda row: FUNCTIONS["like"][2]([left(row), wanted(row)])
        if self.accept("in"):
            return _among(left, self._arguments())
        return left

    def _sum(self) -> Expression:
        left = self._product()
        while self.at("+") or self.at("-") or self.at("."):
            left = _combined(left, self.take()[1], self._product())
        return left

    def _product(self) -> Expression:
        left = self._unary()
        while self.at("*") or self.at("/") or self.at("%"):
            left = _combined(left, self.take()[1], self._unary())
        return left

    def _unary(self) -> Expression:
        if self.accept("-"):
            inner = self._unary()
            return lambda row: None if (found := number(_plain(inner(row)))) is None else -found
        return self._primary()

    def _primary(self) -> Expression:
        kind, token = self.take()
        if (kind, token) == ("sign", "("):
            inner = self.expression()
            if not self.accept(")"):
                raise self._wrong("A closing parenthesis is missing.")
            return inner
        match kind:
            case "text":
                literal = re.sub(r'\\(["\\])', r"\1", token[1:-1])
                return lambda row: literal
            case "number":
                value = number(token)
                return lambda row: value
            case "field":
                return lambda row: row.get(token[1:-1])
            case "name" | "word" if self.at("("):
                return self._called(token)
            case "name":
                return lambda row: row.get(token)
            case _:
                raise self._wrong(f"at '{token}'" if token else "It ends too early.")

    def _arguments(self) -> list[Expression]:
        if not self.accept("("):
            raise self._wrong("An opening parenthesis is missing.")
        given: list[Expression] = []
        while not self.accept(")"):
            given.append(self.expression())
            if not self.accept(",") and not self.at(")"):
                raise self._wrong("A closing parenthesis is missing.")
        return given

    def _called(self, name: str) -> Expression:
        given = self._arguments()
        if name.lower() == "now" and not given:
            return lambda row: self.now
        lazy = LAZY.get(name.lower())
        if lazy is not None:
            fits, made = lazy
            if not fits(len(given)):
                raise SplError(
                    f"Error in '{self.command}' command: The arguments to the '{name}' function are invalid."
                )
            return made(given)
        known = FUNCTIONS.get(name.lower())
        if known is None:
            raise SplError(f"Error in '{self.command}' command: The '{name}' function is unsupported or undefined.")
        fewest, most, function = known
        if not fewest <= len(given) <= most:
            raise SplError(f"Error in '{self.command}' command: The arguments to the '{name}' function are invalid.")
        return lambda row: function([argument(row) for argument in given])


def _plain(value: Result) -> Value | None:
    return None if isinstance(value, bool) else value


def _and(left: Expression, right: Expression) -> Expression:
    return lambda row: left(row) is True and right(row) is True


def _or(left: Expression, right: Expression) -> Expression:
    return lambda row: left(row) is True or right(row) is True


def _xor(left: Expression, right: Expression) -> Expression:
    return lambda row: (left(row) is True) != (right(row) is True)


_COMPARE: dict[str, Callable[[float | str, float | str], bool]] = {
    "=": lambda left, right: left == right,
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,  # type: ignore[operator]  # both are numbers or both texts
    "<=": lambda left, right: left <= right,  # type: ignore[operator]  # as above
    ">": lambda left, right: left > right,  # type: ignore[operator]  # as above
    ">=": lambda left, right: left >= right,  # type: ignore[operator]  # as above
}


def equal_parts(left: Result, right: Result) -> tuple[float | str, float | str] | None:
    """Two values as numbers where both are, else as texts; None where one is null."""
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return None
    one, other = number(left), number(right)
    return (one, other) if one is not None and other is not None else (text(left), text(right))


def _compared(left: Expression, sign: str, right: Expression) -> Expression:
    holds = _COMPARE[sign]

    def compare(row: Row) -> Result:
        parts = equal_parts(left(row), right(row))
        return None if parts is None else holds(*parts)

    return compare


def _among(left: Expression, wanted: list[Expression]) -> Expression:
    tests = [_compared(left, "=", one) for one in wanted]
    return lambda row: any(test(row) is True for test in tests)


def _combined(left: Expression, sign: str, right: Expression) -> Expression:
    def combine(row: Row) -> Result:
        one, other = _plain(left(row)), _plain(right(row))
        if one is None or other is None:
            return None
        if sign == ".":
            return text(one) + text(other)
        first, second = number(one), number(other)
        if first is None or second is None:
            return text(one) + text(other) if sign == "+" else None
        return _calculated(first, sign, second)

    return combine


def _calculated(first: float, sign: str, second: float) -> float | None:
    match sign:
        case "+":
            return first + second
        case "-":
            return first - second
        case "*":
            return first * second
        case "/":
            return first / second if second else None
        case _:
            return first % second if second else None
