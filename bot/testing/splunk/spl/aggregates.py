"""`count`, `avg(x)`, `dc(user) AS users`, `count(eval(status>499)) AS failed`: how many rows become one value."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.testing.splunk.spl.expressions import parse
from bot.testing.splunk.spl.pipeline import unquoted
from bot.testing.splunk.spl.values import Row, SplError, Value, number, order, texts

Found = Sequence[tuple[float, Value]]
"""The values of a field in the order of the rows, each with its row's time."""

_CALL = re.compile(r"([A-Za-z_]+?)(\d+(?:\.\d+)?)?\s*\((.*)\)", re.DOTALL)
_PERCENTILES = {"p", "perc", "upperperc", "exactperc"}
_ALIASES = {"c": "count", "distinct_count": "dc", "mean": "avg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregate:
    """One of them, read: what it is called, and how it is made."""

    name: str
    make: Callable[[Sequence[Row]], Value | None]
    counts: bool = False
    """Of no rows it makes 0, and not nothing."""


def _numbers(found: Found) -> list[float]:
    return [float(value) for _, one in found for value in map(number, texts(one)) if value is not None]


def _all(found: Found) -> list[str]:
    return [value for _, one in found for value in texts(one)]


def _of_numbers(calculate: Callable[[list[float]], float]) -> Callable[[Found], Value | None]:
    return lambda found: calculate(numbers) if (numbers := _numbers(found)) else None


def _extreme(sign: int) -> Callable[[Found], Value | None]:
    def extreme(found: Found) -> Value | None:
        values = sorted(_all(found), key=order)
        as_numbers = _numbers(found)
        if as_numbers and len(as_numbers) == len(values):
            return max(as_numbers) if sign > 0 else min(as_numbers)
        return (values[-1] if sign > 0 else values[0]) if values else None

    return extreme


def _in_time(latest: bool, times: bool = False) -> Callable[[Found], Value | None]:
    def chosen(found: Found) -> Value | None:
        if not found:
            return None
        # Rows come newest first: of the same time, the first row is the latest one.
        pick = max(found, key=lambda one: one[0]) if latest else min(reversed(found), key=lambda one: one[0])
        return pick[0] if times else pick[1]

    return chosen


def _mode(found: Found) -> Value | None:
    values = _all(found)
    return Counter(values).most_common(1)[0][0] if values else None


def _percentile(share: float) -> Callable[[Found], Value | None]:
    def nearest(numbers: list[float]) -> float:
        kept = sorted(numbers)
        place = share / 100 * (len(kept) - 1)
        low = int(place)
        high = min(low + 1, len(kept) - 1)
        return kept[low] + (kept[high] - kept[low]) * (place - low)

    return _of_numbers(nearest)


FUNCTIONS: dict[str, Callable[[Found], Value | None]] = {
    "avg": _of_numbers(statistics.fmean),
    "count": lambda found: len(_all(found)),
    "dc": lambda found: len(set(_all(found))),
    "earliest": _in_time(latest=False),
    "earliest_time": _in_time(latest=False, times=True),
    "first": lambda found: found[0][1] if found else None,
    "last": lambda found: found[-1][1] if found else None,
    "latest": _in_time(latest=True),
    "latest_time": _in_time(latest=True, times=True),
    "list": lambda found: tuple(_all(found)[:100]) or None,
    "max": _extreme(1),
    "median": _of_numbers(statistics.median),
    "min": _extreme(-1),
    "mode": _mode,
    "range": _of_numbers(lambda numbers: max(numbers) - min(numbers)),
    "stdev": _of_numbers(lambda numbers: statistics.stdev(numbers) if len(numbers) > 1 else 0.0),
    "stdevp": _of_numbers(statistics.pstdev),
    "sum": _of_numbers(sum),
    "sumsq": _of_numbers(lambda numbers: sum(value * value for value in numbers)),
    "values": lambda found: tuple(sorted(set(_all(found)))) or None,
    "var": _of_numbers(lambda numbers: statistics.variance(numbers) if len(numbers) > 1 else 0.0),
}


def read(command: str, written: str) -> list[Aggregate]:
    """Reads `count AS n, avg(x) max("y z")`; the commas may be left out."""
    made: list[Aggregate] = []
    rest = written.strip()
    while rest:
        call, rest = _call(command, rest)
        name, rest = _renamed(rest)
        made.append(_aggregate(command, call, name))
        rest = rest.lstrip(", \t\n")
    if not made:
        raise SplError(f"Error in '{command}' command: At least one aggregation is required.")
    return made


def _call(command: str, rest: str) -> tuple[str, str]:
    found = re.match(r"[\w.]+", rest)
    if found is None:
        raise SplError(f"Error in '{command}' command: The argument '{rest.split()[0]}' is invalid.")
    end = found.end()
    if rest[end : end + 1] != "(":
        return found[0], rest[end:]
    depth, quoted = 0, False
    for place in range(end, len(rest)):
        letter = rest[place]
        quoted ^= letter == '"'
        depth += 0 if quoted else (letter == "(") - (letter == ")")
        if depth == 0 and not quoted:
            return rest[: place + 1], rest[place + 1 :]
    raise SplError(f"Error in '{command}' command: Mismatched parentheses.")


def _renamed(rest: str) -> tuple[str, str]:
    found = re.match(r"""\s+[aA][sS]\s+("[^"]*"|'[^']*'|[^\s,]+)""", rest)
    return (unquoted(found[1]), rest[found.end() :]) if found else ("", rest)


def _aggregate(command: str, call: str, name: str) -> Aggregate:
    found = _CALL.fullmatch(call)
    function, share, argument = (found[1].lower(), found[2], found[3].strip()) if found else (call.lower(), None, "")
    function = _ALIASES.get(function, function)
    if function == "count" and not argument:
        return Aggregate(name=name or "count", make=len, counts=True)
    if share is not None and function in _PERCENTILES:
        calculate = _percentile(float(share))
    elif share is None and function in FUNCTIONS and argument and "*" not in argument:
        calculate = FUNCTIONS[function]
    else:
        raise SplError(f"Error in '{command}' command: The argument '{call}' is invalid.")
    return Aggregate(
        name=name or re.sub(r"\s+", " ", call),
        make=_made(command, argument, calculate, function, named=bool(name)),
        counts=function in {"count", "dc"},
    )


def _made(
    command: str, argument: str, calculate: Callable[[Found], Value | None], function: str, *, named: bool
) -> Callable[[Sequence[Row]], Value | None]:
    evaluated = re.fullmatch(r"eval\s*\((.*)\)", argument, re.DOTALL | re.IGNORECASE)
    if evaluated is None:
        field = unquoted(argument)
        return lambda rows: calculate([(_time(row), row[field]) for row in rows if field in row])
    if not named:
        raise SplError(
            f"Error in '{command}' command: You must specify a rename for the aggregation specifier on the dynamically "
            f"evaluated field '{function}({argument})'."
        )
    expression = parse(command, evaluated[1])

    def of_expression(rows: Sequence[Row]) -> Value | None:
        found: list[tuple[float, Value]] = []
        for row in rows:
            value = expression(row)
            if value is True:
                found.append((_time(row), "true"))
            elif value is not None and not isinstance(value, bool):
                found.append((_time(row), value))
        return calculate(found)

    return of_expression


def _time(row: Row) -> float:
    return float(number(row.get("_time")) or 0)
