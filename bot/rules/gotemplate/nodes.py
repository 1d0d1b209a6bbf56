"""The tree a template is read into. `str` of a node is how Go writes it where it says what it was executing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bot.rules.gotemplate.numbers import quoted


@dataclass(frozen=True, slots=True)
class Text:
    """Text that stands as it is."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    """`.`: what the template speaks of at this place."""

    at: int

    def __str__(self) -> str:
        return "."


@dataclass(frozen=True, slots=True)
class Nil:
    """`nil`."""

    at: int

    def __str__(self) -> str:
        return "nil"


@dataclass(frozen=True, slots=True)
class Constant:
    """A text, number or truth written out. `overflows`: an integer that Go's int cannot hold."""

    at: int
    source: str
    value: str | int | float | complex | bool
    overflows: bool = False

    def __str__(self) -> str:
        return self.source


@dataclass(frozen=True, slots=True)
class Name:
    """A function's name."""

    at: int
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Field:
    """`.Labels.instance`: fields of the dot."""

    at: int
    names: tuple[str, ...]

    def __str__(self) -> str:
        return "".join(f".{name}" for name in self.names)


@dataclass(frozen=True, slots=True)
class Variable:
    """`$labels` or, with fields of it, `$labels.instance`."""

    at: int
    name: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ".".join((self.name, *self.fields))


@dataclass(frozen=True, slots=True)
class Chain:
    """Fields of a function's or a parenthesised pipeline's value."""

    at: int
    of: Node
    fields: tuple[str, ...]

    def __str__(self) -> str:
        of = f"({self.of})" if isinstance(self.of, Pipe) else str(self.of)
        return ".".join((of, *self.fields))


@dataclass(frozen=True, slots=True)
class Command:
    """A function, field, method or constant, with arguments."""

    at: int
    words: tuple[Node, ...]

    def __str__(self) -> str:
        return " ".join(f"({word})" if isinstance(word, Pipe) else str(word) for word in self.words)


@dataclass(frozen=True, slots=True)
class Pipe:
    """Commands, each getting the one before as its last argument, and the variables that keep the outcome."""

    at: int
    commands: tuple[Command, ...]
    declared: tuple[Variable, ...] = ()
    assigns: bool = False

    def __str__(self) -> str:
        kept = ", ".join(str(variable) for variable in self.declared)
        mark = f"{kept} {'=' if self.assigns else ':='} " if kept else ""
        return mark + " | ".join(str(command) for command in self.commands)


@dataclass(frozen=True, slots=True)
class Action:
    """`{{ pipeline }}`."""

    at: int
    pipe: Pipe


@dataclass(frozen=True, slots=True)
class Branch:
    """`if`, `with` or `range`, what it holds and what its `else` holds."""

    at: int
    kind: Literal["if", "with", "range"]
    pipe: Pipe
    then: tuple[Item, ...]
    otherwise: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Leave:
    """`break` or `continue`."""

    at: int
    kind: Literal["break", "continue"]


@dataclass(frozen=True, slots=True)
class Include:
    """`{{ template "name" pipeline }}`."""

    at: int
    name: str
    pipe: Pipe | None

    def __str__(self) -> str:
        return f"{{{{template {quoted(self.name)}{f' {self.pipe}' if self.pipe else ''}}}}}"


Node: TypeAlias = Dot | Nil | Constant | Name | Field | Variable | Chain | Pipe
"""What can be an argument."""

Item: TypeAlias = Text | Action | Branch | Leave | Include
"""What can stand in a body."""

Located: TypeAlias = Node | Command | Include
"""What an execution error can point at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template that was read, and those it defines. `shift` moves its first line to the right in error messages."""

    name: str
    text: str
    body: tuple[Item, ...]
    defined: dict[str, tuple[Item, ...]] = field(default_factory=dict)
    shift: int = 0
