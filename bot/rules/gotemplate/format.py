"""One value under one verb of Go's fmt, with its flags, width and precision."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from bot.rules.gotemplate.floats import decimal, pointed
from bot.rules.gotemplate.numbers import can_backquote, quoted
from bot.rules.gotemplate.values import AnyMap, Byte, CallError, Object, Slice, StringMap, Struct, Value, go_type, raw

_ADDRESS = "0xc000000000"
"""A pointer inside a list prints as its address, which means nothing: always this one here."""

_FLOAT_VERBS = "vbgGxXfFeE"
_FLOATS = {"v": "g", "F": "f"}
"""Verbs that mean another one."""

_BASES = {"v": "d", "d": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X"}


@dataclass(frozen=True, slots=True)
class Format:
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
    def read(cls, flags: str) -> Format:
        """The flags as they are written."""
        return cls(sharp="#" in flags, zero="0" in flags, plus="+" in flags, minus="-" in flags, space=" " in flags)

    def argument(self, value: Value, verb: str) -> str:
        """An argument of Printf."""
        if value is None:
            return self._pad("<nil>") if verb in "Tv" else f"%!{verb}(<nil>)"
        if verb == "T":
            return self._pad(go_type(value)[: self.precision])
        if verb == "w":
            return self._misfit(value, verb)
        if verb == "p":
            return self._hexadecimal() if _is_pointer(value) else self._misfit(value, verb)
        return self.value(value, verb, 0)

    def value(self, value: Value, verb: str, depth: int) -> str:
        """A value as it stands `depth` deep inside the argument; %T and %p are the argument's affair."""
        match value:
            case None:
                return "interface {}(nil)" if self.go else "<nil>"
            case bool():
                return self._pad("true" if value else "false") if verb in "tv" else self._misfit(value, verb)
            case int():
                return self._integer(value, verb)
            case float():
                return self._float(value, verb)
            case complex():
                return self._complex(value, verb)
            case str():
                return self._text(value, verb)
            case StringMap() | AnyMap():
                return self._map(value, verb, depth)
            case Slice():
                return self._slice(value, verb, depth)
            case Object():
                return self._object(value, verb)
            case _:
                return self._struct(value, verb, depth)

    def _misfit(self, value: Value, verb: str) -> str:
        return f"%!{verb}({go_type(value)}={self.value(value, 'v', 0)})"

    def _pad(self, text: str, *, zero: bool | None = None) -> str:
        if self.width is None:
            return text
        if self.minus:
            return text.ljust(self.width)
        return text.rjust(self.width, "0" if (self.zero if zero is None else zero) else " ")

    def _map(self, value: StringMap | AnyMap, verb: str, depth: int) -> str:
        pairs = [f"{self._text(key, verb)}:{self.value(value[key], verb, depth + 1)}" for key in sorted(value, key=raw)]
        return f"{go_type(value)}{{{', '.join(pairs)}}}" if self.go else f"map[{' '.join(pairs)}]"

    def _slice(self, value: Slice, verb: str, depth: int) -> str:
        items = [self.value(item, verb, depth + 1) for item in value.items]
        return f"{value.go_type}{{{', '.join(items)}}}" if self.go else f"[{' '.join(items)}]"

    def _struct(self, value: Struct, verb: str, depth: int) -> str:
        pointer = value.go_type.startswith("*")
        if pointer and depth:
            return self._address(value, verb)
        named = self.go or self.named
        fields = [
            (f"{name}:" if named else "") + self.value(item, verb, depth + 1) for name, item in value.fields.items()
        ]
        inner = f"{value.go_type.lstrip('*')}{{{', '.join(fields)}}}" if self.go else f"{{{' '.join(fields)}}}"
        return "&" + inner if pointer else inner

    def _object(self, value: Object, verb: str) -> str:
        if verb in "vsxXq" and not self.go:
            return self._text(value.text, verb)
        if value.counts:
            return self._integer(value.of, verb)
        raise CallError(f"%{verb} of a {value.go_type} is not supported")

    def _address(self, value: Struct, verb: str) -> str:
        if verb in "bodxX":
            return self._integer(int(_ADDRESS, 16), verb)
        if verb not in "vp":
            return self._misfit(value, verb)
        return f"({value.go_type})({_ADDRESS})" if self.go else self._hexadecimal()

    def _hexadecimal(self) -> str:
        return replace(self, sharp=not self.sharp)._integer(int(_ADDRESS, 16), "x")

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
                return self._pad(self._hex(raw(value)[: self.precision], verb))
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
        if self.sharp:
            octal = "" if digits.startswith("0") else "0"
            digits = {"b": "0b", "o": octal, "O": octal, "x": "0x", "X": "0X"}.get(verb, "") + digits
        return f"{sign}0o{digits}" if verb == "O" else sign + digits

    def _complex(self, value: complex, verb: str) -> str:
        if verb not in _FLOAT_VERBS:
            return self._misfit(value, verb)
        return f"({self._float(value.real, verb)}{replace(self, plus=True)._float(value.imag, verb)}i)"

    def _float(self, value: float, verb: str) -> str:
        if verb not in _FLOAT_VERBS:
            return self._misfit(value, verb)
        verb = _FLOATS.get(verb, verb)
        text = decimal(value, verb, self.precision)
        sign, digits = (text[0], text[1:]) if text[0] in "+-" else ("+", text)
        if sign == "+":
            sign = "+" if self.plus else " " if self.space else ""
        if not math.isfinite(value):
            return self._pad((sign or ("+" if math.isinf(value) else "")) + digits, zero=False)
        if self.sharp and verb != "b":
            digits = pointed(digits, verb, self.precision)
        if sign and self.zero and not self.minus and self.width is not None:
            return sign + digits.rjust(self.width - 1, "0")
        return self._pad(sign + digits)


def _is_pointer(value: Value) -> bool:
    """Whether Go holds the value's address and not the value itself."""
    return isinstance(value, StringMap | AnyMap | Slice) or (isinstance(value, Struct) and value.go_type[0] == "*")


def _printable(code: int) -> bool:
    return 0 <= code <= 0x10FFFF and chr(code).isprintable()


def _rune(code: int) -> str:
    valid = 0 <= code <= 0x10FFFF and not 0xD800 <= code < 0xE000
    return chr(code) if valid else "\ufffd"
