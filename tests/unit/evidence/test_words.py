from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

from bot.evidence.signal import read_signal
from bot.evidence.words import alt_text, label_pairs, summary, threshold_text
from bot.model.chart import Mark, MarkKind
from tests.unit.evidence.signals import answer, at, question, rule, series

FAULT = (0.0, 0.01, 0.2, 0.43, 0.3, 0.01, 0.0, 0.0, 0.0, 0.0, 0.0)


def told(*values: float | None, op: str = ">", threshold: float | None = 0.05, expr: str = "") -> str:
    one = rule(op, threshold, expr) if expr else rule(op, threshold)
    return summary(read_signal(answer(series(values), asked=question(one))), UTC)


def test_a_fault_is_told_from_its_beginning_to_its_end() -> None:
    assert told(*FAULT) == (
        "The signal of service=checkout rose above 5 % at 14:00:20 UTC, peaked at 43 % at 14:00:30 UTC, "
        "and was below it again at 14:00:50 UTC, 30 s later."
    )


def test_it_is_told_in_the_readers_zone() -> None:
    reading = read_signal(answer(series(FAULT)))
    assert "rose above 5 % at 19:30:20 UTC+05:30" in summary(reading, ZoneInfo("Asia/Kolkata"))


def test_trouble_that_was_there_from_the_first_value_did_not_begin_there() -> None:
    assert told(0.2, 0.2, *[0.0] * 9).startswith(
        "The signal of service=checkout was above 5 % from the first value on, at 14:00:00 UTC, peaked at 20 %"
    )


def test_trouble_that_lasts_has_no_end() -> None:
    assert told(0.0, *[0.2] * 10).endswith(", and still was above it when the chart ends.")


def test_trouble_that_comes_back_is_counted() -> None:
    again = told(0.0, 0.2, 0.0, 0.4, 0.4, 0.0, *[0.0] * 5)
    assert again.endswith("at 14:00:30 UTC. It was there 2 times, 30 s in all.")
    assert told(0.0, 0.2, 0.0, *[0.4] * 8).endswith("2 times, 1 min 20 s in all. It still was when the chart ends.")


def test_a_signal_that_never_crossed_its_threshold_is_said_not_to_have() -> None:
    assert told(*[0.01] * 11) == "The signal of service=checkout was never above 5 %."


def test_each_comparison_has_its_words() -> None:
    falling = (5.0, 5.0, 1.0, 0.0, 5.0, *[5.0] * 6)
    assert "fell below 2 at 14:00:20 UTC, was lowest, at 0 at 14:00:30 UTC, and was above it again" in told(
        *falling, op="<", threshold=2.0, expr="x"
    )
    assert "fell to 1" in told(*falling, op="<=", threshold=1.0, expr="x")
    assert "rose to 20 %" in told(0.0, 0.2, *[0.0] * 9, op=">=", threshold=0.2)
    assert "was at 0 at 14:00:30 UTC, and was off it again" in told(*falling, op="==", threshold=0.0, expr="x")
    assert "left 5 at 14:00:20 UTC, and was back at it" in told(*falling, op="!=", threshold=5.0, expr="x")


def test_a_rule_that_compares_nothing_is_told_as_being_there() -> None:
    gone = told(None, None, 1.0, 1.0, op="", threshold=None, expr="absent(up)")
    assert gone.startswith("The signal of service=checkout was there from 14:00:20 UTC to 14:00:40 UTC.")
    assert " to the end of the chart." in told(*[1.0] * 11, op="", threshold=None, expr="absent(up)")
    assert "with 1 breaks." not in told(*[1.0] * 11, op="", threshold=None, expr="absent(up)")
    broken = told(1.0, None, None, 1.0, *[1.0] * 7, op="", threshold=None, expr="absent(up)")
    assert ", with 1 break." in broken


def test_what_was_not_seen_is_said() -> None:
    assert told() == "The signal of ServiceFails had no data in this window."
    late = told(*[None] * 4, *[0.0] * 7)
    assert late.endswith("There is no data before 14:00:40 UTC.")
    holed = told(0.0, None, None, None, *[0.0] * 7)
    assert holed.endswith("For 40 s there was no value to see.")


def test_series_that_are_not_the_alerts_own_are_not_called_so() -> None:
    strange = summary(read_signal(answer(series(FAULT, service="cart"))), UTC)
    assert strange.startswith("The signal rose above 5 %")
    bare = replace(read_signal(answer(series(FAULT))), labels={"__name__": "up"})
    assert summary(bare, UTC).startswith("The signal rose above")


def test_the_chart_is_told_to_those_who_cannot_see_it() -> None:
    marks = (Mark(at=at(40), kind=MarkKind.ALERT, text="ServiceFails fires"),)
    one = read_signal(answer(series(FAULT)))
    assert alt_text(one, marks, UTC).startswith(
        "Line chart of the signal of ServiceFails, one series, from 2026-11-22 14:00:00 UTC to 2026-11-22 14:01:40 UTC."
    )
    assert alt_text(one, marks, UTC).endswith(" Marked: 14:00:40 UTC ServiceFails fires.")
    assert "2 series" in alt_text(replace(one, series=2), (), UTC)
    assert "Marked" not in alt_text(one, (), UTC)


def test_the_threshold_has_words_where_there_is_one() -> None:
    assert threshold_text(read_signal(answer(series(FAULT)))) == "alert above 5 %"
    assert threshold_text(read_signal(answer(asked=question(rule("==", 0.0, "up"))))) == "alert at 0"
    assert threshold_text(read_signal(answer(asked=question(rule("", None))))) == ""


def test_labels_stand_on_one_line() -> None:
    assert label_pairs({"__name__": "up", "job": "a\nb", "pod": "x"}) == "job=a b, pod=x"
    assert label_pairs({"job": "x" * 200}, 10) == "job=xxxxx…"
