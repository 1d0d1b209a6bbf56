"""Maintenance over years and zones: a window a day, whatever clocks do, and open exactly while it lasts."""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.maintenance import is_open, next_windows, window
from bot.model.moments import moment
from bot.model.time_interval import Maintenance

ZONES = (
    "UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Istanbul", "America/New_York",
    "America/St_Johns", "America/Sao_Paulo", "America/Santiago", "America/Havana", "Asia/Tehran", "Asia/Kathmandu",
    "Asia/Beirut", "Africa/Cairo", "Africa/Casablanca", "Australia/Sydney", "Australia/Lord_Howe", "Pacific/Chatham",
    "Atlantic/Azores", "Antarctica/Troll",
)  # fmt: skip
YEARS = range(2017, 2031)
DAY = timedelta(days=1)
START, END = datetime.fromisoformat("2017-01-02"), datetime.fromisoformat("2030-12-30")


def daily(zone: str, at: time, lasts: timedelta = timedelta(hours=1)) -> Maintenance:
    cron = f"{at.minute} {at.hour} * * *"
    return Maintenance(name="daily", matchers=(), lasts=lasts, reason="r", cron=cron, location=zone)


@pytest.mark.parametrize("zone", ZONES)
@given(year=st.sampled_from(YEARS), minute=st.integers(0, 239) | st.integers(0, 24 * 60 - 1))
@settings(max_examples=6, deadline=None)
def test_one_window_for_each_day_of_the_calendar_at_the_moment_its_time_comes(
    zone: str, year: int, minute: int
) -> None:
    at = time(minute // 60, minute % 60)
    days = [date(year, 1, 1) + n * DAY for n in range(365)]
    expected = [moment(datetime.combine(day, at), zone) for day in days]
    since = expected[0] - timedelta(minutes=1)
    found = [one.starts_at for one in next_windows([daily(zone, at, timedelta(minutes=1))], since, len(days))]
    assert found == expected


@given(
    zone=st.sampled_from(ZONES),
    at=st.times(),
    lasts=st.timedeltas(timedelta(seconds=1), timedelta(days=3)),
    now=st.datetimes(START, END, timezones=st.just(UTC)),
)
@settings(max_examples=150, deadline=None)
def test_a_window_is_open_from_its_start_until_it_has_lasted(
    zone: str, at: time, lasts: timedelta, now: datetime
) -> None:
    one = daily(zone, at, lasts)
    windows = [each for each in next_windows([one], now, 6) if each.starts_at <= now]
    assert is_open(one, now) is bool(windows)
    standing = window(one, now)
    if standing is not None:
        assert standing == windows[-1]
        assert standing.starts_at <= now < standing.ends_at == standing.starts_at + lasts
        assert is_open(one, standing.starts_at)


@given(
    zone=st.sampled_from(sorted(zoneinfo.available_timezones())),
    local=st.datetimes(START, END),
)
@settings(max_examples=300, deadline=None)
def test_a_moment_shows_the_time_it_was_made_of_or_the_first_after_a_gap(zone: str, local: datetime) -> None:
    found = moment(local, zone)
    here = zoneinfo.ZoneInfo(zone)
    shown = found.astimezone(here).replace(tzinfo=None)
    if shown != local:
        before = (found - timedelta(microseconds=1)).astimezone(here).replace(tzinfo=None)
        assert before < local < shown
    else:
        assert found.astimezone(here).fold == 0
