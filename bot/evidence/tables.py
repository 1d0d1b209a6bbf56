"""Series, and patterns of log lines, as a table that a spreadsheet can open, and that cannot make it do anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.model.sample import Series
from bot.model.shift import Shift
from bot.model.wording import one_line

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%", "＝", "＋", "－", "＠")  # noqa: RUF001 - full-width forms start formulas too


def as_csv(series: Sequence[Series]) -> str:
    """One line a value: `time` (ISO 8601, UTC), `value`, then a column for each label name that occurs.

    In order of time, then of the series as given. Text that a spreadsheet would take for a formula gets a leading
    apostrophe, as OWASP advises; numbers are left alone.
    """
    names = sorted({name for one in series for name in one.labels})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["time", "value", *(_cell(_column(name)) for name in names)])
    rows = [(at, place, value) for place, one in enumerate(series) for at, value in one.points]
    cells = [[_cell(one.labels.get(name, "")) for name in names] for one in series]
    for at, place, value in sorted(rows, key=lambda row: row[:2]):
        writer.writerow([_time(at), repr(value), *cells[place]])
    return out.getvalue()


def shifts_as_csv(shifts: Sequence[Shift]) -> str:
    """One line a pattern: trend, counts in both windows, when it was seen, the pattern, its groups, and examples."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["trend", "before", "during", "first", "last", "pattern", "by", "examples"])
    for one in shifts:
        groups = "; ".join(f"{value}: {before} -> {during}" for value, (before, during) in one.groups.items())
        words = [_cell(one.template), _cell(groups), _cell(" | ".join(one.examples))]
        writer.writerow([one.trend, one.before, one.during, _time(one.first), _time(one.last), *words])
    return out.getvalue()


def _column(name: str) -> str:
    return f"label_{name}" if name in ("time", "value") else name


def _cell(text: str) -> str:
    plain = one_line(text)
    return f"'{plain}" if plain.startswith(_FORMULA) else plain


def _time(at: datetime) -> str:
    text = at.astimezone(UTC).isoformat(timespec="milliseconds" if at.microsecond else "seconds")
    return text.replace("+00:00", "Z")
