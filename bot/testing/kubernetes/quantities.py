"""Amounts of resources, as Kubernetes writes them: `250m`, `1Gi`, `2`."""

from __future__ import annotations

import re

_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(?P<unit>[numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?"
)
_UNITS = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
}  # fmt: skip


def is_quantity(written: object) -> bool:
    """Whether it is one."""
    return _QUANTITY.fullmatch(str(written)) is not None


def amount(written: object) -> float:
    """How much it is, in cores or bytes or pieces; what is none is 0."""
    found = _QUANTITY.fullmatch(str(written))
    if found is None:
        return 0.0
    unit = found["unit"] or ""
    factor = _UNITS.get(unit)
    if factor is None:
        factor = 10.0 ** int(unit[1:]) if unit else 1.0
    return float(found["number"]) * factor


def share(value: object, of: int, *, up: bool) -> int:
    """A number, or a percentage of one, rounded as asked."""
    if isinstance(value, int):
        return value
    percent = int(str(value).rstrip("%"))
    return -(-of * percent // 100) if up else of * percent // 100
