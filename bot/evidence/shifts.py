"""What the logs say in a window that they did not say in the one before, pattern by pattern and service by service."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from bot.evidence.patterns import templates
from bot.model.search_job import LogLine
from bot.model.shift import Shift, Trend

EXAMPLES = 3
_UNLIKELY = 6.63
"""A G statistic that chance exceeds once in a hundred times."""
_AT_LEAST = 2.0
"""The ratio below which a difference is not worth a word, however sure."""
_ORDER = (Trend.NEW, Trend.MORE, Trend.GONE, Trend.LESS, Trend.SAME)


def shifts(before: Sequence[LogLine], during: Sequence[LogLine], by: str = "") -> tuple[Shift, ...]:
    """Every pattern of the two windows, which are of one length: first what is new, then what became more.

    `by` names the field, such as `service`, by whose values the counts are also given.
    """
    found = templates(line.text for line in (*before, *during))
    lines: dict[str, tuple[list[LogLine], list[LogLine]]] = {}
    for place, window in enumerate((before, during)):
        for line in window:
            lines.setdefault(found[line.text], ([], []))[place].append(line)
    made = [_shift(template, *both, by) for template, both in lines.items()]
    return tuple(sorted(made, key=lambda one: (_ORDER.index(one.trend), -one.during, -one.before, one.template)))


def _shift(template: str, before: Sequence[LogLine], during: Sequence[LogLine], by: str) -> Shift:
    every = sorted((*before, *during), key=lambda line: line.at)
    return Shift(
        template=template,
        trend=trend(len(before), len(during)),
        before=len(before),
        during=len(during),
        first=every[0].at,
        last=every[-1].at,
        examples=tuple(dict.fromkeys(line.text for line in (*during, *before)))[:EXAMPLES],
        groups=_groups(before, during, by) if by else {},
    )


def trend(before: int, during: int) -> Trend:
    """How two counts in windows of one length compare; what chance may have made is the same."""
    if not before:
        return Trend.NEW
    if not during:
        return Trend.GONE if before > 1 else Trend.SAME
    ratio = max(before, during) / min(before, during)
    if ratio < _AT_LEAST or _statistic(before, during) < _UNLIKELY:
        return Trend.SAME
    return Trend.MORE if during > before else Trend.LESS


def _statistic(one: int, other: int) -> float:
    """G of two counts that should be the same (Sokal and Rohlf, Biometry)."""
    mean = (one + other) / 2
    return 2 * (one * math.log(one / mean) + other * math.log(other / mean))


def _groups(before: Sequence[LogLine], during: Sequence[LogLine], by: str) -> Mapping[str, tuple[int, int]]:
    counts = [Counter(line.fields.get(by, "") for line in window) for window in (before, during)]
    values = sorted(counts[0] | counts[1], key=lambda value: (-counts[1][value], -counts[0][value], value))
    return {value: (counts[0][value], counts[1][value]) for value in values}
