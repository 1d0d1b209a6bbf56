"""What somebody reads who asked Tocsin for something in a chat; each platform draws it in its own way.

All text in it is plain: nothing that stands there means anything to whoever draws it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Tone(StrEnum):
    """How it is meant, for whoever chooses a colour."""

    PLAIN = "plain"
    GOOD = "good"
    CAREFUL = "careful"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A button: whoever clicks it says `says`, as if they had typed it. `confirm`: what they are asked before."""

    label: str
    says: str
    tone: Tone = Tone.PLAIN
    confirm: str = ""


class BlankKind(StrEnum):
    """What is written into a blank."""

    LINE = "line"
    TEXT = "text"
    """Several lines."""
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """One thing that a form asks for. `value` stands there already; `choices` are all that a CHOICE may be."""

    name: str
    label: str
    kind: BlankKind = BlankKind.LINE
    choices: tuple[str, ...] = ()
    value: str = ""
    needed: bool = True
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a command wants to know. `fixed` are values of it that nobody is asked for; see `Filled`."""

    command: str
    title: str
    blanks: tuple[Blank, ...]
    submit: str
    fixed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, read by whoever asked. With a `form` it is asked for first, where the platform can show one.

    `facts` are names and values, `items` a list, `code` is shown as it is in one width, `link` leads to more,
    `hint` says what to do next. `refused`: nothing was done. `seen`: what came of it
    is seen by itself where the incident or the question stands.
    """

    headline: str
    tone: Tone = Tone.PLAIN
    text: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    items: tuple[str, ...] = ()
    code: str = ""
    presses: tuple[Press, ...] = ()
    link: str = ""
    hint: str = ""
    form: Form | None = None
    refused: bool = False
    seen: bool = False
