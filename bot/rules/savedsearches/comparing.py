"""What needs a memory: a changed value, a new term, a key that went silent, a spike against the run before.

Only complete answers come here, because nobody can tell a row that is missing from one that was not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.model.search import Compared, Comparison, Direction, Remembered, SearchMemory
from bot.model.search_job import Row
from bot.rules.savedsearches.rows import key_of, row_of

MOST_KEYS = 50_000
"""Keys that one search may remember: they are written with every run."""


class TooMuchToRemember(ValueError):
    """More different keys than one search may remember."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A run beside what is known: `known` holds keys seen within the span, `keyed` the rows that have a key."""

    comparison: Comparison
    keyed: Sequence[tuple[str, Row]]
    known: Mapping[str, Remembered]
    learnt: bool
    """Whether a complete run came before this one."""
    now: datetime
    window: timedelta


_Compared = tuple[list[Row], dict[str, Remembered]]


def compare(
    comparison: Comparison, rows: Sequence[Row], memory: SearchMemory, now: datetime, *, window: timedelta
) -> tuple[tuple[Row, ...], SearchMemory]:
    """The rows that trigger, and what is known from now on. `now` is the run's scheduled time, `window` what it saw.

    A key without any row (flatline, spike) triggers as a row that holds its key, and 0 as its value. Raises
    TooMuchToRemember.
    """
    keyed = [(key, row) for row in rows if (key := key_of(row, comparison.keys)) is not None]
    run = _Run(
        comparison=comparison,
        keyed=keyed,
        known={key: one for key, one in memory.seen.items() if now - one.seen_at <= comparison.span},
        learnt=memory.since is not None,
        now=now,
        window=window,
    )
    found, seen = _KINDS[comparison.kind](run)
    if len(seen) > MOST_KEYS:
        raise TooMuchToRemember(
            f"its comparison would have to remember {len(seen):,} different keys, and {MOST_KEYS:,} is the most"
        )
    return tuple(found), replace(memory, seen=seen, since=memory.since or now)


def _change(run: _Run) -> _Compared:
    """Row by row in the answer's order; a row without a value says nothing."""
    found, seen = [], dict(run.known)
    for key, row in run.keyed:
        value = _text(row, run.comparison.value)
        if not value:
            continue
        before = seen.get(key)
        if before is not None and before.value != value:
            found.append(row)
        seen[key] = _remembered(run, before, value)
    return found, seen


def _new_term(run: _Run) -> _Compared:
    """The first run only learns."""
    found, seen = [], dict(run.known)
    for key, row in run.keyed:
        if key not in seen and run.learnt:
            found.append(row)
        seen[key] = _remembered(run, seen.get(key), "")
    return found, seen


def _flatline(run: _Run) -> _Compared:
    """A key is judged once it has been known for as long as a run looks back: until then it may just have begun.

    One that is silent stays known, and triggers, until the span is over.
    """
    found, seen = [], dict(run.known)
    rows = dict(run.keyed)
    for key in {**run.known, **rows}:
        row, before = rows.get(key), run.known.get(key)
        value = _number(row, run.comparison.value) if row is not None else None
        if row is not None:
            seen[key] = _remembered(run, before, _text(row, run.comparison.value))
        since = before.since if before else None
        low = row is None or (value is not None and value < run.comparison.threshold)
        if low and since and run.now - since >= run.window:
            found.append(row if row is not None else _silent(run.comparison, key))
    return found, seen


def _spike(run: _Run) -> _Compared:
    """Against the run before; where that had nothing there is no ratio. What spiked begins anew, as in ElastAlert."""
    found: list[Row] = []
    seen: dict[str, Remembered] = {}
    rows = dict(run.keyed)
    for key in {**run.known, **rows}:
        row, before = rows.get(key), run.known.get(key)
        now = 0.0 if row is None else _number(row, run.comparison.value)
        if now is None:
            continue
        reference = _as_number(before.value) if before else None
        if reference and _spikes(run.comparison, reference, now):
            found.append(row if row is not None else _silent(run.comparison, key))
        elif row is not None:
            seen[key] = _remembered(run, before, repr(now))
    return found, seen


def _spikes(comparison: Comparison, before: float, now: float) -> bool:
    up = now >= before * comparison.threshold
    down = now * comparison.threshold <= before
    match comparison.direction:
        case Direction.UP:
            return up
        case Direction.DOWN:
            return down
        case _:
            return up or down


def _remembered(run: _Run, before: Remembered | None, value: str) -> Remembered:
    return Remembered(value=value, seen_at=run.now, since=before.since if before else run.now)


def _silent(comparison: Comparison, key: str) -> Row:
    return {**row_of(key, comparison.keys), **({comparison.value: "0"} if comparison.value else {})}


def _text(row: Row, field: str) -> str:
    value = row.get(field, "")
    return value if isinstance(value, str) else "\n".join(value)


def _number(row: Row, field: str) -> float | None:
    """The row's value; None where it is no number, which says nothing either way."""
    return _as_number(_text(row, field))


def _as_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number == number else None


_KINDS: Mapping[Compared, Callable[[_Run], _Compared]] = {
    Compared.CHANGE: _change,
    Compared.NEW_TERM: _new_term,
    Compared.FLATLINE: _flatline,
    Compared.SPIKE: _spike,
}
