"""`dispatch.allow_partial_results`: whether an answer that lacks data may say anything at all."""

import pytest

from bot.model.rule import RuleState
from tests.unit.rules.savedsearches.test_evaluator import BASE, after, answered, group_of


@pytest.mark.parametrize(("allowed", "fires"), [("1", 1), ("0", 0)])
def test_an_answer_that_lacks_data_fires_only_where_that_is_allowed(allowed: str, fires: int) -> None:
    group = group_of(f"{BASE}dispatch.allow_partial_results = {allowed}\n")
    made = after(group, answered(group, [{"host": "a"}], warnings=("a search peer did not answer",)))
    assert len(made.alerts) == fires
    assert made.status.rules[0].state is RuleState.UNKNOWN
    (failure,) = made.failures
    assert failure.reason == "partial"


def test_a_complete_answer_is_not_concerned() -> None:
    group = group_of(f"{BASE}dispatch.allow_partial_results = 0\n")
    made = after(group, answered(group, [{"host": "a"}]))
    assert made.status.rules[0].state is RuleState.FIRING
