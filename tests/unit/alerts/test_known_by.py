"""Alerts that their vendor knows by an id of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.alerts.known_by import KnownBy, followed
from bot.alerts.table import AlertTable
from bot.alerts.wire import Received
from bot.model.alert import Alert
from bot.model.labels import LabelSet

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
BEGAN = NOW - timedelta(hours=1)
KNOWN = LabelSet({"id": "7"})


def alert(name: str = "disk 91%", severity: str = "warning", **values: object) -> Alert:
    labels = LabelSet({"alertname": name, "id": "7", "severity": severity})
    usual = Alert(labels=labels, annotations={"summary": name}, starts_at=BEGAN, source="pager")
    return replace(usual, **values)  # type: ignore[arg-type]  # fields of an alert by their names


def entries(*alerts: Alert) -> KnownBy:
    table = AlertTable(resolve_timeout=300)
    table.take([Received.of(one) for one in alerts], BEGAN.timestamp())
    return KnownBy(table)


def test_a_new_one_is_taken_as_it_is() -> None:
    assert followed(entries(), [(alert(), KNOWN)], NOW) == [alert()]


def test_it_keeps_the_labels_it_began_with() -> None:
    (taken,) = followed(entries(alert()), [(alert("disk 93%", starts_at=NOW), KNOWN)], NOW)
    assert taken.labels == alert().labels
    assert (taken.annotations, taken.starts_at) == ({"summary": "disk 93%"}, NOW)


def test_another_severity_is_another_alert_and_ends_the_first() -> None:
    over, began = followed(entries(alert()), [(alert("disk 99%", "critical"), KNOWN)], NOW)
    assert (over.labels, over.ends_at) == (alert().labels, NOW)
    assert (began.name, began.labels["severity"], began.ends_at) == ("disk 99%", "critical", None)


def test_its_end_needs_no_more_than_the_id() -> None:
    said = alert(labels=KNOWN, annotations={"why": "closed"}, ends_at=NOW)
    (over,) = followed(entries(alert()), [(said, KNOWN)], NOW)
    assert (over.labels, over.starts_at, over.ends_at) == (alert().labels, BEGAN, NOW)
    assert over.annotations == {"summary": "disk 91%", "why": "closed"}


def test_the_end_of_one_that_nobody_knows_is_left_out() -> None:
    assert followed(entries(), [(alert(ends_at=NOW), KNOWN)], NOW) == []


def heard(table: AlertTable, *told: Alert) -> list[list[Alert]]:
    """What is taken of each, where an id begins once."""
    taken = []
    for number, one in enumerate(told):
        at = NOW + timedelta(minutes=number)
        taken.append(followed(KnownBy(table), [(one, KNOWN)], at, once=True))
        table.take([Received.of(each) for each in taken[-1]], at.timestamp())
    return taken


def test_what_began_before_its_end_and_is_told_after_it_is_old_news() -> None:
    """The first call could not be delivered, and is sent again; nobody would ever end it."""
    table = AlertTable(resolve_timeout=300)
    over, late, again = alert("disk", ends_at=NOW), alert("disk 91%"), alert(starts_at=NOW + timedelta(seconds=1))
    assert heard(table, over, late, again) == [[over], [], [again]]
    assert len(table.active(NOW.timestamp() + 300)) == 1


def test_what_begins_twice_without_a_later_start_is_taken_where_an_id_may_be_used_again() -> None:
    table = AlertTable(resolve_timeout=300)
    table.take([Received.of(alert(ends_at=NOW))], NOW.timestamp())
    assert followed(KnownBy(table), [(alert(), KNOWN)], NOW) == [alert()]


def test_whoever_has_the_same_id_at_another_source_is_another() -> None:
    assert followed(entries(alert(source="other")), [(alert(ends_at=NOW), KNOWN)], NOW) == []
    assert followed(entries(alert(source="other")), [(alert("x"), KNOWN)], NOW) == [alert("x")]


def test_whoever_has_another_id_is_another() -> None:
    other = alert(labels=LabelSet({"alertname": "disk 91%", "id": "77", "severity": "warning"}))
    assert followed(entries(other), [(alert(ends_at=NOW), KNOWN)], NOW) == []


def test_without_an_id_every_alert_is_its_own() -> None:
    said = [alert(), alert(ends_at=NOW)]
    assert followed(entries(alert("other")), [(one, LabelSet()) for one in said], NOW) == said


def test_what_comes_and_goes_is_found_and_lost() -> None:
    """Also with other names asked for in between, and once the table has forgotten what was remembered."""
    table, at = AlertTable(resolve_timeout=300), BEGAN.timestamp()
    known_by = KnownBy(table)
    ids = [LabelSet({"id": str(number)}) for number in range(5)]
    for number in range(5):
        labels = LabelSet({"alertname": "a", "id": str(number), "severity": "info"})
        table.take([Received.of(alert(labels=labels))], at)
        assert [len(known_by.firing("pager", one, at)) for one in ids] == [1] * (number + 1) + [0] * (4 - number)
        assert len(known_by.firing("pager", LabelSet({"severity": "info"}), at)) == number + 1
    over = alert(labels=labels, ends_at=BEGAN + timedelta(seconds=1))
    table.take([Received.of(over)], at + 2)
    assert [len(known_by.firing("pager", one, at + 2)) for one in ids] == [1, 1, 1, 1, 0]
    table.forget(at + 86400)
    table.take([Received.of(alert(labels=labels))], at + 86400)
    assert [len(known_by.firing("pager", one, at + 86400)) for one in ids] == [1] * 5
    assert known_by.firing("pager", LabelSet(), at) == []


def test_what_is_remembered_does_not_grow_for_ever() -> None:
    table, at = AlertTable(resolve_timeout=300), BEGAN.timestamp()
    known_by = KnownBy(table)
    for number in range(5000):
        now = at + number * 3600
        labels = LabelSet({"alertname": "a", "id": str(number)})
        table.take([Received.of(alert(labels=labels))], now)
        assert len(known_by.firing("pager", LabelSet({"id": str(number)}), now)) == 1
        table.take([Received.of(alert(labels=labels, ends_at=BEGAN))], now)
        table.forget(now)
    assert sum(map(len, known_by._found.values())) < 1100
