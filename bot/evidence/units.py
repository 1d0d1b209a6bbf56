"""Which unit a signal is in: said only where the metric names leave no doubt."""

from __future__ import annotations

import re

from bot.model.wording import BYTES, BYTES_PER_SECOND, PERCENT, RATIO, SECONDS

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')
_ASIDE = re.compile(r"\{[^}]*\}|\[[^\]]*\]|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_NAME = re.compile(r"(?<![\w:.])[A-Za-z_:][A-Za-z0-9_:]*")
_PER_SECOND = frozenset({"rate", "irate", "deriv"})
_WORDS = frozenset({"and", "or", "unless", "atan2", "bool", "offset", "inf", "nan"})
_KEEPING = frozenset(
    {
        *("sum", "avg", "min", "max", "topk", "bottomk", "limitk", "limit_ratio", "quantile", "stddev"),
        *("abs", "ceil", "floor", "round", "clamp", "clamp_min", "clamp_max", "sort", "sort_desc"),
        *("rate", "irate", "deriv", "increase", "delta", "idelta", "predict_linear", "histogram_quantile"),
        *(f"{name}_over_time" for name in ("avg", "min", "max", "sum", "first", "last", "quantile", "stddev")),
        *("label_replace", "label_join"),
    }
)
"""Functions whose result has the unit of what they are given, or that unit per second."""


def unit_of(expr: str, threshold: float | None = None) -> str:
    """`ratio`, `percent`, `seconds`, `bytes`, `bytes/s`, or empty when the expression does not say for certain.

    A quotient of a thing by the same thing is a ratio; times 100, a percentage. `threshold` only ever casts doubt: a
    ratio that is compared with more than 1 is not called one.
    """
    bare = _ASIDE.sub(" ", _STRING.sub('""', expr))
    if "/" in bare:
        unit = _quotient(bare)
        return "" if unit == RATIO and threshold is not None and abs(threshold) > 1 else unit
    return "" if re.search(r"[*^%]", bare) else _plain(bare)


def _quotient(bare: str) -> str:
    percent = re.fullmatch(r"\s*100\s*\*(?P<rest>.*)|(?P<more>.*)\*\s*100\s*", bare, re.DOTALL)
    rest = (percent["rest"] or percent["more"]) if percent else bare
    sides = _unwrapped(rest).split("/")
    if len(sides) != 2 or re.search(r"[-+*^%]", rest):
        return ""
    above, below = (_metrics(side) for side in sides)
    same = above == below or _kind(above) == _kind(below) != ""
    return (PERCENT if percent else RATIO) if above and same and _calls(sides[0]) == _calls(sides[1]) else ""


def _unwrapped(text: str) -> str:
    """Without the parentheses around the whole, where there are any."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")"):
        depth = 0
        for place, character in enumerate(text):
            depth += (character == "(") - (character == ")")
            if depth == 0 and place < len(text) - 1:
                return text
        text = text[1:-1].strip()
    return text


def _plain(bare: str) -> str:
    calls, metrics = _calls(bare), _metrics(bare)
    if not metrics or not calls <= _KEEPING:
        return ""
    kind = _kind(metrics)
    if not calls & _PER_SECOND or "histogram_quantile" in calls:
        return kind
    return BYTES_PER_SECOND if kind == BYTES else ""


def _kind(metrics: frozenset[str]) -> str:
    kinds = {_kind_of(metric) for metric in metrics}
    return kinds.pop() if len(kinds) == 1 else ""


def _kind_of(metric: str) -> str:
    name = metric.rpartition(":")[2] if ":" not in metric else ""
    for ending in ("_total", "_bucket", "_sum"):
        name = name.removesuffix(ending)
    if name.endswith("_timestamp_seconds"):
        return ""
    endings = {"_seconds": SECONDS, "_bytes": BYTES, "_ratio": RATIO, "_percent": PERCENT}
    return next((unit for ending, unit in endings.items() if name.endswith(ending)), "")


def _calls(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"([A-Za-z_][A-Za-z0-9_]*)\s*\(", text)) - _WORDS


def _metrics(text: str) -> frozenset[str]:
    called = _calls(text)
    return frozenset(name for name in _NAME.findall(text) if name.lower() not in _WORDS and name not in called)
