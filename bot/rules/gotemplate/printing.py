"""Go's fmt for the values of a template: Print, Println and Printf, and how it says that a verb does not fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.rules.gotemplate.format import Format
from bot.rules.gotemplate.values import CallError, Value, go_type

_WIDEST = 1_000_000
_FLAGS = re.compile(r"[#0+\- ]*")
_DIGITS = re.compile(r"[0-9]*")
_INDEX = re.compile(r"\[([^\]]*)\]")


def sprint(values: Sequence[Value]) -> str:
    """Go's Sprint: a space between two neighbours neither of which is a text."""
    text = ""
    for index, value in enumerate(values):
        if index and not isinstance(value, str) and not isinstance(values[index - 1], str):
            text += " "
        text += show(value)
    return text


def sprintln(values: Sequence[Value]) -> str:
    """Go's Sprintln: a space between all, a new line at the end."""
    return " ".join(show(value) for value in values) + "\n"


def show(value: Value) -> str:
    """Go's %v."""
    return value if isinstance(value, str) else Format().value(value, "v", 0)


def sprintf(template: str, values: Sequence[Value]) -> str:
    """Go's Sprintf; what does not fit is written into the text, as Go does."""
    return _Printf(template, values).fill()


class _Printf:
    """One call of Sprintf: how far it was read, which argument comes next, and whether they were taken out of order."""

    def __init__(self, template: str, values: Sequence[Value]) -> None:
        self._template = template
        self._values = values
        self._at = 0
        self._next = 0
        self._reordered = False
        self._fits = True

    def fill(self) -> str:
        parts: list[str] = []
        while (start := self._template.find("%", self._at)) >= 0:
            parts.append(self._template[self._at : start])
            self._at = start + 1
            parts.append(self._verb())
        parts.append(self._template[self._at :])
        if not self._reordered and self._next < len(self._values):
            rest = ", ".join(_extra(value) for value in self._values[self._next :])
            parts.append(f"%!(EXTRA {rest})")
        return "".join(parts)

    def _verb(self) -> str:
        self._fits = True
        flags, problems = self._measures(Format.read(self._take(_FLAGS)))
        if self._at >= len(self._template):
            return f"{problems}%!(NOVERB)"
        verb = self._template[self._at]
        self._at += 1
        if verb == "%":
            return f"{problems}%"
        if not self._fits:
            return f"{problems}%!{verb}(BADINDEX)"
        if self._next >= len(self._values):
            return f"{problems}%!{verb}(MISSING)"
        value = self._values[self._next]
        self._next += 1
        if verb in "vw":
            flags = replace(flags, go=flags.sharp, named=flags.plus, sharp=False, plus=False)
        return problems + flags.argument(value, verb)

    def _measures(self, flags: Format) -> tuple[Format, str]:
        """Width and precision, and what is wrong with them."""
        problems = ""
        picked = self._pick()
        width: int | None
        if self._skip("*"):
            width, picked = self._measure(), False
            problems = "" if width is not None else "%!(BADWIDTH)"
            if width is not None and width < 0:
                width, flags = -width, replace(flags, minus=True, zero=False)
        else:
            width = self._number()
            self._fits = self._fits and not (picked and width is not None)
        flags = replace(flags, width=width)
        if self._template.startswith(".", self._at) and self._at + 1 < len(self._template):
            self._at += 1
            self._fits = self._fits and not picked
            picked = self._pick()
            if self._skip("*"):
                precision, picked = self._measure(), False
                precision = precision if precision is not None and precision >= 0 else None
                problems += "" if precision is not None else "%!(BADPREC)"
            else:
                precision = self._number() or 0
            flags = replace(flags, precision=precision)
        if not picked:
            self._pick()
        return flags, problems

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._template, self._at)
        self._at = found.end() if found else self._at
        return found.group() if found else ""

    def _skip(self, sign: str) -> bool:
        found = self._template.startswith(sign, self._at)
        self._at += found
        return found

    def _number(self) -> int | None:
        digits = self._take(_DIGITS)
        if int(digits or 0) >= 10 * _WIDEST + 10:
            self._at = len(self._template)  # Go gives the whole format up then
            return None
        return _bounded(int(digits)) if digits else None

    def _pick(self) -> bool:
        """`[2]`: the second argument comes next. Whether it says so, even if there is no such argument."""
        if not self._template.startswith("[", self._at):
            return False
        self._reordered = True
        found = _INDEX.match(self._template, self._at)
        if len(self._template) - self._at < 3:
            found = None
        self._at = found.end() if found else self._at + 1
        number = found[1] if found else ""
        if not (number.isascii() and number.isdigit()):
            self._fits = False
            return False
        if 1 <= int(number) <= len(self._values):
            self._next = int(number) - 1
        else:
            self._fits = False
        return True

    def _measure(self) -> int | None:
        """The next argument as a width or precision; None when it is no whole number of a sensible size."""
        if self._next >= len(self._values):
            return None
        value = self._values[self._next]
        self._next += 1
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _WIDEST:
            return None
        return int(value)


def _bounded(number: int) -> int:
    if number > _WIDEST:
        raise CallError(f"a width or precision above {_WIDEST} is not supported")
    return number


def _extra(value: Value) -> str:
    return "<nil>" if value is None else f"{go_type(value)}={show(value)}"
