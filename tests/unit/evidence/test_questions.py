from datetime import timedelta

from bot.evidence.questions import LEAD, LONGEST_LEAD, POINTS, TAIL, signal_questions, signal_window
from bot.model.sample import Window
from tests.unit.evidence.signals import EXPR, INCIDENT, KEY, alert, at, rule, setup


def test_the_rule_is_charted_without_its_comparison_and_without_any_label_of_the_alert() -> None:
    hostile = alert('checkout"} or vector(1)')
    (question,) = signal_questions(INCIDENT, [hostile], setup(), at(630))
    assert question.expr == EXPR
    assert question.source == "prom"
    assert question.key == KEY
    assert question.text == "What did the signal of ServiceFails do?"


def test_alerts_of_one_rule_make_one_question() -> None:
    (question,) = signal_questions(INCIDENT, [alert("cart"), alert("pay")], setup(), at(630))
    assert [one.labels["service"] for one in question.alerts] == ["cart", "pay"]


def test_alerts_that_others_sent_or_whose_rule_is_gone_make_none() -> None:
    strangers = [alert(rule=""), alert(rule="shop.yml;shop;Gone"), alert(rule="gone.yml;shop;ServiceFails")]
    assert signal_questions(INCIDENT, strangers, setup(), at(630)) == ()
    assert signal_questions(INCIDENT, [], setup(), at(630)) == ()


def test_a_young_incident_is_seen_from_ten_minutes_before_the_rule_first_saw_it_until_now() -> None:
    window = signal_window(rule(), [alert()], at(630))
    assert window == Window(start=at(597) - LEAD, end=at(630))


def test_a_long_incident_is_seen_from_as_long_before_but_never_more_than_six_hours() -> None:
    assert signal_window(rule(), [alert()], at(597 + 3600)).start == at(597 - 3600)
    assert signal_window(rule(), [alert()], at(597) + timedelta(days=3)).start == at(597) - LONGEST_LEAD


def test_after_the_recovery_a_quarter_more_is_shown_once_it_has_passed() -> None:
    short, long = alert(ends_at=at(660)), alert(ends_at=at(597 + 3600))
    assert signal_window(rule(), [short], at(670)).end == at(670)
    assert signal_window(rule(), [short], at(9000)).end == at(660) + TAIL
    assert signal_window(rule(), [long], at(90_000)).end == at(597 + 3600 + 900)


def test_as_long_as_one_alert_has_no_end_there_is_no_recovery() -> None:
    ended = alert("cart", ends_at=at(660))
    assert signal_window(rule(), [ended, alert("pay")], at(9000)).end == at(9000)


def test_a_clock_that_lags_behind_the_alert_still_makes_a_window() -> None:
    window = signal_window(rule(), [alert()], at(-3600))
    assert window.length == timedelta(seconds=1)


def test_steps_are_whole_seconds_aligned_and_few() -> None:
    for lasted in (10, 700, 3601, 100_000, 3_000_000):
        (question,) = signal_questions(INCIDENT, [alert()], setup(), at(600 + lasted))
        step = question.step.total_seconds()
        assert step >= 1
        assert step == int(step)
        assert question.window.start.timestamp() % step == 0
        assert question.window.length / question.step <= POINTS + 1
