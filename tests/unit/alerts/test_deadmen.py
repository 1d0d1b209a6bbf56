"""When somebody is missing: by when they were heard, by when we could hear them, and by `now`."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts import deadmen
from bot.alerts.deadmen import Finding, Watchdogs
from bot.alerts.table import AlertTable
from bot.alerts.wire import Received
from bot.model.alert import Alert
from bot.model.deadman import Deadman
from bot.model.labels import LabelSet
from bot.model.matchers import parse_matcher
from bot.ports.alert_store import Heartbeat

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BACKUP = Deadman(name="backup", interval=24 * HOUR, grace=HOUR, labels={"team": "db"})
LONG_UP = NOW - timedelta(days=9)


def found(
    seen_at: datetime | None,
    now: datetime,
    *,
    up_since: datetime = LONG_UP,
    missing_since: datetime | None = None,
    heard: Mapping[str, datetime] | None = None,
) -> Finding:
    kept = {} if seen_at is None else {"backup": Heartbeat(name="backup", seen_at=seen_at, missing_since=missing_since)}
    [finding] = deadmen.find([BACKUP], kept, heard or {}, up_since, now)
    return finding


@pytest.mark.parametrize(("later", "missing"), [(24 * HOUR, False), (25 * HOUR - MINUTE, False), (25 * HOUR, True)])
def test_it_is_missing_once_interval_and_grace_are_over(later: timedelta, *, missing: bool) -> None:
    assert found(NOW, NOW + later).is_missing is missing


def test_a_new_one_has_the_whole_time_from_when_we_first_knew_of_it() -> None:
    new = found(None, NOW)
    assert (new.is_missing, new.now.seen_at, new.is_worth_writing) == (False, NOW, True)


@pytest.mark.parametrize(
    ("up_after", "missing_after"),
    [
        (2 * HOUR, 25 * HOUR),  # long before it was due: nothing of it can be lost on us
        (23 * HOUR, 25 * HOUR),
        (23 * HOUR + MINUTE, 48 * HOUR + MINUTE),  # it may have come while we were down: the next one tells
        (30 * HOUR, 55 * HOUR),
    ],
)
def test_being_down_ourselves_is_not_their_fault(up_after: timedelta, missing_after: timedelta) -> None:
    up_since = NOW + up_after
    assert not found(NOW, NOW + missing_after - MINUTE, up_since=up_since).is_missing
    assert found(NOW, NOW + missing_after, up_since=up_since).is_missing


def test_a_restart_does_not_bring_back_who_is_missing() -> None:
    since = NOW + 25 * HOUR
    standing = found(NOW, since + HOUR, up_since=since + HOUR - MINUTE, missing_since=since)
    assert (standing.now.missing_since, standing.is_back) == (since, False)


def test_whoever_is_heard_is_back_and_that_is_said_of_the_same_alert() -> None:
    since, later = NOW + 25 * HOUR, NOW + 26 * HOUR
    lost = deadmen.alert_of(found(NOW, later, missing_since=since), later)
    back = found(later, later + MINUTE, missing_since=since)
    assert (back.is_back, back.is_missing, back.is_worth_writing) == (True, False, True)
    said = deadmen.alert_of(back, later + MINUTE)
    assert said.fingerprint == lost.fingerprint
    assert (said.starts_at, said.ends_at) == (lost.starts_at, later + MINUTE) == (since, later + MINUTE)


def test_its_alert_says_who_how_grave_and_since_when_and_reads_the_same_all_the_time() -> None:
    since = NOW + 25 * HOUR
    first, later = (deadmen.alert_of(found(NOW, at, missing_since=since), at) for at in (since, since + HOUR))
    expected = {"alertname": "DeadmanMissing", "deadman": "backup", "severity": "critical", "team": "db"}
    assert dict(first.labels) == expected
    assert first.annotations == later.annotations
    assert "2026-11-22 10:00:00 UTC" in first.annotations["description"]
    assert first.ends_at == since + deadmen.VALID


@pytest.mark.parametrize(("later", "worth"), [(HOUR, False), (6 * HOUR, True)])
def test_an_alert_that_comes_all_the_time_is_not_written_all_the_time(later: timedelta, *, worth: bool) -> None:
    finding = found(NOW, NOW + later, heard={"backup": NOW + later})
    assert finding.now.seen_at == NOW + later
    assert finding.is_worth_writing is worth


class TestWatchdogs:
    DEADMAN = Deadman(
        name="prometheus",
        interval=5 * MINUTE,
        grace=MINUTE,
        matchers=(parse_matcher('alertname="Watchdog"'), parse_matcher('cluster="eu"')),
    )

    def told(self, table: AlertTable, dogs: Watchdogs, at: datetime, *, over: bool = False, **more: str) -> bool:
        """Whether an alert that comes in now is taken for a sign of life."""
        labels = LabelSet({"alertname": "Watchdog", "cluster": "eu", **more})
        ends_at = at if over else at + 4 * MINUTE
        alert = Alert(labels=labels, annotations={}, starts_at=NOW, ends_at=ends_at)
        fresh = table.weigh([Received.of(alert)], at.timestamp())
        return any(dogs.began(entry) for entry, change in table.take(fresh, at.timestamp()) if change == "new")

    def test_each_time_that_it_comes_is_a_sign_and_that_it_ends_is_none(self) -> None:
        table, dogs = AlertTable(resolve_timeout=300), Watchdogs([self.DEADMAN])
        table.leads = True
        assert self.told(table, dogs, NOW)
        assert dogs.heard() == {"prometheus": NOW}
        self.told(table, dogs, NOW + MINUTE)
        assert dogs.heard() == {"prometheus": NOW + MINUTE}
        self.told(table, dogs, NOW + 2 * MINUTE, over=True)
        assert dogs.heard() == {"prometheus": NOW + MINUTE}

    def test_another_alert_is_no_sign(self) -> None:
        dogs = Watchdogs([self.DEADMAN, BACKUP])
        assert not self.told(AlertTable(resolve_timeout=300), dogs, NOW, cluster="us")
        assert dogs.heard() == {}

    def test_an_alert_of_our_own_rules_is_no_sign(self) -> None:
        table, dogs = AlertTable(resolve_timeout=300), Watchdogs([self.DEADMAN])
        labels = LabelSet({"alertname": "Watchdog", "cluster": "eu"})
        ours = Alert(labels=labels, annotations={}, starts_at=NOW, rule="r.yml;g;Watchdog")
        assert not any(dogs.began(entry) for entry, _ in table.take([Received.of(ours)], NOW.timestamp()))
