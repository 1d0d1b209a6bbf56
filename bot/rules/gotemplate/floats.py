"""A float64 under each of the verbs that Go's strconv and fmt know, precision and `#` included."""

from __future__ import annotations

import math

from bot.rules.gotemplate.numbers import shortest

_MANTISSA = 52


def decimal(value: float, verb: str, precision: int | None) -> str:
    """Go's FormatFloat; a `+` only before infinity. `verb` is one of b e E f g G x X, None the shortest precision."""
    if not math.isfinite(value):
        return shortest(value)
    if verb == "b":
        return _binary(value)
    if verb in "xX":
        return _hexadecimal(value, precision) if verb == "x" else _hexadecimal(value, precision).upper()
    if precision is None and verb in "gG":
        return shortest(value).replace("e", "E" if verb == "G" else "e")
    return format(value, f".{6 if precision is None else precision}{verb}")


def pointed(number: str, verb: str, precision: int | None) -> str:
    """A number without its sign as `#` has it: with a decimal point, and with the zeros that %g leaves out."""
    left = (6 if precision is None else precision) if verb in "gGx" else 0
    ends = "pP" if verb in "xX" else "eE"
    cut = next((at for at, sign in enumerate(number) if sign in ends), len(number))
    digits, tail = number[:cut], number[cut:]
    significant = digits.replace(".", "").lstrip("0")
    left -= len(significant)
    if "." not in digits:
        left -= digits == "0"
        digits += "."
    return digits + "0" * max(0, left) + tail


def _parts(value: float) -> tuple[int, int]:
    """Mantissa and exponent: the value is mantissa x 2 ** exponent, the mantissa that which a float64 holds."""
    fraction, exponent = math.frexp(abs(value))
    exponent = max(exponent, -1021) - _MANTISSA - 1
    return int(math.ldexp(abs(value), -exponent) if fraction else 0), exponent


def _binary(value: float) -> str:
    mantissa, exponent = _parts(value)
    exponent = exponent if mantissa else -1074
    return f"{'-' if math.copysign(1, value) < 0 else ''}{mantissa}p{exponent:+d}"


def _hexadecimal(value: float, precision: int | None) -> str:
    fraction, exponent = math.frexp(abs(value))
    mantissa, exponent = int(fraction * (2 << _MANTISSA)), exponent - 1 if fraction else 0
    if precision is not None and 4 * precision < _MANTISSA:
        cut = _MANTISSA - 4 * precision
        rest, half = mantissa & ((1 << cut) - 1), 1 << (cut - 1)
        mantissa >>= cut
        mantissa += rest > half or (rest == half and mantissa & 1)
        if mantissa >> (4 * precision) > 1:
            mantissa, exponent = mantissa >> 1, exponent + 1
        digits = f"{mantissa:x}"
    else:
        digits = f"{mantissa:x}"
    first, rest_of = (digits[0], digits[1:]) if fraction else ("0", "")
    rest_of = rest_of.rstrip("0") if precision is None else rest_of.ljust(precision, "0")
    sign = "-" if math.copysign(1, value) < 0 else ""
    return f"{sign}0x{first}{'.' + rest_of if rest_of else ''}p{exponent:+03d}"
