"""What a received alert means, beside what is known of it, and in which group it is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.grouping import groups_of, join, leave
from bot.alerts.intake import Change, take_in, worth_writing
from bot.model.alert import Alert, Route
from bot.model.labels import LabelSet

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALERT = Alert(labels=LabelSet({"alertname": "Down", "job": "cart"}), annotations={}, starts_at=NOW - MINUTE)
OVER = replace(ALERT, ends_at=NOW - timedelta(seconds=1))
ENDS_LATER = replace(ALERT, ends_at=NOW + MINUTE)


@pytest.mark.parametrize(
    ("known", "came", "change", "written"),
    [
        (None, ALERT, Change.NEW, True),
        (OVER, ALERT, Change.NEW, True),
        (ALERT, ALERT, Change.STILL, False),
        (ENDS_LATER, ALERT, Change.STILL, False),
        (ALERT, replace(ALERT, annotations={"summary": "worse"}), Change.STILL, True),
        (ALERT, replace(ALERT, starts_at=NOW), Change.STILL, True),
        (ALERT, OVER, Change.OVER, True),
        (OVER, OVER, Change.STALE, False),
        (None, OVER, Change.STALE, True),
    ],
)
def test_an_alert_beside_what_is_known(known: Alert | None, came: Alert, change: Change, written: bool) -> None:
    before = {known.fingerprint: known} if known else {}
    taken = take_in(before, [came], NOW)
    assert [one.change for one in taken] == [change]
    assert worth_writing(taken, before) == ((came,) if written else ())


def test_the_last_word_of_a_batch_counts() -> None:
    assert [(one.alert, one.change) for one in take_in({}, [ALERT, OVER], NOW)] == [(OVER, Change.STALE)]


def test_a_group_waits_as_long_as_its_route_says() -> None:
    root = Route(receiver="default", group_by=("alertname",), group_wait=MINUTE)
    (group,) = groups_of(root, ALERT, NOW)
    assert group.receiver == "default"
    assert group.labels == LabelSet({"alertname": "Down"})
    assert group.alerts == (ALERT.fingerprint,)
    assert group.ready_at == NOW + MINUTE


def test_company_does_not_make_a_group_wait_longer() -> None:
    root = Route(receiver="default", group_by=("alertname",), group_wait=MINUTE)
    other = replace(ALERT, labels=LabelSet({"alertname": "Down", "job": "till"}))
    (first,), (second,) = groups_of(root, ALERT, NOW), groups_of(root, other, NOW + MINUTE)
    both = join(first, second)
    assert both.alerts == (ALERT.fingerprint, other.fingerprint)
    assert both.ready_at == first.ready_at
    assert join(both, second) == both
    assert join(None, second) == second


def test_a_group_that_emptied_begins_anew() -> None:
    (first,) = groups_of(Route(receiver="default", group_wait=MINUTE), ALERT, NOW)
    (later,) = groups_of(Route(receiver="default", group_wait=MINUTE), ALERT, NOW + 5 * MINUTE)
    assert join(leave(first, ALERT), later).ready_at == NOW + 6 * MINUTE
