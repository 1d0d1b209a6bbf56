"""Reads a template, with Go's own complaints and the place of each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, NoReturn

from bot.rules.gotemplate.lexer import Kind, Token, Tokens
from bot.rules.gotemplate.nodes import (
    Action,
    Branch,
    Chain,
    Command,
    Constant,
    Dot,
    Field,
    Include,
    Item,
    Leave,
    Name,
    Nil,
    Node,
    Pipe,
    Template,
    Text,
    Variable,
)
from bot.rules.gotemplate.numbers import number, quoted, unquote

_OPERANDS = frozenset(
    {Kind.BOOL, Kind.CHAR, Kind.DOT, Kind.FIELD, Kind.WORD, Kind.NUMBER, Kind.NIL, Kind.RAW, Kind.STRING, Kind.VARIABLE}
    | {Kind.OPEN_PAREN}
)
_KEYWORDS = frozenset({"block", "break", "continue", "define", "else", "end", "if", "nil", "range", "template", "with"})
_DEEPEST = 100
"""How deep actions may stand in each other; Go knows no such limit, and no template people write comes near it."""


class ParseError(Exception):
    """A template Go would refuse. `line` counts from 1, `column` from 1; `str` is Go's message without the place."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def parse(
    text: str, name: str, functions: Collection[str], *, variables: Collection[str] = (), shift: int = 0
) -> Template:
    """Reads a template that may call these functions. `variables` are known from its start on.

    `shift` is how many bytes stand before the text when Go reads it: it moves the columns of execution errors.
    """
    parser = _Parser(text, name, functions, variables)
    body = parser.top(before=shift > 0)
    return Template(name=name, text=text, body=body, defined=parser.defined, shift=shift)


