"""What a saved search counted is the signal of its alerts."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.evidence.counted import counted
from bot.evidence.questions import SignalQuestion, signal_questions
from bot.model.alert import Alert
from bot.model.ids import IncidentId
from bot.model.labels import LabelSet
from bot.model.rule import AlertRule, RuleGroup, Signal
from bot.model.search import Condition, Counted, Relation, SavedSearch, Schedule, SearchMemory, SearchRun
from bot.model.setup import Setup

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERY = timedelta(minutes=30)
ABOVE = Condition(counted=Counted.EVENTS, relation=Relation.GREATER, quantity=5)


def question(condition: Condition = ABOVE) -> SignalQuestion:
    search = SavedSearch(name="Errors", search="a b", schedule=Schedule(cron="*/30 * * * *"), condition=condition)
    rule = AlertRule(name="Errors", expr="a b", signal=Signal(expr="a b"))
    group = RuleGroup(file="s.conf", name="Errors", source="splunk", interval=EVERY, rules=(rule,), search=search)
    alert = Alert(
        labels=LabelSet({"alertname": "Errors"}), annotations={}, starts_at=NOW, source="splunk",
        rule=group.rule_key(0), generator_url="https://splunk/search",
    )  # fmt: skip
    (one,) = signal_questions(IncidentId("INC-1"), [alert], Setup(groups=(group,)), NOW)
    return one


def run(number: int, count: int | None, *, complete: bool = True, link: str = "") -> SearchRun:
    return SearchRun(
        slot=NOW - number * EVERY, triggered=False, why="why not", count=count, complete=complete, link=link
    )


@pytest.mark.parametrize(
    ("condition", "op", "threshold"),
    [
        (ABOVE, ">", 5),
        (Condition(counted=Counted.HOSTS, relation=Relation.LESS, quantity=2), "<", 2),
        (Condition(counted=Counted.EVENTS, relation=Relation.RISES, quantity=5), "", None),
        (Condition(counted=Counted.CUSTOM, search="x"), "", None),
        (Condition(), "", None),
    ],
)
def test_the_number_it_is_compared_with_is_the_threshold(
    condition: Condition, op: str, threshold: float | None
) -> None:
    signal = question(condition).rule.signal
    assert (signal.expr, signal.op, signal.threshold) == ("a b", op, threshold)


def test_a_search_that_runs_seldom_is_looked_at_for_longer() -> None:
    asked = question()
    assert asked.window.start <= NOW - 10 * EVERY
    assert asked.step == EVERY
    assert asked.runs


def test_complete_runs_are_points_and_the_newest_link_leads_there() -> None:
    runs = (run(0, 9, link="https://new"), run(1, 3, complete=False), run(2, 7, link="https://old"), run(90, 1))
    answer = counted(question(), SearchMemory(runs=runs))
    (series,) = answer.series
    assert series.points == ((NOW - 2 * EVERY, 7.0), (NOW, 9.0))
    assert (answer.link, answer.unavailable) == ("https://new", "")


def test_what_nobody_saw_is_said() -> None:
    failed = counted(question(), SearchMemory(runs=(run(0, None, complete=False),)))
    assert failed.unavailable == "a saved search shows its own runs only; its last run was not complete: why not"
    assert failed.link == "https://splunk/search"
    for memory in (None, SearchMemory()):
        assert counted(question(), memory).unavailable == (
            "a saved search shows its own runs only; no run of it is kept from this time"
        )
