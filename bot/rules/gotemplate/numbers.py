"""How Go writes numbers and texts, and how it reads them in source: its strconv."""

from __future__ import annotations

import math
import re

from bot.rules.gotemplate.values import raw, text_of

_LONE = re.compile(r"[\udc80-\udcff]")
"""A byte that is not UTF-8, see `values.raw`."""

_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_WRITTEN = {value: f"\\{letter}" for letter, value in _ESCAPES.items()}
_ESCAPE = re.compile(
    r"\\(?:(?P<plain>[abfnrtv\\'\"])|x(?P<x>[0-9a-fA-F]{2})|(?P<o>[0-7]{3})|u(?P<u>[0-9a-fA-F]{4})"
    r"|U(?P<U>[0-9a-fA-F]{8}))"
)
_INTEGER = re.compile(
    r"[+-]?(?:0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)"
)
_DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_NOT_IN_DECIMAL = re.compile(r"(?<![0-9])_|_(?![0-9])")
_NOT_IN_HEX = re.compile(r"(?<![0-9a-fA-FxX])_|_(?![0-9a-fA-F])")
"""Where an underscore does not stand between two digits."""
_HEX_FLOAT = re.compile(r"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?\d+", re.ASCII)


def number(source: str) -> int | float | complex:
    """A number as it stands in a template: `1` is Go's int, `1.0` and `1e3` are its float64, `'a'` is 97.

    Raises ValueError with Go's words.
    """
    if source.startswith("'"):
        return _character(source)
    if source.endswith("i") and not source.lower().startswith(("0x", "+0x", "-0x")):
        return _complex(source)
    if _INTEGER.fullmatch(source):
        return _integer(source)
    try:
        value = parse_float(source)
    except ValueError:
        raise ValueError(f"illegal number syntax: {quoted(source)}") from None
    if not set(source) & set(".eEpP"):
        raise ValueError(f"integer overflow: {quoted(source)}")
    return value


def _complex(source: str) -> complex:
    """`2i`, and `1+2i`: the sign between the two is the last one that is not an exponent's."""
    split = max((at for at in range(1, len(source)) if source[at] in "+-" and source[at - 1] not in "eEpP"), default=0)
    try:
        real = parse_float(source[:split]) if split else 0.0
        return complex(real, parse_float(source[split:-1]))
    except ValueError:
        raise ValueError(f"illegal number syntax: {quoted(source)}") from None


def _character(source: str) -> int:
    byte = _ESCAPE.fullmatch(source[1:-1])
    if byte and (byte["x"] or byte["o"]):
        return _escaped(byte, "'")[0]
    character = unquote(source)
    if not character:
        raise ValueError("invalid syntax")
    if len(character) > 1:
        raise ValueError(f"malformed character constant: {source}")
    return ord(character)


def _integer(source: str) -> int:
    digits = source.lstrip("+-")
    octal = digits[0] == "0" and digits[1:2] not in ("", *"xXoObB")
    value = int(digits.replace("_", ""), 8 if octal else 0)
    value = -value if source[0] == "-" else value
    if not -(1 << 63) <= value < 1 << 64:
        raise ValueError(f"integer overflow: {quoted(source)}")
    return value


def parse_float(text: str) -> float:
    """Go's ParseFloat. Raises ValueError, with Go's words, for what is no number and for what no float64 can hold."""
    misplaced = _NOT_IN_HEX if text.lstrip("+-")[:2] in ("0x", "0X") else _NOT_IN_DECIMAL
    plain = text if misplaced.search(text) else text.replace("_", "")
    if plain.lower().lstrip("+-") in ("inf", "infinity", "nan") and len(plain) - len(plain.lstrip("+-")) <= 1:
        return float(plain)
    try:
        if _HEX_FLOAT.fullmatch(plain):
            return float.fromhex(plain)
        value = float(plain) if _DECIMAL.fullmatch(plain) else None
    except OverflowError:
        value = math.inf
    if value is None:
        raise ValueError(f"strconv.ParseFloat: parsing {quoted(text)}: invalid syntax")
    if math.isinf(value):
        raise ValueError(f"strconv.ParseFloat: parsing {quoted(text)}: value out of range")
    return value


def shortest(value: float) -> str:
    """Go's %v of a float64: the fewest digits that read back as the same number, with an exponent from 1e+06 on."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    sign = "-" if math.copysign(1, value) < 0 else ""
    digits, exponent = _digits(abs(value))
    # Python changes to an exponent only at 1e16
    return sign + (_scientific(digits, exponent) if exponent < -4 or exponent >= 6 else _plain(digits, exponent))


def _digits(value: float) -> tuple[str, int]:
    """The shortest digits of a number, and the power of ten of the first one."""
    mantissa, _, power = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return "0", 0
    exponent = int(power or 0) + len(whole) - 1 - (len(whole + fraction) - len(digits))
    return digits.rstrip("0"), exponent


def _scientific(digits: str, exponent: int) -> str:
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _plain(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    return whole + (f".{digits[exponent + 1 :]}" if len(digits) > exponent + 1 else "")


def quoted(text: str, *, ascii_only: bool = False, mark: str = '"') -> str:
    """Go's %q of a text."""
    return mark + "".join(_quoted(sign, mark, ascii_only) for sign in text) + mark


def can_backquote(text: str) -> bool:
    """Whether Go could write the text between backquotes: one line of UTF-8, no control characters but tabs."""
    return not any((sign < " " and sign != "\t") or sign in "`\x7f\ufeff" or _LONE.match(sign) for sign in text)


def _quoted(sign: str, mark: str, ascii_only: bool) -> str:
    if sign in (mark, "\\"):
        return f"\\{sign}"
    if sign.isprintable() and (sign.isascii() or not ascii_only):
        return sign
    if sign in _WRITTEN:
        return _WRITTEN[sign]
    code = ord(sign)
    if _LONE.match(sign):
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unquote(source: str) -> str:
    """What a text or character in Go's source stands for. ValueError with Go's words when it stands for nothing."""
    mark, inner = source[0], source[1:-1]
    if mark == "`":
        return inner.replace("\r", "")
    read = bytearray()
    at = 0
    for escape in _ESCAPE.finditer(inner):
        read += _between(inner[at : escape.start()])
        read += _escaped(escape, mark)
        at = escape.end()
    read += _between(inner[at:])
    return text_of(bytes(read))


def _between(plain: str) -> bytes:
    if "\\" in plain:
        raise ValueError("invalid syntax")
    return raw(plain)


def _escaped(escape: re.Match[str], mark: str) -> bytes:
    plain = escape["plain"]
    if plain in ('"', "'"):
        if plain != mark:
            raise ValueError("invalid syntax")
        return plain.encode()
    if plain:
        return _ESCAPES[plain].encode()
    if escape["x"] or escape["o"]:
        value = int(escape["x"], 16) if escape["x"] else int(escape["o"], 8)
        if value > 0xFF:
            raise ValueError("invalid syntax")
        return bytes([value])
    code = int(escape["u"] or escape["U"], 16)
    if code > 0x10FFFF or 0xD800 <= code < 0xE000:
        raise ValueError("invalid syntax")
    return chr(code).encode()
