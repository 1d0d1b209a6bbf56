import math
from dataclasses import replace
from datetime import timedelta

from bot.evidence.signal import KEPT, bad_side, by_weight, own_series, read_signal
from bot.model.chart import BadSide
from bot.model.labels import LabelSet
from bot.model.reading import Spell
from bot.model.rule import Signal
from bot.model.sample import Window
from tests.unit.evidence.signals import alert, answer, at, question, rule, series

FAULT = (0.0, 0.01, 0.2, 0.4, 0.3, 0.01, 0.0, 0.0, 0.0, 0.0, 0.0)


def test_which_side_is_bad() -> None:
    sides = {op: bad_side(Signal(expr="x", op=op, threshold=1)) for op in (">", ">=", "<", "<=", "==", "!=")}
    assert sides == {
        ">": BadSide.ABOVE,
        ">=": BadSide.ABOVE,
        "<": BadSide.BELOW,
        "<=": BadSide.BELOW,
        "==": BadSide.NONE,
        "!=": BadSide.NONE,
    }
    assert bad_side(Signal(expr="x")) is BadSide.NONE


def test_the_alerts_own_series_are_those_whose_labels_it_has() -> None:
    own = series(FAULT, service="checkout")
    named = series(FAULT, __name__="fails", service="checkout")
    relabelled = series(FAULT, service="checkout", severity="page")
    other, finer = series(FAULT, service="cart"), series(FAULT, service="checkout", pod="a")
    found = own_series(question(), [own, named, relabelled, other, finer])
    assert found == (own, named, relabelled)
    both = own_series(question(None, alert("checkout"), alert("cart")), [own, other])
    assert both == (own, other)


def test_own_series_come_first_and_the_gravest_before_the_rest() -> None:
    own, calm, grave = series([0.1]), series([0.2], service="calm"), series([0.9, math.nan], service="grave")
    blank = series([math.nan], service="blank")
    assert by_weight(question(), [blank, calm, grave, own]) == (own, grave, calm, blank)
    low = question(rule("<", 5.0))
    assert by_weight(low, [grave, calm, own]) == (own, calm, grave)


def test_a_fault_is_read_from_its_first_bad_value_to_its_first_good_one() -> None:
    reading = read_signal(answer(series(FAULT), series([0.9], service="cart")))
    assert reading.own
    assert reading.labels == {"service": "checkout"}
    assert reading.spells == (Spell(start=at(20), end=at(50)),)
    assert (reading.worst, reading.worst_at) == (0.4, at(30))
    assert (reading.data_from, reading.data_to) == (at(0), at(100))
    assert (reading.series, reading.kept, reading.blind) == (2, 2, ())
    assert reading.unit == "ratio"


def test_where_no_series_is_the_alerts_own_all_of_them_count() -> None:
    reading = read_signal(answer(series(FAULT, service="cart")))
    assert not reading.own
    assert reading.spells == (Spell(start=at(20), end=at(50)),)


def test_trouble_that_lasts_has_no_end() -> None:
    reading = read_signal(answer(series([0.0, 0.2, *[0.4] * 9])))
    assert reading.spells == (Spell(start=at(10), end=None),)


def test_trouble_that_comes_back_is_several_times() -> None:
    reading = read_signal(answer(series([0.2, 0.0, 0.2, 0.2, 0.0, 0.0, 0.2, 0, 0, 0, 0])))
    assert reading.spells == (
        Spell(start=at(0), end=at(10)),
        Spell(start=at(20), end=at(40)),
        Spell(start=at(60), end=at(70)),
    )


def test_one_bad_series_of_the_own_ones_is_enough() -> None:
    two = question(None, alert("checkout"), alert("cart"))
    reading = read_signal(answer(series([0.0] * 11), series(FAULT, service="cart"), asked=two))
    assert reading.spells == (Spell(start=at(20), end=at(50)),)
    assert reading.labels == {"service": "cart"}


def test_below_equal_and_unequal() -> None:
    values = (5.0, 5.0, 0.0, 0.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0)
    for op, threshold in (("<", 1.0), ("<=", 0.0), ("==", 0.0), ("!=", 5.0)):
        reading = read_signal(answer(series(values), asked=question(rule(op, threshold))))
        assert reading.spells == (Spell(start=at(20), end=at(40)),), op
    assert read_signal(answer(series(values), asked=question(rule("<", 1.0)))).worst == 0.0


def test_a_value_that_is_not_there_is_neither_good_nor_bad() -> None:
    reading = read_signal(answer(series([0.0, 0.2, None, None, None, 0.2, 0.0, math.nan, math.nan, 0.0, 0.0])))
    assert reading.spells == (Spell(start=at(10), end=at(60)),)
    assert reading.blind == (Window(start=at(10), end=at(50)), Window(start=at(60), end=at(90)))


def test_data_that_stops_before_the_window_does_is_missed() -> None:
    reading = read_signal(answer(series([None, None, 0.0, 0.0, 0.2])))
    assert reading.data_from == at(20)
    assert reading.spells == (Spell(start=at(40), end=None),)
    assert reading.blind == (Window(start=at(40), end=at(100)),)


def test_no_data_says_nothing() -> None:
    for empty in (answer(), answer(series([math.nan] * 11))):
        reading = read_signal(empty)
        assert (reading.data_from, reading.worst, reading.labels) == (None, None, None)
        assert (reading.spells, reading.blind) == ((), ())


def test_a_rule_that_compares_nothing_is_bad_while_its_expression_returns_something() -> None:
    absent = question(rule("", None, expr='absent(up{job="batch"})'))
    gone = read_signal(answer(series([None, 1.0, 1.0, None, None, 1.0, 1.0]), asked=absent))
    assert gone.spells == (Spell(start=at(10), end=at(30)), Spell(start=at(50), end=at(70)))
    assert gone.blind == ()
    lasting = read_signal(answer(series([None] * 5 + [1.0] * 6), asked=absent))
    assert lasting.spells == (Spell(start=at(50), end=None),)


def test_an_unknown_comparison_is_read_as_presence() -> None:
    odd = question(replace(rule(), signal=Signal(expr="x", op="=~", threshold=1.0)))
    assert read_signal(answer(series([1.0] * 11), asked=odd)).spells == (Spell(start=at(0), end=None),)


def test_the_dashboard_is_the_rules_own_with_the_incidents_times() -> None:
    linked = alert(annotations={"dashboard": "https://grafana.example/d/shop"})
    reading = read_signal(answer(series(FAULT), asked=question(None, linked)))
    assert reading.dashboard.startswith("https://grafana.example/d/shop?from=")


def test_of_many_series_so_many_are_kept() -> None:
    crowd = [series([0.0], service=str(place)) for place in range(KEPT + 5)]
    reading = read_signal(answer(*crowd))
    assert (reading.series, reading.kept) == (KEPT + 5, KEPT)


def test_infinity_is_the_gravest_of_all() -> None:
    reading = read_signal(answer(series([0.0, math.inf, 0.0, *[0.0] * 8])))
    assert reading.worst == math.inf
    assert reading.spells == (Spell(start=at(10), end=at(20)),)
    assert reading.labels == dict(LabelSet({"service": "checkout"}))
    assert reading.step == timedelta(seconds=10)