class _End:
    """How a body ended: by `end`, or by an `else` that may carry an `if` or a `with`."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    def __str__(self) -> str:
        return f"{{{{{self.kind}}}}}"


class _Parser:
    """One pass over the tokens, looking ahead as far as a variable's declaration needs: three."""

    def __init__(self, text: str, name: str, functions: Collection[str], variables: Collection[str]) -> None:
        self.defined: dict[str, tuple[Item, ...]] = {}
        self._text = text
        self._called = name
        self._functions = functions
        self._tokens = Tokens(text)
        self._variables = ["$", *variables]
        self._ranges = 0
        self._depth = 0
        self._opened: int | None = None

    def error(self, message: str, at: int) -> ParseError:
        """A complaint about the place `at`."""
        before = self._text[:at]
        return ParseError(message, before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1)

    def top(self, *, before: bool) -> tuple[Item, ...]:
        """The whole text; `before` says that something stands before it, which makes it one that is not empty."""
        items: list[Item] = []
        while (token := self._tokens.next()).kind is not Kind.EOF:
            if token.kind is Kind.OPEN:
                word = self._tokens.next_word()
                if word.kind is Kind.DEFINE:
                    self._define()
                    continue
                self._tokens.back(word)
            self._tokens.back(token)
            item = self._text_or_action()
            if isinstance(item, _End):
                self._fail(f"unexpected {item}")
            items.append(item)
        # A text that defines itself: the definition stands for it only where the rest is nothing
        own = self.defined.get(self._called, ())
        if not _empty(own):
            if before or not _empty(items):
                self._fail(f"template: multiple definition of template {quoted(self._called)}")
            return own
        return tuple(items)

    def _expect(self, kind: Kind, context: str) -> Token:
        token = self._tokens.next_word()
        if token.kind is not kind:
            self._unexpected(token, context)
        return token

    def _fail(self, message: str) -> NoReturn:
        last, furthest = self._tokens.last, self._tokens.furthest
        # Go names the line it has looked at
        raise self.error(message, furthest if "\n" in self._text[last:furthest] else last)

    def _unexpected(self, token: Token, context: str) -> NoReturn:
        if token.kind is Kind.ERROR:
            raise self.error(token.text + self._started(token), token.at)
        self._fail(f"unexpected {_described(token)} in {context}")

    def _started(self, error: Token) -> str:
        """Where the action began that this mistake is in, if that was on another line."""
        if self._opened is None or "\n" not in self._text[self._opened : error.at]:
            return ""
        line = self._text[: self._opened].count("\n") + 1
        return f"{'' if error.text.endswith(' action') else ' in action'} started at {self._called}:{line}"

    @contextmanager
    def _deeper(self) -> Iterator[None]:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail(f"nests deeper than {_DEEPEST}, which is not supported")
        yield
        self._depth -= 1

    # Bodies

    def _text_or_action(self) -> Item | _End:
        token = self._tokens.next_word()
        if token.kind is Kind.TEXT:
            return Text(token.at, token.text)
        if token.kind is not Kind.OPEN:
            self._unexpected(token, "input")
        self._opened = token.at
        item = self._action()
        self._opened = None
        return item

    def _action(self) -> Item | _End:
        token = self._tokens.next_word()
        match token.kind:
            case Kind.IF | Kind.WITH | Kind.RANGE:
                with self._deeper():
                    return self._branch(token)
            case Kind.BREAK | Kind.CONTINUE:
                return self._leave(token)
            case Kind.TEMPLATE:
                return self._include()
            case Kind.BLOCK:
                return self._block()
            case Kind.END:
                self._expect(Kind.CLOSE, "end")
                return _End(Kind.END)
            case Kind.ELSE:
                if self._tokens.peek_word().kind not in (Kind.IF, Kind.WITH):
                    self._expect(Kind.CLOSE, "else")
                return _End(Kind.ELSE)
            case _:
                self._tokens.back(token)
        return Action(token.at, self._pipe("command", Kind.CLOSE))

    def _body(self) -> tuple[tuple[Item, ...], _End]:
        items: list[Item] = []
        while self._tokens.peek_word().kind is not Kind.EOF:
            item = self._text_or_action()
            if isinstance(item, _End):
                return tuple(items), item
            items.append(item)
        self._fail("unexpected EOF")

    def _branch(self, token: Token) -> Branch:
        kind: Literal["if", "with", "range"] = token.text  # type: ignore[assignment]  # _action lets nothing else in
        known = len(self._variables)
        pipe = self._pipe(kind, Kind.CLOSE)
        self._ranges += kind == "range"
        then, end = self._body()
        self._ranges -= kind == "range"
        otherwise: tuple[Item, ...] = ()
        if end.kind is Kind.ELSE:
            # `{{else if x}}` stands for `{{else}}{{if x}}`, its end for both
            if kind != "range" and self._tokens.peek().kind == kind:
                with self._deeper():
                    otherwise = (self._branch(self._tokens.next()),)
            else:
                otherwise, end = self._body()
                if end.kind is not Kind.END:
                    self._fail(f"expected end; found {end}")
        del self._variables[known:]
        return Branch(token.at, kind, pipe, then, otherwise)

    def _leave(self, token: Token) -> Leave:
        following = self._tokens.next_word()
        if following.kind is not Kind.CLOSE:
            self._unexpected(following, f"{{{{{token.text}}}}}")
        if not self._ranges:
            self._fail(f"{{{{{token.text}}}}} outside {{{{range}}}}")
        return Leave(token.at, "break" if token.kind is Kind.BREAK else "continue")

    def _include(self) -> Include:
        at, name = self._name("template clause")
        if self._tokens.peek_word().kind is Kind.CLOSE:
            self._tokens.next()
            return Include(at, name, None)
        return Include(at, name, self._pipe("template clause", Kind.CLOSE))

    def _block(self) -> Include:
        at, name = self._name("block clause")
        pipe = self._pipe("block clause", Kind.CLOSE)
        self._definition(name, "block clause", self._tokens.last)
        return Include(at, name, pipe)

    def _define(self) -> None:
        _, name = self._name("define clause")
        self._expect(Kind.CLOSE, "define clause")
        self._definition(name, "define clause")

    def _definition(self, name: str, context: str, blamed: int | None = None) -> None:
        outside, self._variables = self._variables, ["$"]
        ranges, self._ranges = self._ranges, 0
        with self._deeper():
            body, end = self._body()
        if end.kind is not Kind.END:
            raise self.error(f"unexpected {end} in {context}", self._tokens.last if blamed is None else blamed)
        self._variables, self._ranges = outside, ranges
        if _empty(self.defined.get(name, ())):
            self.defined[name] = body
        elif not _empty(body):
            self._fail(f"template: multiple definition of template {quoted(name)}")

    def _name(self, context: str) -> tuple[int, str]:
        token = self._tokens.next_word()
        if token.kind not in (Kind.STRING, Kind.RAW):
            self._unexpected(token, context)
        return token.at, self._unquote(token)

    # Pipelines

    def _pipe(self, context: str, end: Kind) -> Pipe:
        at = self._tokens.peek_word().at
        declared, assigns = self._declared(context)
        commands: list[Command] = []
        while (token := self._tokens.next_word()).kind is not end:
            if token.kind not in _OPERANDS:
                self._unexpected(token, context)
            self._tokens.back(token)
            commands.append(self._command())
        if not commands:
            self._fail(f"missing value for {context}")
        for stage, command in enumerate(commands[1:], start=2):
            if isinstance(command.words[0], Dot | Nil | Constant):
                self._fail(f"non executable command in pipeline stage {stage}")
        return Pipe(at, tuple(commands), declared, assigns)

    def _declared(self, context: str) -> tuple[tuple[Variable, ...], bool]:
        """The variables before `:=` or `=`; none when the first word is an argument after all."""
        declared: list[Variable] = []
        while (token := self._tokens.peek_word()).kind is Kind.VARIABLE:
            self._tokens.next()
            after = self._tokens.peek()
            sign = self._tokens.peek_word()
            comma = sign.kind is Kind.OTHER and sign.text == ","
            if sign.kind not in (Kind.DECLARE, Kind.ASSIGN) and not comma:
                self._tokens.back(token, after) if after.kind is Kind.SPACE else self._tokens.back(token)
                break
            self._tokens.next()
            declared.append(Variable(token.at, token.text))
            self._variables.append(token.text)
            if not comma:
                return tuple(declared), sign.kind is Kind.ASSIGN
            if context != "range" or len(declared) > 1:
                self._fail(f"too many declarations in {context}")
            if self._tokens.peek_word().kind not in (Kind.VARIABLE, Kind.CLOSE, Kind.CLOSE_PAREN):
                self._fail("range can only initialize variables")
        return tuple(declared), False

    def _command(self) -> Command:
        at = self._tokens.peek_word().at
        words: list[Node] = []
        while True:
            self._tokens.peek_word()
            operand = self._operand()
            if operand is not None:
                words.append(operand)
            token = self._tokens.next()
            if token.kind is Kind.SPACE:
                continue
            if token.kind in (Kind.CLOSE, Kind.CLOSE_PAREN):
                self._tokens.back(token)
            elif token.kind is not Kind.PIPE:
                self._unexpected(token, "operand")
            return Command(at, tuple(words))

    def _operand(self) -> Node | None:
        node = self._term()
        if node is None or self._tokens.peek().kind is not Kind.FIELD:
            return node
        at = self._tokens.peek().at
        fields: list[str] = []
        while self._tokens.peek().kind is Kind.FIELD:
            fields.append(self._tokens.next().text[1:])
        match node:
            case Field():
                return Field(at, (*node.names, *fields))
            case Variable():
                return Variable(at, node.name, (*node.fields, *fields))
            case Dot() | Nil() | Constant():
                self._fail(f"unexpected . after term {quoted(str(node))}")
            case _:
                return Chain(at, node, tuple(fields))

    def _term(self) -> Node | None:
        token = self._tokens.next_word()
        match token.kind:
            case Kind.WORD:
                if token.text not in self._functions:
                    self._fail(f"function {quoted(token.text)} not defined")
                return Name(token.at, token.text)
            case Kind.VARIABLE:
                if token.text not in self._variables:
                    self._fail(f"undefined variable {quoted(token.text)}")
                return Variable(token.at, token.text)
            case Kind.FIELD:
                return Field(token.at, (token.text[1:],))
            case Kind.DOT:
                return Dot(token.at)
            case Kind.NIL:
                return Nil(token.at)
            case Kind.OPEN_PAREN:
                return self._parenthesised()
            case Kind.BOOL | Kind.STRING | Kind.RAW | Kind.NUMBER | Kind.CHAR:
                return self._constant(token)
            case _:
                self._tokens.back(token)
        return None

    def _parenthesised(self) -> Pipe:
        with self._deeper():
            return self._pipe("parenthesized pipeline", Kind.CLOSE_PAREN)

    def _constant(self, token: Token) -> Constant:
        if token.kind is Kind.BOOL:
            return Constant(token.at, token.text, token.text == "true")
        if token.kind is not Kind.NUMBER and token.kind is not Kind.CHAR:
            return Constant(token.at, token.text, self._unquote(token))
        try:
            value = number(token.text)
        except ValueError as error:
            self._fail(str(error))
        return Constant(token.at, token.text, value, overflows=isinstance(value, int) and value >= 1 << 63)

    def _unquote(self, token: Token) -> str:
        try:
            return unquote(token.text)
        except ValueError as error:
            self._fail(str(error))


def _empty(body: Sequence[Item]) -> bool:
    return all(isinstance(item, Text) and not item.text.strip() for item in body)


def _described(token: Token) -> str:
    if token.kind is Kind.DOT or (token.text in _KEYWORDS and token.kind == token.text):
        return f"<{token.text}>"
    return f"{quoted(token.text[:10])}..." if len(token.text) > 10 else quoted(token.text)
