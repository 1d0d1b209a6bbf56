"""Where the command line writes: plain in a pipe, with a little colour on a terminal, never with what others coloured.

Much of what is shown comes from alerts, so control characters are made visible before they reach a terminal.
"""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, TextIO

_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Style(StrEnum):
    """How a piece of text stands out on a terminal."""

    PLAIN = ""
    BOLD = "1"
    FAINT = "2"
    GOOD = "32"
    BAD = "31"
    CAREFUL = "33"


class Console:
    """The three streams of a command. `env` decides about colours: NO_COLOR and TERM=dumb turn them off."""

    def __init__(self, out: TextIO, err: TextIO, into: TextIO, env: Mapping[str, str]) -> None:
        self.out = out
        self.err = err
        self._into = into
        self._env = env
        self.interactive = into.isatty() and err.isatty()
        """Whether somebody can be asked."""
        self._plain_by_wish = bool(env.get("NO_COLOR")) or env.get("TERM") == "dumb"
        self.width = shutil.get_terminal_size().columns if out.isatty() else 0
        """The columns of the terminal; 0 when there is none."""

    def aside(self) -> Console:
        """The same, where what was asked for is something else: all of it on standard error."""
        return Console(self.err, self.err, self._into, self._env)

    def say(self, text: str = "", style: Style = Style.PLAIN) -> None:
        """A line (or several) of what was asked for, on standard output."""
        self.out.write(self.styled(visible(text), style) + "\n")

    def line(self, *parts: tuple[str, Style]) -> None:
        """A line of what was asked for, in parts that each stand out in their own way."""
        self.out.write("".join(self.styled(" ".join(visible(text).split("\n")), style) for text, style in parts) + "\n")

    def tell(self, text: str, style: Style = Style.PLAIN) -> None:
        """A line beside what was asked for, on standard error."""
        self.err.write(self._paint(visible(text), style, self.err) + "\n")
        self.err.flush()

    def trouble(self, message: str, hint: str = "") -> None:
        """What went wrong, and what to do about it, on standard error."""
        self.err.write(self._paint("tocsin: ", Style.BAD, self.err) + visible(message) + "\n")
        if hint:
            self.err.write(f"  {visible(hint)}\n")
        self.err.flush()

    def json(self, value: Any) -> None:  # Any: plain JSON
        """A value as JSON, indented; letters beyond ASCII as they are, control characters escaped."""
        text = json.dumps(value, indent=2, ensure_ascii=False)
        self.out.write(_UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")

    def document(self, text: str) -> None:
        """A whole document: as it is in a pipe, made visible on a terminal."""
        self.out.write(visible(text) if self.out.isatty() else text)

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[str | tuple[str, Style]]]) -> None:
        """Rows under titles, in columns; a cell may have a style. The last column is as wide as it likes."""
        cells = [[_cell(cell) for cell in row] for row in [[(title, Style.FAINT) for title in titles], *rows]]
        widths = [max(_width(row[index][0]) for row in cells) for index in range(len(titles))]
        for row in cells:
            line = "  ".join(
                self.styled(text, style) + " " * (0 if index == len(row) - 1 else widths[index] - _width(text))
                for index, (text, style) in enumerate(row)
            )
            self.out.write(line.rstrip() + "\n")

    def fields(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Names and values, one pair a line, the values aligned; pairs without a value are left out."""
        shown = [(visible(name), value) for name, value in pairs if value]
        widest = max((_width(name) for name, _ in shown), default=0)
        for name, value in shown:
            lines = visible(value).split("\n")
            self.out.write(self.styled(name, Style.FAINT) + " " * (widest - _width(name) + 2) + lines[0] + "\n")
            for line in lines[1:]:
                self.out.write(" " * (widest + 2) + line + "\n")

    def ask(self, question: str) -> bool:
        """Whether somebody at the terminal says yes; anything but `y` or `yes` is no."""
        self.err.write(f"{visible(question)} [y/N] ")
        self.err.flush()
        return self._into.readline().strip().lower() in ("y", "yes")

    def prompt(self, text: str) -> str | None:
        """The next line of whoever is asked by these words; None where there is no other."""
        self.err.write(visible(text))
        self.err.flush()
        line = self._into.readline()
        return line.rstrip("\n") if line else None

    def read(self) -> str:
        """Everything that is piped in."""
        return self._into.read()

    def styled(self, text: str, style: Style) -> str:
        """The text for standard output, coloured where that is wanted."""
        return self._paint(text, style, self.out)

    def _paint(self, text: str, style: Style, stream: TextIO) -> str:
        wanted = style is not Style.PLAIN and not self._plain_by_wish and stream.isatty()
        return f"\x1b[{style}m{text}\x1b[0m" if wanted and text else text


def visible(text: str) -> str:
    """The text with control characters and marks that reorder letters written out, so that none reaches a terminal."""
    return _UNSAFE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _cell(cell: str | tuple[str, Style]) -> tuple[str, Style]:
    text, style = (cell, Style.PLAIN) if isinstance(cell, str) else cell
    return " ".join(visible(text).split()), style


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
