"""PromQL expressions: checked without a server, and filled with values that can never become syntax.

`$name` may stand inside the value that a label is compared with, as in `{instance="$instance"}`. What is filled in is
escaped for PromQL's string literals, and in `=~` and `!~` for regular expressions as well: a value matches itself and
nothing else. The parser then proves that the expression still has the shape its author wrote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import promql_parser

from bot.documents import suggest
from bot.errors import Permanent
from bot.rules import parser

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
      | (?P<literal>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)
      | (?P<loose>\$[A-Za-z_]\w*)
      | (?P<unclosed>["'`])""",
    re.VERBOSE | re.ASCII,
)
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)", re.ASCII)
_COMPARISON = re.compile(r"(=~|!~|!=|=)\s*$")
_REGEX_SYNTAX = re.compile(r"[\\.+*?()|\[\]{}^$]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_RUST_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_FILTERS = frozenset({"==", "!=", ">", "<", ">=", "<="})


def parse(expr: str, integration: str) -> promql_parser.Expr:
    """The syntax tree; Permanent (`client`) when it is not PromQL. A server is always sent the text itself."""
    try:
        return parser.parse(_without_raw_literals(expr))
    except ValueError as error:
        raise _mistake(f"not a PromQL expression: {error}", integration) from None


def fill(expr: str, variables: Mapping[str, str], integration: str) -> str:
    """The expression with every `$name` replaced by its escaped value.

    Raises Permanent (`client`) for a name that no variable has, for one that stands anywhere but in a label's value,
    and for a value that no label can have.
    """
    parts: list[str] = []
    before = ""  # what stands before the next literal, comments left out
    end = 0
    for token in _TOKEN.finditer(expr):
        between = expr[end : token.start()]
        before += between
        end = token.end()
        match token.lastgroup:
            case "comment":
                parts += [between, token[0]]
            case "literal":
                comparison = _COMPARISON.search(before)
                literal = _Literal(token[0], comparison[1] if comparison else "", integration)
                parts += [between, literal.filled(variables)]
                before = ""
            case "loose":
                raise _mistake(f'{token[0]} stands outside a string: write it as label="{token[0]}"', integration)
            case _:
                raise _mistake(f"a quote is opened and never closed: {token[0]}{expr[end : end + 20]}", integration)
    filled = "".join([*parts, expr[end:]])
    if _shape(expr, filled, integration) != _shape(expr, expr, integration):
        raise _mistake("the values would change what this expression asks", integration)
    return filled


def names_in(expr: str) -> frozenset[str]:
    """All that an expression may mean as variables."""
    return frozenset(_VARIABLE.findall(expr))


def only_shows_what_is_true(tree: promql_parser.Expr) -> bool:
    """Whether a series in the answer means yes whatever its value, because the outermost operation filters.

    `errors < 1` answers 0 when there are none, and that is a yes; `errors < bool 1` answers 1 or 0.
    """
    if isinstance(tree, promql_parser.ParenExpr):
        return only_shows_what_is_true(tree.expr)
    if not isinstance(tree, promql_parser.BinaryExpr):
        return False
    operator = str(tree.op)
    if operator in ("and", "unless"):  # they answer with the left side's values
        return only_shows_what_is_true(tree.lhs)
    if operator == "or":
        return only_shows_what_is_true(tree.lhs) and only_shows_what_is_true(tree.rhs)
    return operator in _FILTERS and not (tree.modifier and tree.modifier.return_bool)


class _Literal:
    """One string literal of an expression, and the operator that compares a label with it (or nothing)."""

    def __init__(self, text: str, operator: str, integration: str) -> None:
        self.text = text
        self.raw = text[0] == "`"
        self.quote = '"' if self.raw else text[0]
        self.operator = operator
        self.integration = integration

    def filled(self, variables: Mapping[str, str]) -> str:
        """The literal as it is sent; one without variables stays as it was written."""
        pieces = _VARIABLE.split(self.text[1:-1])  # text, name, text, name, ..., text
        if len(pieces) == 1:
            return self.text
        if not self.operator:
            message = f'${pieces[1]} may stand only in the value of a label, as in {{label="${pieces[1]}"}}'
            raise _mistake(message, self.integration)
        parts = []
        for index, piece in enumerate(pieces):
            if index % 2:
                self._refuse_inside_syntax("".join(pieces[:index:2]), piece)
                parts.append(_escaped(self._value(piece, variables), self.quote))
            else:
                parts.append(_escaped(piece, self.quote) if self.raw else piece)
        return f"{self.quote}{''.join(parts)}{self.quote}"

    def _value(self, name: str, variables: Mapping[str, str]) -> str:
        if name not in variables:
            raise _mistake(f"no variable is called ${name}{suggest(name, variables)}", self.integration)
        value = variables[name]
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _mistake(f"${name} is not valid Unicode: no label can have this value", self.integration) from None
        return "(?:" + _REGEX_SYNTAX.sub(r"\\\g<0>", value) + ")" if self.operator.endswith("~") else value

    def _refuse_inside_syntax(self, before: str, name: str) -> None:
        """After a backslash or inside `[...]` a regular expression would read the value as syntax, escaped or not."""
        if not self.operator.endswith("~"):
            return
        regex = before if self.raw else re.sub(r"\\(.)", r"\1", before)
        regex = re.sub(r"\\.|\[:\^?\w+:\]", "", regex, flags=re.DOTALL)
        if regex.endswith("\\") or "[" in re.sub(r"\[\^?+\]?+[^\]]*\]", "", regex):
            raise _mistake(f"${name} may not follow a backslash or stand inside [...]", self.integration)


def _escaped(text: str, quote: str) -> str:
    text = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def _without_raw_literals(expr: str) -> str:
    """The parser reads escapes in raw literals too, where PromQL has none: so it is shown quoted ones."""

    def quoted(token: re.Match[str]) -> str:
        return '"' + _escaped(token[0][1:-1], '"') + '"' if token[0][0] == "`" else token[0]

    return _TOKEN.sub(quoted, expr)


def _shape(template: str, expr: str, integration: str) -> list[str]:
    """The syntax tree without the texts that a variable stands in."""
    ours = _RUST_TEXT.split(repr(parse(template, integration)))
    theirs = _RUST_TEXT.split(repr(parse(expr, integration)))
    if len(ours) != len(theirs):
        return theirs
    return ["" if index % 2 and _VARIABLE.search(text) else theirs[index] for index, text in enumerate(ours)]


def _mistake(message: str, integration: str) -> Permanent:
    return Permanent(
        message, integration=integration, reason="client", hint="correct the expression; `tocsin check` reads it too"
    )
