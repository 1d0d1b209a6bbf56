"""What the record of a group's evaluations says of one rule: its states, failures, what was late and what missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bot.model.evaluation import EvaluationRecord
from bot.model.rule import RuleState
from bot.model.sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """Evaluations one after the other that found the rule in one state, for one reason. `start` and `end` are slots."""

    start: datetime
    end: datetime
    state: RuleState
    error: str
    evaluations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Slots that nobody evaluated: the first and the last of them, and how many."""

    start: datetime
    end: datetime
    slots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One rule over the record, the oldest first. `failed` and `late` count evaluations, `missed` slots without one."""

    evaluations: int
    failed: int
    late: int
    missed: int
    spells: tuple[Spell, ...]
    gaps: tuple[Gap, ...]


def history(records: Sequence[EvaluationRecord], rule: str, place: int, interval: timedelta) -> History:
    """What these records, given the newest first, say of the rule at this place of the group."""
    spells: list[Spell] = []
    failed = 0
    for record in reversed(records):
        found = record.of(rule, place)
        failed += bool(found.error)
        last = spells[-1] if spells else None
        if last is not None and (last.state, last.error) == (found.state, found.error):
            spells[-1] = Spell(
                start=last.start,
                end=record.slot,
                state=last.state,
                error=last.error,
                evaluations=last.evaluations + 1,
            )
        else:
            spells.append(
                Spell(start=record.slot, end=record.slot, state=found.state, error=found.error, evaluations=1)
            )
    gaps = tuple(_gaps([record.slot for record in reversed(records)], interval))
    return History(
        evaluations=len(records),
        failed=failed,
        late=sum(bool(record.late) for record in records),
        missed=sum(gap.slots for gap in gaps),
        spells=tuple(spells),
        gaps=gaps,
    )


def nearest(samples: Sequence[Sample], op: str, threshold: float | None) -> list[Sample]:
    """Samples by how near they are to firing, or how far beyond: what would fire first comes first."""
    known = [one for one in samples if one.value == one.value]
    if threshold is None or op not in (">", ">=", "<", "<="):
        return known
    return sorted(known, key=lambda one: one.value, reverse=op.startswith(">"))


def _gaps(slots: Sequence[datetime], interval: timedelta) -> list[Gap]:
    found = []
    for before, after in pairwise(slots):
        lost = round((after - before) / interval) - 1
        if lost > 0:
            found.append(Gap(start=before + interval, end=before + lost * interval, slots=lost))
    return found
