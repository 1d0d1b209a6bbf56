"""When a run triggers: Splunk's trigger conditions, and why or why not in words."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.model.search import Condition, Counted, Relation
from bot.model.search_job import SearchAnswer

_COMPARES: Mapping[Relation, Callable[[float, float], bool]] = {
    Relation.GREATER: operator.gt,
    Relation.LESS: operator.lt,
    Relation.EQUAL: operator.eq,
    Relation.NOT_EQUAL: operator.ne,
}
_CALLED = {Counted.ALWAYS: "results", Counted.EVENTS: "results", Counted.HOSTS: "hosts", Counted.SOURCES: "sources"}
_ONLY_GROWS = frozenset({Relation.GREATER, Relation.RISES})
"""What is true of some of the data stays true when there is more of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a run triggered and why, in words. `count` is what was counted; the next run is compared with it."""

    triggered: bool
    why: str
    count: int


def decide(condition: Condition, answer: SearchAnswer, before: int | None, *, complete: bool) -> Verdict:
    """What an answer means; `before` is what the last complete run counted, None where there was none.

    An answer that is not `complete` triggers only where more data could not take that back.
    """
    count = counted(condition.counted, answer)
    if not complete and not _holds_for_more(condition, count):
        return Verdict(
            triggered=False, why="the answer is not complete, and more of it could mean no alert", count=count
        )
    if condition.counted is Counted.CUSTOM:
        return _custom(condition, answer, count)
    if condition.counted is Counted.ALWAYS:
        return Verdict(triggered=True, why=f"it triggers with every run; {_number(count, 'results')}", count=count)
    if condition.relation in (Relation.DROPS, Relation.RISES):
        return _moved(condition, count, before)
    triggered = _COMPARES[condition.relation](count, condition.quantity)
    found = _number(count, _CALLED[condition.counted])
    relation = f"not {condition.relation}" if not triggered else str(condition.relation)
    why = f"{found}, which is {relation.removeprefix('not not ')} {condition.quantity:g}"
    return Verdict(triggered=triggered, why=why, count=count)


def counted(what: Counted, answer: SearchAnswer) -> int:
    """What of an answer is compared; without a number to compare, how many results there are."""
    match what:
        case Counted.HOSTS:
            return answer.hosts
        case Counted.SOURCES:
            return answer.sources
        case _:
            return answer.count


def _holds_for_more(condition: Condition, count: int) -> bool:
    match condition.counted:
        case Counted.CUSTOM:
            return False
        case Counted.ALWAYS:
            return count > 0
        case _:
            return condition.relation in _ONLY_GROWS


def _custom(condition: Condition, answer: SearchAnswer, count: int) -> Verdict:
    triggered = bool(answer.met)
    what = "yields" if triggered else "yields nothing"
    return Verdict(
        triggered=triggered,
        why=f"of {_number(count, 'results')} `{condition.search}` {what}{' something' if triggered else ''}",
        count=count,
    )


def _moved(condition: Condition, count: int, before: int | None) -> Verdict:
    """Drops and rises by at least so much against the run before; without one nobody knows."""
    found = _number(count, _CALLED[condition.counted])
    if before is None:
        return Verdict(triggered=False, why=f"{found}, and no complete run before to compare with", count=count)
    rises = condition.relation is Relation.RISES
    moved = count - before if rises else before - count
    # where there was nothing before, any rise is more than any part of it
    needed = condition.quantity * before / 100 if condition.in_percent else condition.quantity
    triggered = moved > 0 and moved >= needed
    direction = "rise" if rises else "drop"
    wanted = f"{condition.quantity:g}{'%' if condition.in_percent else ''}"
    word = "a" if triggered else "no"
    return Verdict(
        triggered=triggered,
        why=f"{found} after {before:,} in the run before: {word} {direction} by {wanted} or more",
        count=count,
    )


def _number(count: int, what: str) -> str:
    return f"1 {what[:-1]}" if count == 1 else f"{count:,} {what}"
