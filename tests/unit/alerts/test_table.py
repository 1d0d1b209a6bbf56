"""The table of active alerts: what a batch changes, in Alertmanager's way of merging and of time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf

import pytest

from bot.alerts.table import KEPT_OVER_S, AlertTable, Change, Entry
from bot.alerts.wire import NO_END, Received, canonical
from bot.model.alert import Alert
from bot.model.ids import Fingerprint
from bot.model.labels import LabelSet

NOW = 1_800_000_000.0
TIMEOUT = 300.0


def said(name: str = "A", start: float = -60, end: float = 240, *, timeout: bool = False, **fields: object) -> Received:
    """An alert; start and end in seconds from NOW."""
    return Received(
        labels=canonical({"alertname": name}), starts_at=NOW + start, ends_at=NOW + end, timeout=timeout, **fields
    )


def table(*batch: Received, at: float = 0, leads: bool = True) -> AlertTable:
    made = AlertTable(resolve_timeout=TIMEOUT)
    made.leads = leads
    made.take(batch, NOW + at)
    return made


def only(known: AlertTable) -> Entry:
    (entry,) = known._entries.values()
    return entry


def span(entry: Entry) -> tuple[float, float]:
    return entry.starts_at - NOW, entry.ends_at - NOW


def changes(known: AlertTable, *batch: Received, at: float = 0) -> list[Change]:
    return [change for _, change in known.take(batch, NOW + at)]


def test_an_alert_is_new_once_and_over_once() -> None:
    known = AlertTable(resolve_timeout=TIMEOUT)
    assert changes(known, said()) == [Change.NEW]
    assert changes(known, said(), said(end=300)) == []
    assert changes(known, said(end=60), at=60) == [Change.OVER]
    assert changes(known, said(end=60), at=61) == []
    assert changes(known, said(start=70, end=360), at=70) == [Change.NEW]


def test_what_is_over_when_it_is_first_heard_of_changes_nothing() -> None:
    known = AlertTable(resolve_timeout=TIMEOUT)
    assert changes(known, said(end=-1)) == []
    assert len(known) == 1
    assert known.active(NOW) == []


def test_other_words_are_told_apart_from_none() -> None:
    known = table(said(annotations=b'{"summary":"a"}'))
    assert changes(known, said(annotations=b'{"summary":"b"}')) == [Change.WORDS]
    assert changes(known, said(annotations=b'{"summary":"b"}')) == []
    assert changes(known, said(annotations=b'{"summary":"b"}', generator_url="http://p")) == [Change.WORDS]
    assert changes(known, said(start=-90, annotations=b'{"summary":"b"}', generator_url="http://p")) == [Change.WORDS]


@pytest.mark.parametrize(
    ("before", "then", "expected"),
    [
        (said(), said(start=-30, end=300), (-60, 300)),  # overlap: the earliest start
        (said(start=-30), said(start=-60, end=300), (-60, 300)),
        (said(end=240), said(end=120), (-60, 240)),  # an end somebody gave is not taken back by an earlier one
        (said(end=240, timeout=True), said(end=120), (-60, 120)),  # one that nobody gave is
        (said(end=240), said(start=-60, end=0), (-60, 0)),  # over is over
        (said(end=-10), said(end=-20), (-60, -10)),  # of two that have passed, the later one
        (said(end=-10), said(start=-5, end=240), (-5, 240)),  # no overlap: another firing
        (said(end=240), said(start=250, end=400), (250, 400)),
        (said(end=240), said(start=240, end=400), (240, 400)),  # to touch is not to overlap
    ],
)
def test_two_words_on_one_alert(before: Received, then: Received, expected: tuple[float, float]) -> None:
    known = table(before)
    known.take([then], NOW)
    assert span(only(known)) == expected


def test_the_same_through_the_quick_way() -> None:
    """What `weigh` takes in passing comes to the same as what `take` merges."""
    for end, timeout in ((300, False), (300, True), (240, False), (120, False), (120, True)):
        for first in (said(), said(timeout=True)):
            quick, slow = table(first), table(first)
            again = said(end=end, timeout=timeout)
            assert quick.weigh([again], NOW + 1) == []
            slow.take([again], NOW + 1)
            left, right = only(quick), only(slow)
            assert (span(left), left.timeout, left.updated_at) == (span(right), right.timeout, right.updated_at)


def test_what_came_in_before_what_is_known_does_not_undo_it() -> None:
    known = table(said(annotations=b'{"n":"2"}'), at=10)
    known.take([said(start=-90, end=5, annotations=b'{"n":"1"}')], NOW + 5)  # it waited longer for the log
    entry = only(known)
    assert (span(entry), entry.annotations, entry.over) == ((-90, 240), b'{"n":"2"}', False)


def test_only_what_is_new_has_to_be_on_the_log() -> None:
    known = table(said(), said("B", end=-5))
    still = [said(end=245), said("B", end=-5), said(start=-30, end=246)]
    assert known.weigh(still, NOW + 5) == []
    news = [
        said("C"),
        said(end=0),
        said("B", start=1, end=240),
        said(annotations=b'{"a":"b"}'),
        said(generator_url="http://p"),
        said(start=-90),
        said(start=245, end=400),
        said(start=400, end=300),
    ]
    assert known.weigh(news, NOW + 5) == news


def test_an_end_that_a_restart_would_not_cover_is_written_again_every_half_minute() -> None:
    known = table(said(end=1000))
    assert known.weigh([said(end=1030)], NOW) == []
    assert known.weigh([said(end=1031)], NOW) == [said(end=1031)]
    known.take([said(end=1031)], NOW)
    assert known.weigh([said(end=1040)], NOW) == []
    near = table(said(end=240))
    assert near.weigh([said(end=300)], NOW) == []  # whoever starts now waits that long anyway
    assert len(near.weigh([said(end=301)], NOW)) == 1


def test_a_process_that_stands_by_writes_every_end_that_moves() -> None:
    known = table(said(end=240), leads=False)
    assert known.weigh([said(end=270)], NOW) == []
    assert len(known.weigh([said(end=271)], NOW)) == 1
    assert known.ended(NOW + 9999) == []  # and ends none


def test_an_end_that_has_come_is_told_once() -> None:
    known = table(said(end=10.5), said("B", end=10.2), said("C", end=inf), said("D", end=20))
    assert known.ended(NOW + 10) == []
    assert [one.label_set()["alertname"] for one in known.ended(NOW + 10.3)] == ["B"]
    assert [one.label_set()["alertname"] for one in known.ended(NOW + 10.6)] == ["A"]
    assert known.ended(NOW + 15) == []
    assert [one.label_set()["alertname"] for one in known.ended(NOW + 1e9)] == ["D"]
    assert changes(known, said(end=10.5), at=30) == []


def test_an_end_that_moved_is_told_at_its_new_time() -> None:
    known = table(said(end=10, timeout=True))
    known.weigh([said(end=50)], NOW + 5)
    assert known.ended(NOW + 20) == []
    known.weigh([said(end=60)], NOW + 21)
    assert known.ended(NOW + 55) == []
    assert len(known.ended(NOW + 60)) == 1


def test_an_end_that_comes_sooner_is_told_sooner() -> None:
    known = table(said(end=100, timeout=True))
    known.weigh([said(end=10)], NOW)
    assert len(known.ended(NOW + 10)) == 1
    assert known.ended(NOW + 200) == []


def test_an_alert_that_fires_on_before_its_end_was_noticed_is_the_same_firing() -> None:
    known = table(said(end=10))
    assert known.weigh([said(end=250)], NOW + 11) == []
    assert known.ended(NOW + 12) == []
    assert not only(known).over


def test_ends_that_could_not_be_written_are_told_again() -> None:
    known = table(said(end=10))
    ended = known.ended(NOW + 11)
    known.not_ended(ended)
    assert known.ended(NOW + 12) == ended


def test_ends_that_could_not_be_written_of_alerts_that_fire_again_are_not() -> None:
    known = table(said(end=10))
    ended = known.ended(NOW + 11)
    assert changes(known, said(start=12, end=240), at=12) == [Change.NEW]
    known.not_ended(ended)
    assert known.ended(NOW + 13) == []
    assert len(known.ended(NOW + 240)) == 1


def test_being_down_resolves_nothing() -> None:
    known = table(said(end=10), said("B", end=-5), said("C", end=900))
    known.settle(NOW + 500)
    assert known.ended(NOW + 499) == []
    assert [one.label_set()["alertname"] for one in known.ended(NOW + 500)] == ["A"]
    again = table(said(end=10))
    again.settle(NOW + 500)
    again.weigh([said(end=120)], NOW + 100)  # somebody knows better
    assert len(again.ended(NOW + 120)) == 1


def test_the_log_replayed_keeps_the_newest_word() -> None:
    known = table(said(end=5), at=10)
    carried = said(end=240)
    carried.said_at = NOW - 100
    assert known.replay([carried], NOW + 20) == []  # written later, said before
    assert only(known).over
    assert [change for _, change in known.replay([said(start=12, end=240)], NOW + 20)] == [Change.NEW]


def test_an_alert_is_found_by_its_fingerprint() -> None:
    known = table(said(), said("B"))
    labels = LabelSet({"alertname": "A"})
    assert known.find(labels.fingerprint) is known._entries[canonical(labels)]
    assert known.find(LabelSet({"alertname": "C"}).fingerprint) is None
    known.take([said("C")], NOW)
    found = known.find(LabelSet({"alertname": "C"}).fingerprint)
    assert found is not None
    assert found.fingerprint() == LabelSet({"alertname": "C"}).fingerprint


def test_what_has_been_over_for_long_is_forgotten() -> None:
    gone, burning = said(end=-5), said("B")
    known = table(gone, burning)
    fingerprint = only(table(gone)).fingerprint()
    assert known.find(fingerprint) is not None
    known.forget(NOW + KEPT_OVER_S)
    assert len(known) == 2
    known.tidy(NOW + KEPT_OVER_S + 1)
    assert len(known) == 1
    known.take([said("C", end=-5)], NOW)
    known.tidy(NOW + KEPT_OVER_S + 2)
    assert len(known) == 2, "it was tidied a moment ago"
    assert known.find(fingerprint) is None


def test_an_entry_is_the_noun_it_was_made_of() -> None:
    at = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    alert = Alert(
        labels=LabelSet({"b": "ü", "a": "1", "empty": ""}),
        annotations={"summary": 'said "no"\n'},
        starts_at=at,
        ends_at=at + timedelta(minutes=1),
        generator_url="http://p/g",
        source="prom",
        rule="f;g;r",
        value=float("-inf"),
    )
    entry = Entry(Received.of(alert), NOW)
    assert entry.alert() == alert
    assert entry.fingerprint() == alert.fingerprint
    endless = Entry(Received.of(replace(alert, ends_at=None)), NOW)
    assert (endless.ends_at, endless.alert().ends_at, endless.firing(1e12)) == (NO_END, None, True)


def test_what_is_written_again_says_when_it_was_said() -> None:
    one = said(annotations=b'{"a":"b"}', generator_url="http://p", source="prom", rule="r", value=1.5)
    entry = only(table(one, at=7))
    again = entry.received()
    assert again.said_at == NOW + 7
    again.said_at = 0.0
    assert again == one
    ended = table(said(end=10))
    (over,) = ended.ended(NOW + 10)
    assert over.received().said_at == 0.0, "that it is over is said now"


def test_an_alert_that_waits_in_two_places_ends_once() -> None:
    known = table(said(end=100, timeout=True))
    known.weigh([said(end=10)], NOW)  # sooner than it was waited for
    known.weigh([said(end=90)], NOW + 1)
    assert known.ended(NOW + 20) == []
    assert len(known.ended(NOW + 95)) == 1
    assert known.ended(NOW + 200) == []


def test_what_is_forgotten_is_not_found_again_by_its_fingerprint() -> None:
    table = AlertTable(resolve_timeout=300)
    table.find(Fingerprint("0" * 16))  # from here on there is an index
    one = Received(labels=b'{"alertname":"Down"}', starts_at=1.0)
    ((entry, _),) = table.take([one], 1.0)
    table.take([Received(labels=one.labels, starts_at=1.0, ends_at=2.0)], 2.0)
    table.forget(10_000.0)
    assert table.find(entry.fingerprint()) is None


@pytest.mark.parametrize("leads", [True, False])
def test_what_comes_while_an_end_is_on_its_way_to_the_log_goes_there_too(*, leads: bool) -> None:
    """Else the end would be the last that the log knows, though whoever spoke later was answered."""
    known = table(said(), leads=leads)
    over, again = said(end=0), said(end=240)
    assert known.weigh([over], NOW) == [over]
    assert known.weigh([again], NOW + 0.1) == [again]
    known.take([over], NOW)
    known.take([again], NOW + 0.1)
    assert only(known).firing(NOW + 1)
    assert known.weigh([said(end=250)], NOW + 1) == [], "it is on the log that it fires"


def test_of_two_words_in_one_request_the_second_counts() -> None:
    known = table(said())
    both = [said(end=0), said(end=240)]
    assert known.weigh(both, NOW) == both
    known.take(both, NOW)
    assert only(known).firing(NOW + 1)
