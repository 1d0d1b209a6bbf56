"""Inhibition: a symptom is not told while its cause fires."""

import pytest

from bot.alerts.inhibition import Inhibitor
from bot.model.labels import LabelSet
from bot.model.matchers import parse_matchers
from bot.model.route import InhibitRule


def rule(source: str, target: str, *equal: str, name: str = "") -> InhibitRule:
    return InhibitRule(source=parse_matchers(source), target=parse_matchers(target), equal=equal, name=name)


def alert(**labels: str) -> LabelSet:
    return LabelSet(labels)


def inhibitor(*rules: InhibitRule, firing: tuple[LabelSet, ...] = ()) -> Inhibitor:
    made = Inhibitor(rules)
    for one in firing:
        made.fired(one, one.fingerprint)
    return made


PAGE, TICKET = alert(alertname="A", severity="page", host="h"), alert(alertname="B", severity="ticket", host="h")
GRAVE = rule("severity=page", "severity=ticket", "host")


def test_a_symptom_is_not_told_while_its_cause_fires() -> None:
    found = inhibitor(GRAVE, firing=(PAGE, TICKET))
    assert found.inhibiting(TICKET) == (PAGE.fingerprint,)
    assert found.inhibiting(PAGE) == ()
    found.over(PAGE.fingerprint)
    assert found.inhibiting(TICKET) == ()
    found.over(PAGE.fingerprint)
    found.over(TICKET.fingerprint)


@pytest.mark.parametrize(
    ("symptom", "inhibited"),
    [
        (alert(severity="ticket", host="h"), True),
        (alert(severity="ticket", host="g"), False),
        (alert(severity="ticket"), False),
        (alert(severity="info", host="h"), False),
    ],
)
def test_the_labels_of_equal_must_be_equal(symptom: LabelSet, inhibited: bool) -> None:
    assert bool(inhibitor(GRAVE, firing=(PAGE,)).inhibiting(symptom)) is inhibited


def test_labels_that_both_lack_are_equal_and_no_labels_are_always() -> None:
    cause = alert(severity="page")
    assert inhibitor(GRAVE, firing=(cause,)).inhibiting(alert(severity="ticket"))
    assert not inhibitor(GRAVE, firing=(cause,)).inhibiting(TICKET)
    assert inhibitor(rule("severity=page", "severity=ticket"), firing=(cause,)).inhibiting(TICKET)


def test_who_matches_both_sides_is_not_inhibited_by_one_that_does_too() -> None:
    both = rule('team="db"', 'severity=~"page|ticket"')
    first, second = alert(alertname="1", team="db", severity="page"), alert(alertname="2", team="db", severity="page")
    found = inhibitor(both, firing=(first, second))
    assert found.inhibiting(first) == found.inhibiting(second) == ()
    assert found.inhibiting(alert(severity="ticket"))  # only a target: a cause may match both
    plain = alert(team="db", severity="none")
    found.fired(plain, plain.fingerprint)
    assert found.inhibiting(first) == (plain.fingerprint,)


def test_the_first_rule_that_inhibits_is_the_reason() -> None:
    rules = (rule("a=1", "b=1", name="never"), rule("severity=page", "host=h", name="first"), GRAVE)
    found = inhibitor(*rules, firing=(PAGE,)).inhibition(TICKET)
    assert found is not None
    assert (found.rule.name, found.place, found.source) == ("first", 1, PAGE.fingerprint)


def test_of_several_causes_one_is_left_when_another_is_over() -> None:
    other = alert(alertname="C", severity="page", host="h")
    found = inhibitor(GRAVE, firing=(PAGE, other, PAGE))
    found.over(PAGE.fingerprint)
    assert found.inhibiting(TICKET) == (other.fingerprint,)


def test_nothing_is_kept_of_alerts_that_are_no_cause() -> None:
    found = inhibitor(GRAVE, firing=tuple(alert(severity="ticket", host=str(n)) for n in range(100)))
    assert not found._known
    page = alert(severity="page", host="1")
    found.fired(page, page.fingerprint)
    found.over(page.fingerprint)
    assert not found._known
    assert not any(found._causes)
