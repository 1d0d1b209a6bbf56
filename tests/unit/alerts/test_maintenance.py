"""Planned work: when its windows are open, also where clocks change, and which alerts it takes."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.maintenance import CronError, is_open, next_windows, under, validate, window
from bot.model.labels import LabelSet
from bot.model.matchers import parse_matchers
from bot.model.moments import moment
from bot.model.time_interval import Maintenance

HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def nightly(
    cron: str = "30 2 * * *", location: str = "Europe/Berlin", lasts: timedelta = HOUR, until: str = ""
) -> Maintenance:
    return Maintenance(
        name="nightly",
        matchers=parse_matchers('service="db"'),
        lasts=lasts,
        reason="vacuum",
        cron=cron,
        location=location,
        until=at(until) if until else None,
    )


def starts(one: Maintenance, day: str) -> list[str]:
    """The windows that begin on this day of UTC, as hours and minutes."""
    since = at(f"{day}T00:00:00+00:00")
    found = [w.starts_at for w in next_windows([one], since, 200) if since <= w.starts_at < since + timedelta(days=1)]
    return [f"{start:%H:%M}" for start in found]


@pytest.mark.parametrize(
    ("cron", "location", "day", "expected"),
    [
        ("30 2 * * *", "Europe/Berlin", "2026-03-28", ["01:30"]),
        ("30 2 * * *", "Europe/Berlin", "2026-03-29", ["01:00"]),  # left out: begins at 03:00, when clocks go on
        ("30 2 * * *", "Europe/Berlin", "2026-03-30", ["00:30"]),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25", ["00:30"]),  # comes twice: begins once
        ("30 2 * * *", "America/New_York", "2026-03-08", ["07:00"]),
        ("30 1 * * *", "America/New_York", "2026-11-01", ["05:30"]),
        ("0,30 2 * * *", "Europe/Berlin", "2026-03-29", ["01:00"]),  # both at once are one
        ("*/30 * * * *", "Europe/Berlin", "2026-10-25", [f"{h:02}:{m}" for h in range(24) for m in ("00", "30")]),
        ("30 2 * * *", "Australia/Lord_Howe", "2026-10-03", ["15:30"]),  # half an hour left out: 02:00 is 02:30
        ("30 2 * * sun", "Europe/Berlin", "2026-03-28", []),
        ("30 2 * * *", "UTC", "2026-03-29", ["02:30"]),
    ],
)
def test_a_window_begins_once_on_every_day_that_it_should(
    cron: str, location: str, day: str, expected: list[str]
) -> None:
    assert starts(nightly(cron, location), day) == expected


def test_a_window_lasts_as_long_as_it_says_while_clocks_change() -> None:
    night = nightly("0 1 * * *", lasts=3 * HOUR)  # 01:00 to what clocks call 05:00, or 03:00
    spring, autumn = window(night, at("2026-03-29T01:00:00+00:00")), window(night, at("2026-10-25T01:00:00+00:00"))
    assert spring is not None
    assert autumn is not None
    assert spring.ends_at == at("2026-03-29T05:00:00+02:00")
    assert autumn.ends_at == at("2026-10-25T03:00:00+01:00")


def test_the_start_is_inside_and_the_end_is_not() -> None:
    night = nightly(location="UTC")
    assert not is_open(night, at("2026-05-01T02:29:59+00:00"))
    assert is_open(night, at("2026-05-01T02:30:00+00:00"))
    assert is_open(night, at("2026-05-01T03:29:59.999+00:00"))
    assert not is_open(night, at("2026-05-01T03:30:00+00:00"))


def test_nothing_begins_from_until_on_and_what_began_goes_on() -> None:
    night = nightly(location="UTC", until="2026-05-01T02:45:00+00:00")
    assert is_open(night, at("2026-05-01T03:00:00+00:00"))
    assert not is_open(night, at("2026-05-02T03:00:00+00:00"))
    assert len(next_windows([night], at("2026-04-29T12:00:00+00:00"), 10)) == 2
    ended = nightly(location="UTC", until="2026-05-01T02:30:00+00:00")
    assert not is_open(ended, at("2026-05-01T03:00:00+00:00"))


def test_one_that_ends_for_good_while_an_earlier_window_is_open_stays_open() -> None:
    often = nightly("0 * * * *", "UTC", lasts=2 * HOUR, until="2026-05-01T03:00:00+00:00")
    assert is_open(often, at("2026-05-01T03:59:00+00:00"))
    assert not is_open(often, at("2026-05-01T04:00:00+00:00"))


def test_once_is_once() -> None:
    once = Maintenance(name="move", matchers=(), lasts=HOUR, reason="r", starts_at=at("2026-05-01T22:00:00+00:00"))
    assert [
        is_open(once, at(f"2026-05-{text}:00+00:00")) for text in ("01T21:59", "01T22:00", "01T22:59", "01T23:00")
    ] == [
        False,
        True,
        True,
        False,
    ]
    assert [one.starts_at for one in next_windows([once], at("2026-05-01T22:30:00+00:00"), 5)] == [once.starts_at]
    assert next_windows([once], at("2026-05-01T23:00:00+00:00"), 5) == []


def test_it_takes_the_alerts_that_fit_while_it_lasts() -> None:
    night, now = nightly(location="UTC"), at("2026-05-01T03:00:00+00:00")
    assert under([night], LabelSet({"service": "db"}), now) is night
    assert under([night], LabelSet({"service": "web"}), now) is None
    assert under([night], LabelSet({"service": "db"}), now + HOUR) is None


def test_windows_of_several_come_in_order() -> None:
    db, web = nightly("0 3 * * *", "UTC"), nightly("0 2 * * *", "UTC")
    found = next_windows([db, web], at("2026-05-01T03:30:00+00:00"), 4)
    assert [(one.maintenance, one.starts_at.isoformat()[5:16]) for one in found] == [
        (db, "05-01T03:00"),
        (web, "05-02T02:00"),
        (db, "05-02T03:00"),
        (web, "05-03T02:00"),
    ]


@pytest.mark.parametrize(
    ("local", "location", "expected"),
    [
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:00:00+00:00"),
        ("2026-03-29T03:30", "Europe/Berlin", "2026-03-29T01:30:00+00:00"),
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25T03:30", "Europe/Berlin", "2026-10-25T02:30:00+00:00"),
        ("2011-12-30T12:00", "Pacific/Apia", "2011-12-30T10:00:00+00:00"),  # a day that was left out
        ("2026-05-01T12:00", "UTC", "2026-05-01T12:00:00+00:00"),
    ],
)
def test_what_clocks_show_as_a_moment(local: str, location: str, expected: str) -> None:
    assert moment(datetime.fromisoformat(local), location) == at(expected)


@pytest.mark.parametrize("cron", ["", "* * * *", "* * * * * *", "61 * * * *", "0 0 31 2 *", "a b c d e", "@daily"])
def test_what_is_no_schedule_is_refused(cron: str) -> None:
    with pytest.raises(CronError, match="is no schedule"):
        validate(cron)


@pytest.mark.parametrize("cron", ["* * * * *", "0 2 * * mon-fri", "0 2 1-7 * sun", "*/5 2,3 * jan *"])
def test_schedules(cron: str) -> None:
    validate(cron)
