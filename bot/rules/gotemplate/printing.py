"""Go's fmt for the values of a template: Print, Println and Printf, and how it says that a verb does not fit."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.rules.gotemplate.numbers import can_backquote, quoted, shortest
from bot.rules.gotemplate.values import AnyMap, Byte, CallError, Slice, StringMap, Struct, Value, go_type

_ADDRESS = "0xc000000000"
"""A pointer inside a list prints as its address, which means nothing: always this one here."""

_WIDEST = 1_000_000
_VERB = re.compile(
    r"""%(?P<flags>[#0+\- ]*)(?:\[(?P<first>[^\]]*)\])?(?P<width>\*|\d*)
        (?P<dot>\.(?:\[(?P<second>[^\]]*)\])?(?P<precision>\*|\d*))?(?:\[(?P<third>[^\]]*)\])?(?P<verb>.?)""",
    re.VERBOSE | re.DOTALL,
)
_FLOATS = {"v": "g", "e": "e", "E": "E", "f": "f", "F": "f", "g": "g", "G": "G"}
_BASES = {"v": "d", "d": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}


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
    return value if isinstance(value, str) else _Flags().value(value, "v", 0)


def sprintf(template: str, values: Sequence[Value]) -> str:
    """Go's Sprintf; what does not fit is written into the text, as Go does."""
    return _Printf(values).fill(template)


class _Printf:
    """One call of Sprintf: which argument comes next, and whether they were taken out of order."""

    def __init__(self, values: Sequence[Value]) -> None:
        self._values = values
        self._next = 0
        self._reordered = False
        self._fits = True

    def fill(self, template: str) -> str:
        parts: list[str] = []
        at = 0
        for verb in _VERB.finditer(template):
            parts += [template[at : verb.start()], self._verb(verb)]
            at = verb.end()
        parts.append(template[at:])
        if not self._reordered and self._next < len(self._values):
            rest = ", ".join(_extra(value) for value in self._values[self._next :])
            parts.append(f"%!(EXTRA {rest})")
        return "".join(parts)

    def _verb(self, match: re.Match[str]) -> str:
        self._fits, self._reordered = True, False
        flags, problems = self._measures(match, _Flags.read(match["flags"]))
        self._pick(match["third"])
        verb = match["verb"]
        if not verb:
            return problems + "%!(NOVERB)"
        if verb == "%":
            return problems + "%"
        if not self._fits:
            return f"{problems}%!{verb}(BADINDEX)"
        if self._next >= len(self._values):
            return f"{problems}%!{verb}(MISSING)"
        value = self._values[self._next]
        self._next += 1
        if verb == "v":
            flags = replace(flags, go=flags.sharp, named=flags.plus, sharp=False, plus=False)
        return problems + flags.argument(value, verb)

    def _measures(self, match: re.Match[str], flags: _Flags) -> tuple[_Flags, str]:
        problems = ""
        self._pick(match["first"])
        width: int | None = None
        if match["width"] == "*":
            width = self._measure()
            problems += "" if width is not None else "%!(BADWIDTH)"
            if width is not None and width < 0:
                width, flags = -width, replace(flags, minus=True, zero=False)
        elif match["width"]:
            width = _bounded(match["width"])
            self._fits = self._fits and match["first"] is None
        flags = replace(flags, width=width)
        if match["dot"] is None:
            return flags, problems
        if match["first"] is not None and match["width"] != "*":
            self._fits = False
        self._pick(match["second"])
        precision: int | None = _bounded(match["precision"] or "0") if match["precision"] != "*" else self._measure()
        if precision is None or precision < 0:
            problems, precision = problems + "%!(BADPREC)", None
        return replace(flags, precision=precision), problems

    def _pick(self, index: str | None) -> None:
        """`[2]`: the second argument comes next."""
        if index is None:
            return
        self._reordered = True
        chosen = int(index) if index.isascii() and index.isdigit() else 0
        if 1 <= chosen <= len(self._values):
            self._next = chosen - 1
        else:
            self._fits = False

    def _measure(self) -> int | None:
        """The next argument as a width or precision; None when it is no whole number of a sensible size."""
        if self._next >= len(self._values):
            return None
        value = self._values[self._next]
        self._next += 1
        whole = isinstance(value, int) and not isinstance(value, bool)
        return int(value) if whole and abs(value) <= _WIDEST else None  # type: ignore[arg-type]  # an int: `whole` says so


def _bounded(digits: str) -> int:
    if int(digits) > _WIDEST:
        raise CallError(f"a width or precision above {_WIDEST} is not supported")
    return int(digits)


def _extra(value: Value) -> str:
    return "<nil>" if value is None else f"{go_type(value)}={show(value)}"


