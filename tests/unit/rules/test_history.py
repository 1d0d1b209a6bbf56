"""What a record of evaluations adds up to."""

from datetime import UTC, datetime, timedelta

from bot.model.evaluation import EvaluationRecord, RuleFinding
from bot.model.labels import LabelSet
from bot.model.rule import RuleState
from bot.model.sample import Sample
from bot.rules.history import history, nearest

START = datetime(2026, 3, 1, tzinfo=UTC)
STEP = timedelta(seconds=30)


def record(slot: int, state: RuleState = RuleState.INACTIVE, error: str = "", *, late: float = 0) -> EvaluationRecord:
    findings = (RuleFinding(rule="Hot", place=1, state=state, error=error),)
    return EvaluationRecord(
        group_key="g",
        slot=START + slot * STEP,
        took=timedelta(0),
        late=timedelta(seconds=late),
        findings=findings if error or state is not RuleState.INACTIVE else (),
    )


def test_evaluations_alike_are_one_spell() -> None:
    pending, firing, unknown = RuleState.PENDING, RuleState.FIRING, RuleState.UNKNOWN
    records = [
        record(0),
        record(1),
        record(2, pending),
        record(3, firing),
        record(4, unknown, "timeout"),
        record(5, unknown, "timeout"),
        record(6, unknown, "refused"),
        record(7, firing),
    ]
    found = history(records[::-1], "Hot", 1, STEP)
    assert [(one.state, one.error, one.evaluations) for one in found.spells] == [
        (RuleState.INACTIVE, "", 2),
        (pending, "", 1),
        (firing, "", 1),
        (unknown, "timeout", 2),
        (unknown, "refused", 1),
        (firing, "", 1),
    ]
    assert (found.spells[3].start, found.spells[3].end) == (START + 4 * STEP, START + 5 * STEP)
    assert (found.evaluations, found.failed, found.late, found.missed) == (8, 3, 0, 0)


def test_slots_that_nobody_evaluated_are_counted_and_named() -> None:
    found = history([record(9, late=2), record(4), record(3), record(1, late=40)], "Hot", 1, STEP)
    assert [(one.start, one.end, one.slots) for one in found.gaps] == [
        (START + 2 * STEP, START + 2 * STEP, 1),
        (START + 5 * STEP, START + 8 * STEP, 4),
    ]
    assert (found.missed, found.late) == (5, 2)


def test_nothing_on_record_is_nothing() -> None:
    found = history([], "Hot", 1, STEP)
    assert (found.evaluations, found.spells, found.gaps) == (0, (), ())


def test_of_two_rules_of_one_name_each_has_its_own_record() -> None:
    both = EvaluationRecord(
        group_key="g",
        slot=START,
        took=timedelta(0),
        findings=tuple(
            RuleFinding(rule="Hot", place=place, state=state)
            for place, state in ((0, RuleState.FIRING), (1, RuleState.PENDING))
        ),
    )
    assert both.of("Hot", 1).state is RuleState.PENDING
    assert both.of("Hot", 0).state is RuleState.FIRING
    assert both.of("Cold", 2).state is RuleState.INACTIVE


def test_the_nearest_to_firing_come_first() -> None:
    samples = [Sample(labels=LabelSet({"n": str(value)}), value=value) for value in (0.5, 3.0, float("nan"), 1.0)]
    assert [one.value for one in nearest(samples, ">", 2.0)] == [3.0, 1.0, 0.5]
    assert [one.value for one in nearest(samples, "<=", 2.0)] == [0.5, 1.0, 3.0]
    assert [one.value for one in nearest(samples, "", None)] == [0.5, 3.0, 1.0]
