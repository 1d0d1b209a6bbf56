"""Trigger conditions, and the sentence that says why."""

from collections.abc import Iterator
from itertools import product

import pytest

from bot.model.search import Condition, Counted, Relation
from bot.model.search_job import SearchAnswer
from bot.rules.savedsearches.trigger import decide

NUMBERS = [0, 1, 2, 5, 10]
COUNTS = (Counted.EVENTS, Counted.HOSTS, Counted.SOURCES)


def found(count: int, *, hosts: int = 0, sources: int = 0, met: bool | None = None) -> SearchAnswer:
    return SearchAnswer(sid="s", count=count, hosts=hosts, sources=sources, met=met)


def events(relation: Relation, quantity: float, *, in_percent: bool = False) -> Condition:
    return Condition(counted=Counted.EVENTS, relation=relation, quantity=quantity, in_percent=in_percent)


@pytest.mark.parametrize(
    ("condition", "count", "before", "triggered", "why"),
    [
        (Condition(), 0, None, True, "it triggers with every run; 0 results"),
        (events(Relation.GREATER, 5), 6, None, True, "6 results, which is greater than 5"),
        (events(Relation.GREATER, 5), 5, None, False, "5 results, which is not greater than 5"),
        (events(Relation.GREATER, 0), 1, None, True, "1 result, which is greater than 0"),
        (events(Relation.LESS, 2.5), 2, None, True, "2 results, which is less than 2.5"),
        (events(Relation.EQUAL, 2), 2, None, True, "2 results, which is equal to 2"),
        (events(Relation.NOT_EQUAL, 2), 2, None, False, "2 results, which is equal to 2"),
        (events(Relation.RISES, 3), 12_345, 1, True,
         "12,345 results after 1 in the run before: a rise by 3 or more"),
        (events(Relation.RISES, 3), 3, 1, False, "3 results after 1 in the run before: no rise by 3 or more"),
        (events(Relation.DROPS, 50, in_percent=True), 4, 8, True,
         "4 results after 8 in the run before: a drop by 50% or more"),
        (events(Relation.DROPS, 50, in_percent=True), 5, 8, False,
         "5 results after 8 in the run before: no drop by 50% or more"),
        (events(Relation.DROPS, 1), 4, None, False, "4 results, and no complete run before to compare with"),
    ],
)  # fmt: skip
def test_what_a_complete_answer_means(
    condition: Condition, count: int, before: int | None, triggered: bool, why: str
) -> None:
    verdict = decide(condition, found(count), before, complete=True)
    assert (verdict.triggered, verdict.why, verdict.count) == (triggered, why, count)


def test_hosts_and_sources_are_counted_where_they_are_asked_for() -> None:
    answer = found(100, hosts=3, sources=2)
    for counted, count in ((Counted.HOSTS, 3), (Counted.SOURCES, 2), (Counted.EVENTS, 100)):
        verdict = decide(Condition(counted=counted, quantity=2), answer, None, complete=True)
        assert (verdict.count, verdict.triggered) == (count, count > 2)


def test_a_custom_condition_is_what_the_server_said() -> None:
    condition = Condition(counted=Counted.CUSTOM, search="where avg > 5")
    assert decide(condition, found(3, met=True), None, complete=True).why == (
        "of 3 results `where avg > 5` yields something"
    )
    verdict = decide(condition, found(3, met=False), None, complete=True)
    assert (verdict.triggered, verdict.why) == (False, "of 3 results `where avg > 5` yields nothing")


def conditions() -> Iterator[Condition]:
    yield Condition()
    yield Condition(counted=Counted.CUSTOM, search="x")
    for counted, relation, quantity, percent in product(COUNTS, Relation, NUMBERS, (False, True)):
        yield Condition(counted=counted, relation=relation, quantity=quantity, in_percent=percent)


def test_what_triggers_on_part_of_the_data_triggers_on_all_of_it() -> None:
    """Whatever the rest may be: more results, hosts and sources, never fewer."""
    tried = 0
    for condition, part, more, before in product(conditions(), NUMBERS, NUMBERS, (None, *NUMBERS)):
        some = SearchAnswer(sid="s", count=part, hosts=part, sources=part, met=True)
        if not decide(condition, some, before, complete=False).triggered:
            continue
        count = part + more
        for met in (True, False):
            whole = SearchAnswer(sid="s", count=count, hosts=count, sources=count, met=met)
            assert decide(condition, whole, before, complete=True).triggered, (condition, part, more, before)
            tried += 1
    assert tried > 500