@dataclass(frozen=True, slots=True)
class _Flags:
    """What stands between % and the verb. `go` is %#v, `named` is %+v."""

    sharp: bool = False
    zero: bool = False
    plus: bool = False
    minus: bool = False
    space: bool = False
    go: bool = False
    named: bool = False
    width: int | None = None
    precision: int | None = None

    @classmethod
    def read(cls, flags: str) -> _Flags:
        return cls(sharp="#" in flags, zero="0" in flags, plus="+" in flags, minus="-" in flags, space=" " in flags)

    def argument(self, value: Value, verb: str) -> str:
        if verb == "T":
            return self._pad(go_type(value))
        if verb == "p":
            raise CallError("%p, a value's address, is not supported")
        if value is None:
            return self._pad("<nil>") if verb == "v" else f"%!{verb}(<nil>)"
        return self.value(value, verb, 0)

    def value(self, value: Value, verb: str, depth: int) -> str:
        match value:
            case None:
                return self._pad("interface {}(nil)" if self.go else "<nil>")
            case bool():
                return self._pad("true" if value else "false") if verb in "tv" else self._misfit(value, verb)
            case int():
                return self._integer(value, verb)
            case float():
                return self._float(value, verb)
            case str():
                return self._text(value, verb)
            case StringMap() | AnyMap():
                return self._map(value, verb, depth)
            case Slice():
                return self._slice(value, verb, depth)
            case _:
                return self._struct(value, verb, depth)

    def _misfit(self, value: Value, verb: str) -> str:
        return f"%!{verb}({go_type(value)}={replace(self, go=False, named=False).value(value, 'v', 0)})"

    def _pad(self, text: str, *, zero: bool | None = None) -> str:
        if self.width is None:
            return text
        if self.minus:
            return text.ljust(self.width)
        return text.rjust(self.width, "0" if (self.zero if zero is None else zero) else " ")

    def _map(self, value: StringMap | AnyMap, verb: str, depth: int) -> str:
        pairs = [
            f"{self._text(key, verb)}:{self.value(value[key], verb, depth + 1)}"
            for key in sorted(value, key=lambda key: key.encode())
        ]
        return f"{go_type(value)}{{{', '.join(pairs)}}}" if self.go else f"map[{' '.join(pairs)}]"

    def _slice(self, value: Slice, verb: str, depth: int) -> str:
        items = [self.value(item, verb, depth + 1) for item in value.items]
        return f"{value.go_type}{{{', '.join(items)}}}" if self.go else f"[{' '.join(items)}]"

    def _struct(self, value: Struct, verb: str, depth: int) -> str:
        pointer = value.go_type.startswith("*")
        if pointer and depth:
            return f"({value.go_type})({_ADDRESS})" if self.go else _ADDRESS
        named = self.go or self.named
        fields = [
            (f"{name}:" if named else "") + self.value(item, verb, depth + 1) for name, item in value.fields.items()
        ]
        inner = f"{value.go_type.lstrip('*')}{{{', '.join(fields)}}}" if self.go else f"{{{' '.join(fields)}}}"
        return "&" + inner if pointer else inner

    def _text(self, value: str, verb: str) -> str:
        shown = value if self.precision is None or verb in "xX" else value[: self.precision]
        match verb:
            case "q":
                return self._pad(self._quote(shown))
            case "v":
                return self._pad(self._quote(shown) if self.go else shown)
            case "s":
                return self._pad(shown)
            case "x" | "X":
                return self._pad(self._hex(value.encode()[: self.precision], verb))
            case _:
                return self._misfit(value, verb)

    def _quote(self, value: str) -> str:
        return f"`{value}`" if self.sharp and can_backquote(value) else quoted(value, ascii_only=self.plus)

    def _hex(self, value: bytes, verb: str) -> str:
        pairs = [f"{byte:02x}" if verb == "x" else f"{byte:02X}" for byte in value]
        prefix = f"0{verb}" if self.sharp and pairs else ""
        return prefix + (f" {prefix}" if self.space else "").join(pairs)

    def _integer(self, value: int, verb: str) -> str:
        match verb:
            case "c":
                return self._pad(_rune(value))
            case "q":
                return self._pad(quoted(_rune(value), ascii_only=self.plus, mark="'"))
            case "U":
                name = f"U+{value % (1 << 64):0{max(4, self.precision or 0)}X}"
                return self._pad(f"{name} '{chr(value)}'" if self.sharp and _printable(value) else name, zero=False)
            case _:
                pass
        if self.go and isinstance(value, Byte):
            return self._pad(f"0x{value:x}")
        if verb not in _BASES:
            return self._misfit(value, verb)
        if self.precision == 0 and value == 0:
            return self._pad("", zero=False)
        return self._pad(self._digits(value, verb), zero=False)

    def _digits(self, value: int, verb: str) -> str:
        sign = "-" if value < 0 else "+" if self.plus else " " if self.space else ""
        digits = format(abs(value), _BASES[verb])
        least = self.precision or 0
        if self.precision is None and self.zero and not self.minus and self.width is not None:
            least = self.width - len(sign)
        digits = digits.rjust(least, "0")
        if verb == "O":
            return f"{sign}0o{digits}"
        if self.sharp:
            marks = {"b": "0b", "o": "" if digits.startswith("0") else "0", "x": "0x", "X": "0X"}
            digits = marks.get(verb, "") + digits
        return sign + digits

    def _float(self, value: float, verb: str) -> str:
        if verb not in _FLOATS:
            if verb in "bxX":
                raise CallError(f"%{verb} of a float64 is not supported")
            return self._misfit(value, verb)
        if self.sharp:
            raise CallError(f"%#{verb} of a float64 is not supported")
        text = self._decimal(value, verb)
        sign, digits = (text[0], text[1:]) if text[0] in "+-" else ("", text)
        sign = sign if sign == "-" else "+" if self.plus else " " if self.space else ""
        if math.isinf(value):
            return self._pad((sign or "+") + digits, zero=False)
        if math.isnan(value):
            return self._pad(sign + digits, zero=False)
        if sign and self.zero and not self.minus and self.width is not None:
            return sign + digits.rjust(self.width - 1, "0")
        return self._pad(sign + digits)

    def _decimal(self, value: float, verb: str) -> str:
        """The number without flags or width."""
        if not math.isfinite(value) or (self.precision is None and verb in "vgG"):
            return shortest(value).replace("e", "E" if verb == "G" else "e")
        precision = 6 if self.precision is None else self.precision
        return format(value, f".{precision}{_FLOATS[verb]}")


def _printable(code: int) -> bool:
    return 0 <= code <= 0x10FFFF and chr(code).isprintable()


def _rune(code: int) -> str:
    valid = 0 <= code <= 0x10FFFF and not 0xD800 <= code < 0xE000
    return chr(code) if valid else "\ufffd"
