"""Splits a template into tokens, as Go's lexer does, with Go's words for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from enum import StrEnum
from typing import NamedTuple

_SPACE = " \t\r\n"
_KEYWORDS = frozenset(["block", "break", "continue", "define", "else", "end", "if", "nil", "range", "template", "with"])
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CLOSE = re.compile(r"(?:[ \t\r\n]-)?\}\}")
_ACTION = re.compile(
    r"""
      (?P<close>(?:[ \t\r\n]-)?\}\})
    | (?P<space>[ \t\r\n]+?(?=[ \t\r\n]-\}\})|[ \t\r\n]+)
    | (?P<declare>:=) | (?P<assign>=) | (?P<pipe>\|) | (?P<open_paren>\() | (?P<close_paren>\))
    | (?P<string>"(?:\\[^\n]|[^"\\\n])*"?) | (?P<raw>`[^`]*`?) | (?P<char>'(?:\\[^\n]|[^'\\\n])*'?)
    | (?P<variable>\$\w*)
    | (?P<number>[+-]|\.?[0-9]|\.\Z)
    | (?P<field>\.\w*)
    | (?P<word>\w+)
    """,
    re.VERBOSE,
)
_NUMBER = re.compile(
    r"""[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?
      | 0[oO][0-7_]*(?:\.[0-7_]*)? | 0[bB][01_]*(?:\.[01_]*)?
      | [0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?""",
    re.VERBOSE,
)
_UNTERMINATED = {
    "string": "unterminated quoted string",
    "raw": "unterminated raw quoted string",
    "char": "unterminated character constant",
}


class Kind(StrEnum):
    """What a token is; a keyword's kind is the word itself."""

    TEXT = "text"
    OPEN = "open"
    CLOSE = "close"
    SPACE = "space"
    DECLARE = "declare"
    ASSIGN = "assign"
    PIPE = "pipe"
    OPEN_PAREN = "open_paren"
    CLOSE_PAREN = "close_paren"
    STRING = "string"
    RAW = "raw"
    CHAR = "char"
    VARIABLE = "variable"
    NUMBER = "number"
    FIELD = "field"
    DOT = "dot"
    WORD = "word"
    BOOL = "bool"
    OTHER = "other"
    ERROR = "error"
    EOF = "EOF"
    BLOCK = "block"
    BREAK = "break"
    CONTINUE = "continue"
    DEFINE = "define"
    ELSE = "else"
    END = "end"
    IF = "if"
    NIL = "nil"
    RANGE = "range"
    TEMPLATE = "template"
    WITH = "with"


class Token(NamedTuple):
    """A piece of a template and where it begins."""

    kind: Kind
    text: str
    at: int


class _LexError(Exception):
    """Something that cannot be a token; `at` is where."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a template, an EOF last. The first piece that is none is an ERROR, its text the complaint."""
    try:
        yield from _tokens(text)
    except _LexError as error:
        yield Token(Kind.ERROR, error.message, error.at)
        yield Token(Kind.EOF, "", len(text))


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while (start := text.find("{{", at)) >= 0:
        trims = _trims_left(text, start + 2)
        before = text[at:start].rstrip(_SPACE) if trims else text[at:start]
        if before:
            yield Token(Kind.TEXT, before, at)
        inside = start + 4 if trims else start + 2
        if text.startswith("/*", inside):
            at = _after_comment(text, inside)
            continue
        yield Token(Kind.OPEN, "{{", start)
        at = yield from _action(text, inside)
    if at < len(text):
        yield Token(Kind.TEXT, text[at:], at)
    yield Token(Kind.EOF, "", len(text))


class Tokens:
    """The tokens of a template with as much looking ahead as a reader wants.

    `last` is where the latest one that was taken begins, `furthest` the latest one that was ever looked at.
    """

    def __init__(self, text: str) -> None:
        self.last = 0
        self.furthest = 0
        self._coming = tokens(text)
        self._waiting: list[Token] = []

    def next(self) -> Token:
        """Takes the next token."""
        if self._waiting:
            token = self._waiting.pop()
        else:
            token = next(self._coming)
            self.furthest = token.at
        self.last = token.at
        return token

    def next_word(self) -> Token:
        """Takes the next token that is no space, and all space before it."""
        while (token := self.next()).kind is Kind.SPACE:
            pass
        return token

    def peek(self) -> Token:
        """The next token, left where it is."""
        token = self.next()
        self.back(token)
        return token

    def peek_word(self) -> Token:
        """The next token that is no space, left where it is; the space before it is gone."""
        token = self.next_word()
        self.back(token)
        return token

    def back(self, *taken: Token) -> None:
        """Puts tokens back, in the order in which they stood."""
        self._waiting.extend(reversed(taken))


def _trims_left(text: str, at: int) -> bool:
    return text.startswith("-", at) and text[at + 1 : at + 2] in tuple(_SPACE)


def _after_close(text: str, closing: re.Match[str]) -> int:
    """Where text goes on after a closing delimiter, which may trim the space that follows."""
    end = closing.end()
    if "-" in closing.group():
        while text[end : end + 1] in tuple(_SPACE):
            end += 1
    return end


def _after_comment(text: str, at: int) -> int:
    comment = _COMMENT.match(text, at)
    if comment is None:
        raise _LexError("unclosed comment", at)
    closing = _CLOSE.match(text, comment.end())
    if closing is None:
        raise _LexError("comment ends before closing delimiter", at)
    return _after_close(text, closing)


def _action(text: str, at: int) -> Generator[Token, None, int]:
    """The tokens of one action, its closing delimiter last; returns where the text after it begins."""
    depth = 0
    while at < len(text):
        found = _ACTION.match(text, at)
        if found is None:
            yield _other(text, at)
            at += 1
            continue
        kind = Kind(found.lastgroup or "")
        if kind is Kind.CLOSE:
            if depth:
                raise _LexError("unclosed left paren", at)
            yield Token(kind, "}}", found.end() - 2)
            return _after_close(text, found)
        depth += (kind is Kind.OPEN_PAREN) - (kind is Kind.CLOSE_PAREN)
        if depth < 0:
            raise _LexError("unexpected right paren", at)
        token = _token(text, kind, found.group(), at)
        yield token
        at += len(token.text)
    raise _LexError("unclosed action", at)


def _token(text: str, kind: Kind, word: str, at: int) -> Token:
    match kind:
        case Kind.NUMBER:
            return _number(text, at)
        case Kind.STRING | Kind.RAW | Kind.CHAR:
            if len(word) < 2 or word[-1] != word[0]:
                raise _LexError(_UNTERMINATED[kind], at)
        case Kind.WORD | Kind.FIELD | Kind.VARIABLE:
            _must_end(text, at + len(word))
            return Token(_word(kind, word), word, at)
        case _:
            pass
    return Token(kind, word, at)


def _word(kind: Kind, word: str) -> Kind:
    if word == ".":
        return Kind.DOT
    if kind is Kind.WORD:
        return Kind(word) if word in _KEYWORDS else Kind.BOOL if word in ("true", "false") else kind
    return kind


def _must_end(text: str, at: int) -> None:
    """A word ends at a space, a closing delimiter or one of a few signs; `$x-1` is a mistake, not a difference."""
    following = text[at : at + 1]
    if following and following not in f"{_SPACE}.,|:()" and not text.startswith("}}", at):
        raise _LexError(f"bad character {_named(following)}", at)


def _named(sign: str) -> str:
    """Go's %#U."""
    return f"U+{ord(sign):04X}" + (f" '{sign}'" if sign.isprintable() else "")


def _number(text: str, at: int) -> Token:
    found = _NUMBER.match(text, at)
    word = found.group() if found else ""
    end = at + len(word)
    if text[end : end + 1].isalnum() or text[end : end + 1] == "_":
        raise _LexError(f'bad number syntax: "{text[at : end + 1]}"', at)
    if text[end : end + 1] in ("+", "-"):
        try:
            second = _number(text, end).text
        except _LexError as error:
            raise _LexError(error.message.replace('"', f'"{word}', 1), at) from None
        if not second.endswith("i"):
            raise _LexError(f'bad number syntax: "{word}{second}"', at)
        return Token(Kind.NUMBER, word + second, at)
    return Token(Kind.NUMBER, word, at)


def _other(text: str, at: int) -> Token:
    """A sign that means nothing by itself; the parser says where it does not belong."""
    sign = text[at]
    if not (sign.isascii() and sign.isprintable()):
        raise _LexError(f"unrecognized character in action: {_named(sign)}", at)
    if sign == ":":
        raise _LexError("expected :=", at)
    return Token(Kind.OTHER, sign, at)
